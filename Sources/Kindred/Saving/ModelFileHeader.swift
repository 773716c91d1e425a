/// The JSON header of a safetensors file: text under keys, and where each tensor lies.
///
/// The form is fixed (an object of tensors, each an object of three known members), so this reads that form and nothing else: no
/// depth to exhaust, no name twice, no number that is not a whole one.
struct ModelFileHeader {
  /// Where a tensor lies, as the header says; nothing is checked against the file yet.
  struct Entry: Equatable {
    var name: String
    /// The type's name, of which safetensors has more than this library reads.
    var type: String
    var shape: [Int]
    /// Bytes from the start of the data.
    var begin: Int
    var end: Int
  }

  /// What cannot be understood, and at which byte of the header.
  struct Malformed: Error, Equatable {
    var expected: String
    var position: Int
  }

  /// The name under which safetensors keeps text.
  static let metadataName = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [Entry] = []
  /// Where the header's own checksum stands in its bytes.
  private(set) var checksumDigits: Range<Int>?

  init(parsing bytes: [UInt8]) throws(Malformed) {
    var scanner = HeaderScanner(bytes: bytes)
    var names: Set<String> = []
    try scanner.object { (scanner, name) throws(Malformed) in
      let start = scanner.position
      guard names.insert(name).inserted else { throw Malformed(expected: "each name once", position: start) }
      if name == Self.metadataName {
        try readMetadata(&scanner)
      } else {
        entries.append(try Self.readEntry(name, &scanner))
      }
    }
    try scanner.end()
  }

  private mutating func readMetadata(_ scanner: inout HeaderScanner) throws(Malformed) {
    try scanner.object { (scanner, key) throws(Malformed) in
      scanner.skipBlanks()
      let start = scanner.position + 1
      let text = try scanner.string()
      if metadata.updateValue(text, forKey: key) != nil { throw Malformed(expected: "each key once", position: start) }
      if key == ModelFile.Key.headerChecksum { checksumDigits = start..<scanner.position - 1 }
    }
  }

  private static func readEntry(_ name: String, _ scanner: inout HeaderScanner) throws(Malformed) -> Entry {
    let start = scanner.position
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(Malformed) in
      switch key {
      case "dtype" where type == nil: type = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default: throw Malformed(expected: "dtype, shape and data_offsets, each once", position: scanner.position)
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw Malformed(expected: "a dtype, a shape and two rising offsets", position: start)
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }
}

/// Reads the little of JSON that a header is made of.
private struct HeaderScanner {
  typealias Malformed = ModelFileHeader.Malformed

  let bytes: [UInt8]
  private(set) var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Reads an object; `member` reads the value of a key.
  mutating func object(
    _ member: (inout HeaderScanner, String) throws(Malformed) -> Void
  ) throws(Malformed) {
    try list(from: "{", to: "}") { (scanner) throws(Malformed) in
      let key = try scanner.string()
      try scanner.take(":")
      try member(&scanner, key)
    }
  }

  /// Reads an array of whole numbers that are not negative.
  mutating func integers() throws(Malformed) -> [Int] {
    var numbers: [Int] = []
    try list(from: "[", to: "]") { (scanner) throws(Malformed) in numbers.append(try scanner.integer()) }
    return numbers
  }

  /// Reads a string; what is between the quotes must be UTF-8.
  mutating func string() throws(Malformed) -> String {
    try take("\"")
    var text: [UInt8] = []
    let start = position
    while let byte = next, byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw malformed("a control character to be escaped") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: try escaped())
      } else {
        text.append(byte)
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw Malformed(expected: "UTF-8", position: start)
    }
    try take("\"")
    return string
  }

  /// Only blanks may follow.
  mutating func end() throws(Malformed) {
    skipBlanks()
    if position < bytes.count { throw malformed("the end") }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func malformed(_ expected: String) -> Malformed { Malformed(expected: expected, position: position) }

  private mutating func take(_ character: Unicode.Scalar) throws(Malformed) {
    skipBlanks()
    guard next == UInt8(ascii: character) else { throw malformed("'\(character)'") }
    position += 1
  }

  private mutating func list(
    from open: Unicode.Scalar, to close: Unicode.Scalar, _ element: (inout HeaderScanner) throws(Malformed) -> Void
  ) throws(Malformed) {
    try take(open)
    skipBlanks()
    if next == UInt8(ascii: close) {
      position += 1
      return
    }
    while true {
      try element(&self)
      skipBlanks()
      guard next == UInt8(ascii: ",") else { break }
      position += 1
    }
    try take(close)
  }

  private mutating func integer() throws(Malformed) -> Int {
    skipBlanks()
    let start = position
    var number = 0
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      let (tenfold, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeNow) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      if isTooLarge || isTooLargeNow { throw Malformed(expected: "a number of at most 64 bits", position: start) }
      number = sum
      position += 1
    }
    let isPadded = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    if position == start || isPadded { throw Malformed(expected: "a whole number, not negative", position: start) }
    return number
  }

  /// What follows a backslash.
  private mutating func escaped() throws(Malformed) -> [UInt8] {
    guard let byte = next else { throw malformed("an escaped character") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try unit()]
      if UTF16.isLeadSurrogate(units[0]) {
        guard next == UInt8(ascii: "\\") else { throw malformed("the other half of a surrogate pair") }
        position += 1
        guard next == UInt8(ascii: "u") else { throw malformed("the other half of a surrogate pair") }
        position += 1
        units.append(try unit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw malformed("a surrogate pair before this")
      }
      return Array(text.utf8)
    default: throw malformed("an escape of JSON before this")
    }
  }

  private mutating func unit() throws(Malformed) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
