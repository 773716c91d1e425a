/// Finds the fields of one JSON object after another, one object a line.
///
/// Only the keys that hold a role are looked at; values of other keys, nested ones too, are passed over.
struct JSONLineScanner {
  /// The key of each role, as its bytes; empty where the file has none.
  let keys: [[UInt8]]
  /// The fields of the last row, by role.
  private(set) var fields: [RowScanner.Field]
  /// Whether the last row has a field, by role.
  private(set) var isPresent: [Bool]
  /// What is wrong with the last row.
  private(set) var problem: RowProblem?
  /// Where the next row starts.
  private(set) var next = 0
  /// Keys of the last row that could have a role; collected only while the format is being found out.
  private(set) var foundKeys: [String] = []
  private let collectsKeys: Bool

  /// - Parameter keys: the key of each role; nil to collect the keys that rows have.
  init(keys: [[UInt8]]?) {
    self.keys = keys ?? []
    collectsKeys = keys == nil
    fields = Array(repeating: RowScanner.Field(), count: self.keys.count)
    isPresent = Array(repeating: false, count: self.keys.count)
  }

  /// Reads the row that starts at a position.
  mutating func scan(_ bytes: Span<UInt8>, from start: Int) -> RowScanner.Ending {
    let lineEnd = bytes.firstIndex(of: .lineFeed, from: start)
    let end = lineEnd ?? bytes.count
    next = lineEnd.map { $0 + 1 } ?? bytes.count
    for role in isPresent.indices { isPresent[role] = false }
    foundKeys.removeAll(keepingCapacity: true)
    var position = start
    skipBlanks(bytes, &position, end)
    // An empty line is no row; the caller sees it by its missing fields and passes over it.
    problem = position < end ? scanObject(bytes, &position, end).map { RowProblem($0) } : nil
    // Without a line end the line may be cut off, and nothing is known yet.
    if lineEnd == nil { return .bytesEnded }
    return problem == nil ? .row : .problem
  }

  /// Reads an object; what is wrong with it, if anything is.
  private mutating func scanObject(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> String? {
    guard take(123, bytes, &position, end) else { return "the line is not a JSON object" }
    skipBlanks(bytes, &position, end)
    if !take(125, bytes, &position, end) {
      repeat {
        skipBlanks(bytes, &position, end)
        guard let key = scanString(bytes, &position, end) else { return "a key of the JSON object is not a text" }
        skipBlanks(bytes, &position, end)
        guard take(.colon, bytes, &position, end) else { return "a colon is missing in the JSON object" }
        skipBlanks(bytes, &position, end)
        if let reason = scanValue(of: key, bytes, &position, end) { return reason }
        skipBlanks(bytes, &position, end)
      } while take(44, bytes, &position, end)
      guard take(125, bytes, &position, end) else { return "the JSON object does not end" }
    }
    skipBlanks(bytes, &position, end)
    return position == end ? nil : "there is text behind the JSON object"
  }

  private mutating func scanValue(
    of key: RowScanner.Field, _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
  ) -> String? {
    let malformed = "a value of the JSON object is malformed"
    guard position < end else { return "the JSON object does not end" }
    let role = role(of: key, bytes)
    switch bytes[position] {
    case .quote:
      guard let text = scanString(bytes, &position, end) else {
        return "a text of the JSON object does not end, or has a wrong escape"
      }
      set(role, text)
    case 123, 91:
      if let role { return "the \(ColumnRole.allCases[role].name) is neither a text nor a number" }
      guard skipNested(bytes, &position, end) else { return malformed }
    default:
      let start = position
      while position < end, !bytes[position].isSpace, bytes[position] != 44, bytes[position] != 125 { position += 1 }
      if matches("null", bytes, start, position) { return nil }
      if matches("true", bytes, start, position) || matches("false", bytes, start, position) {
        return role.map { "the \(ColumnRole.allCases[$0].name) is neither a text nor a number" }
      }
      guard NumberText.double(bytes, start, position) != nil else { return malformed }
      set(role, RowScanner.Field(start: start, end: position))
    }
    if collectsKeys { foundKeys.append(bytes.text(key.start..<key.end)) }
    return nil
  }

  private mutating func set(_ role: Int?, _ field: RowScanner.Field) {
    guard let role else { return }
    fields[role] = field
    isPresent[role] = true
  }

  private func role(of key: RowScanner.Field, _ bytes: Span<UInt8>) -> Int? {
    for role in keys.indices where keys[role].count == key.end - key.start && !keys[role].isEmpty {
      var index = 0
      while index < keys[role].count, keys[role][index] == bytes[key.start + index] { index += 1 }
      if index == keys[role].count { return role }
    }
    return nil
  }

  /// Reads a text; nil where it does not end or has a wrong escape.
  private func scanString(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> RowScanner.Field? {
    guard take(.quote, bytes, &position, end) else { return nil }
    var field = RowScanner.Field(start: position, end: position, isQuoted: true)
    while position < end {
      let byte = bytes[position]
      if byte == .quote {
        field.end = position
        position += 1
        return field
      }
      if byte < .space { return nil }
      if byte == .backslash {
        field.hasEscapes = true
        position += 1
      }
      position += 1
    }
    return nil
  }

  /// Passes over an array or an object. Depth is a number here, so no nesting is too deep.
  private func skipNested(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    var depth = 0
    while position < end {
      switch bytes[position] {
      case .quote:
        guard scanString(bytes, &position, end) != nil else { return false }
        continue
      case 123, 91: depth += 1
      case 125, 93: depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return true }
    }
    return false
  }

  private func skipBlanks(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) {
    while position < end, bytes[position].isSpace { position += 1 }
  }

  private func take(_ byte: UInt8, _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    guard position < end, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func matches(_ word: StaticString, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    end - start == word.utf8CodeUnitCount && bytes.text(start..<end) == word.description
  }
}

extension JSONLineScanner {
  /// The text that a JSON string with escapes stands for; nil where an escape is none.
  static func decoded(_ text: [UInt8]) -> [UInt8]? {
    var scalars = String.UnicodeScalarView()
    guard let source = String(validating: text, as: UTF8.self) else { return nil }
    var rest = source.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\" else {
        scalars.append(scalar)
        continue
      }
      guard let letter = rest.popFirst() else { return nil }
      switch letter {
      case "\"", "\\", "/": scalars.append(letter)
      case "b": scalars.append("\u{8}")
      case "f": scalars.append("\u{C}")
      case "n": scalars.append("\n")
      case "r": scalars.append("\r")
      case "t": scalars.append("\t")
      case "u":
        guard let scalar = escapedScalar(&rest) else { return nil }
        scalars.append(scalar)
      default: return nil
      }
    }
    return Array(String(scalars).utf8)
  }

  /// Reads the digits behind `\u`, and the second half of a surrogate pair.
  private static func escapedScalar(_ rest: inout Substring.UnicodeScalarView) -> Unicode.Scalar? {
    guard let first = hexadecimal(&rest) else { return nil }
    guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
    guard rest.popFirst() == "\\", rest.popFirst() == "u", let second = hexadecimal(&rest),
      (0xDC00..<0xE000).contains(second)
    else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private static func hexadecimal(_ rest: inout Substring.UnicodeScalarView) -> UInt32? {
    let digits = rest.prefix(4)
    guard digits.count == 4, digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
    rest = rest.dropFirst(4)
    return UInt32(String(digits), radix: 16)
  }
}
