/// A table of numbers in NumPy's `.npy` format, of shape [rows][columns], with elements of type `<f4` or `<f8`.
struct NumPyTable {
  /// The number of rows.
  let count: Int
  /// The numbers per row.
  let width: Int
  private let file: MappedFile
  private let start: Int
  private let isDouble: Bool

  /// Opens a file.
  ///
  /// - Throws: ``ReadError`` if the file is no such table.
  init(contentsOf path: String) throws(ReadError) {
    func refused(_ reason: String) -> ReadError { ReadError(.badData, file: path, reason: reason) }
    do throws(MappedFile.Failure) { file = try MappedFile(contentsOf: path) } catch {
      throw ReadError(ByteSource.Failure.file(error), file: path)
    }
    let bytes = file.bytes
    guard bytes.count >= 12, bytes[..<6].elementsEqual([0x93] + Array("NUMPY".utf8)), (1...3).contains(bytes[6]) else {
      throw refused("the file is not in NumPy's format")
    }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    start = 8 + lengthBytes + length
    guard start <= bytes.count, length < 1 << 16 else { throw refused("the header of the array is cut short") }
    let header = String(decoding: bytes[(8 + lengthBytes)..<start], as: UTF8.self).filter { !$0.isWhitespace }
    let type = Self.value(of: "descr", in: header).map { $0.filter { $0 != "'" } } ?? ""
    guard ["<f4", "<f8"].contains(type) else {
      throw refused("the array has elements of type \(type.shown()); save it as float32: array.astype('float32')")
    }
    guard Self.value(of: "fortran_order", in: header) == "False" else {
      throw refused("the array is stored by columns; save numpy.ascontiguousarray(array)")
    }
    let shape = header.split(separator: "(").dropFirst().first?.split(separator: ")").first?.split(separator: ",") ?? []
    guard shape.count == 2, let count = Int(shape[0]), let width = Int(shape[1]), count >= 0, width > 0 else {
      throw refused("the array needs two dimensions, a row per item")
    }
    isDouble = type == "<f8"
    let (cells, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow, cells <= (bytes.count - start) / (isDouble ? 8 : 4) else {
      throw refused("the array has \(count) rows of \(width) numbers, more than the file holds")
    }
    (self.count, self.width) = (count, width)
  }

  private static func value(of key: String, in header: String) -> String? {
    guard let place = header.firstRange(of: "'\(key)':") else { return nil }
    return String(header[place.upperBound...].prefix { $0 != "," && $0 != "}" })
  }

  /// The numbers of a row; nil if one of them is not finite.
  func row(_ row: Int) -> [Float]? {
    let bytes = file.bytes
    let size = isDouble ? 8 : 4
    var numbers: [Float] = []
    numbers.reserveCapacity(width)
    for column in 0..<width {
      let place = start + (row * width + column) * size
      let number =
        isDouble
        ? Float(Double(bitPattern: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian))
        : Float(bitPattern: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian)
      guard number.isFinite else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
