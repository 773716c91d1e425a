import KindredJSON

/// The JSON header of a safetensors file: text under keys, and the place of each tensor.
///
/// The header is an object of tensors, each an object of three known members. The parser accepts no other form: neither
/// deeper nesting, nor a name twice, nor a number that is not whole.
struct ModelFileHeader {
  /// The place of a tensor as declared by the header, not yet checked against the file.
  struct Entry: Equatable {
    var name: String
    /// The name of the type, which may be one of the safetensors types that this library does not read.
    var type: String
    var shape: [Int]
    /// The start in bytes from the start of the data.
    var begin: Int
    /// The end in bytes from the start of the data.
    var end: Int
  }

  /// The name of the header's member for text.
  static let metadataName = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [Entry] = []
  /// The range of the header's own checksum in its bytes.
  private(set) var checksumDigits: Range<Int>?

  init(parsing bytes: [UInt8]) throws(MalformedJSON) { try self.init(parsing: bytes.span) }

  private init(parsing bytes: Span<UInt8>) throws(MalformedJSON) {
    var scanner = JSONScanner(0..<bytes.count)
    var names: Set<String> = []
    try scanner.object(bytes) { (scanner, name) throws(MalformedJSON) in
      let start = scanner.position
      guard names.insert(name).inserted else { throw MalformedJSON(expected: "each name once", position: start) }
      if name == Self.metadataName {
        try readMetadata(&scanner, bytes)
      } else {
        entries.append(try Self.readEntry(name, &scanner, bytes))
      }
    }
    try scanner.expectEnd(bytes)
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    try scanner.object(bytes) { (scanner, key) throws(MalformedJSON) in
      scanner.skipBlanks(bytes)
      let start = scanner.position + 1
      let text = try scanner.string(bytes)
      if metadata.updateValue(text, forKey: key) != nil {
        throw MalformedJSON(expected: "each key once", position: start)
      }
      if key == ModelFile.Key.headerChecksum { checksumDigits = start..<scanner.position - 1 }
    }
  }

  private static func readEntry(
    _ name: String, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) -> Entry {
    let start = scanner.position
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object(bytes) { (scanner, key) throws(MalformedJSON) in
      switch key {
      case "dtype" where type == nil: type = try scanner.string(bytes)
      case "shape" where shape == nil: shape = try scanner.counts(bytes)
      case "data_offsets" where offsets == nil: offsets = try scanner.counts(bytes)
      default:
        throw MalformedJSON(expected: "dtype, shape and data_offsets, each once", position: scanner.position)
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw MalformedJSON(expected: "a dtype, a shape and two rising offsets", position: start)
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }
}
