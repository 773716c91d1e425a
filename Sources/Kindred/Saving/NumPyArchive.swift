/// An archive of arrays in NumPy's `.npz` format: a zip archive of stored `.npy` entries.
///
/// The entries have a fixed time, so the same arrays give the same bytes.
struct NumPyArchive {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count: UInt16 = 0

  /// The most bytes of a zip archive without the ZIP64 extension.
  static let largest = Int(UInt32.max)

  /// Adds an array of floats of four bytes each.
  mutating func add(_ name: String, _ elements: [Float], shape: [Int]) {
    precondition(elements.count == shape.reduce(1, *))
    add(name, type: "<f4", shape: shape, elements.flatMap { Self.bytes(of: $0.bitPattern) })
  }

  /// Adds a whole number.
  mutating func add(_ name: String, _ value: Int) {
    add(name, type: "<i8", shape: [], Self.bytes(of: Int64(value)))
  }

  /// Adds a number.
  mutating func add(_ name: String, _ value: Double) {
    add(name, type: "<f8", shape: [], Self.bytes(of: value.bitPattern))
  }

  /// Adds a Boolean.
  mutating func add(_ name: String, _ value: Bool) {
    add(name, type: "|b1", shape: [], [value ? 1 : 0])
  }

  /// Adds a text.
  mutating func add(_ name: String, _ text: String) { add(name, [text], shape: []) }

  /// Adds texts.
  mutating func add(_ name: String, _ texts: [String]) { add(name, texts, shape: [texts.count]) }

  private mutating func add(_ name: String, _ texts: [String], shape: [Int]) {
    let width = max(1, texts.map(\.unicodeScalars.count).max() ?? 1)
    var data: [UInt8] = []
    data.reserveCapacity(texts.count * width * 4)
    for text in texts {
      for scalar in text.unicodeScalars { data += Self.bytes(of: scalar.value) }
      data += [UInt8](repeating: 0, count: 4 * (width - text.unicodeScalars.count))
    }
    add(name, type: "<U\(width)", shape: shape, data)
  }

  private mutating func add(_ name: String, type: String, shape: [Int], _ data: [UInt8]) {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The elements start at a multiple of 64 bytes; 10 bytes precede the header, and a line end closes it.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    store(name + ".npy", magic + Self.bytes(of: UInt16(header.utf8.count)) + Array(header.utf8) + data)
  }

  /// Adds an entry without compression.
  private mutating func store(_ name: String, _ data: [UInt8]) {
    let offset = bytes.count
    let midnightOf1980: [UInt8] = [0, 0, 0x21, 0]
    let size = Self.bytes(of: UInt32(truncatingIfNeeded: data.count))
    // The fields are version 2.0, no flags, no compression, the time, the checksum, both sizes and the name's length.
    let common =
      [20, 0, 0, 0, 0, 0] + midnightOf1980 + Self.bytes(of: Checksum.crc32(data)) + size + size
      + Self.bytes(of: UInt16(name.utf8.count)) + [0, 0]
    bytes += [0x50, 0x4B, 3, 4] + common + Array(name.utf8) + data
    directory += [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10)
    directory += Self.bytes(of: UInt32(truncatingIfNeeded: offset)) + Array(name.utf8)
    count += 1
  }

  /// Returns the whole archive; nil if it is larger than `largest`.
  consuming func finished() -> [UInt8]? {
    let start = bytes.count
    guard start + directory.count + 22 <= Self.largest else { return nil }
    let counts = Self.bytes(of: count) + Self.bytes(of: count)
    let end = Self.bytes(of: UInt32(directory.count)) + Self.bytes(of: UInt32(start))
    return bytes + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + counts + end + [0, 0]
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
