extension JSON {
  /// How a value is written; by default in the order of its members, with control characters as `\u000a`.
  ///
  /// All three together give the bytes of Foundation's `JSONEncoder` with `.sortedKeys`.
  package struct Format: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Members in the order of the bytes of their names: the same value, the same text.
    package static let sortedKeys = Format(rawValue: 1)
    /// A line end as `\n` rather than `\u000a`, and so for the other control characters that have a letter.
    package static let shortEscapes = Format(rawValue: 2)
    /// A slash as `\/`.
    package static let escapedSlashes = Format(rawValue: 4)
  }

  /// The value as text on one line, without blanks.
  package func text(_ format: Format = []) -> String {
    var bytes: [UInt8] = []
    write(to: &bytes, format)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the value as UTF-8 on one line, without blanks.
  package func write(to bytes: inout [UInt8], _ format: Format = []) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let value): bytes.append(contentsOf: value.text.utf8)
    case .string(let value): Self.write(value, to: &bytes, format)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        element.write(to: &bytes, format)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      let ordered =
        format.contains(.sortedKeys)
        ? members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) } : members
      bytes.append(UInt8(ascii: "{"))
      for (index, (name, value)) in ordered.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(name, to: &bytes, format)
        bytes.append(UInt8(ascii: ":"))
        value.write(to: &bytes, format)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8], _ format: Format) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "/") where format.contains(.escapedSlashes): bytes.append(contentsOf: "\\/".utf8)
      case 0..<0x20: writeControl(byte, to: &bytes, format)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func writeControl(_ byte: UInt8, to bytes: inout [UInt8], _ format: Format) {
    if format.contains(.shortEscapes), let letter = letters[byte] {
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(letter)
    } else {
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(hexadecimal[Int(byte >> 4)])
      bytes.append(hexadecimal[Int(byte & 15)])
    }
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
  /// The letters of the control characters that have one.
  private static let letters: [UInt8: UInt8] = [
    0x08: UInt8(ascii: "b"), 0x09: UInt8(ascii: "t"), 0x0A: UInt8(ascii: "n"), 0x0C: UInt8(ascii: "f"),
    0x0D: UInt8(ascii: "r"),
  ]
}
