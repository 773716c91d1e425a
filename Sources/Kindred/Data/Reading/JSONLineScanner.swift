import KindredJSON

/// A scanner that finds the fields of JSON Lines, one object per line.
///
/// It reads only the keys with a role and skips the values of other keys, nested ones too.
struct JSONLineScanner {
  /// The UTF-8 bytes of each role's key; empty if the file has no such key.
  let keys: [[UInt8]]
  /// The fields of the last row, by role.
  private(set) var fields: [RowScanner.Field]
  /// Whether the last row has a field, by role.
  private(set) var isPresent: [Bool]
  /// The problem of the last row; nil if there is none.
  private(set) var problem: RowProblem?
  /// The position of the next row.
  private(set) var next = 0
  /// The keys of the last row, except those of null; collected only while the format is recognised.
  private(set) var foundKeys: [(name: String, kind: Kind)] = []
  /// The kind of a value.
  enum Kind { case scalar, truth, nested }
  private let collectsKeys: Bool

  /// Creates a scanner.
  ///
  /// - Parameter keys: The UTF-8 bytes of each role's key; nil to collect the keys of rows.
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
    var json = JSONScanner(start..<end)
    json.skipBlanks(bytes)
    // An empty line has no fields and no problem; the caller recognises it and skips it.
    problem = json.isAtEnd ? nil : scanObject(&json, bytes).map { RowProblem($0) }
    // A line without a line end may be truncated, so its problem is not final.
    if lineEnd == nil { return .bytesEnded }
    return problem == nil ? .row : .problem
  }

  /// Scans an object and returns its problem; nil for a valid object.
  private mutating func scanObject(_ json: inout JSONScanner, _ bytes: Span<UInt8>) -> String? {
    guard json.take(UInt8(ascii: "{"), bytes) else { return "the line is not a JSON object" }
    json.skipBlanks(bytes)
    if !json.take(UInt8(ascii: "}"), bytes) {
      repeat {
        json.skipBlanks(bytes)
        guard let key = json.text(bytes) else { return "a key of the JSON object is not a text" }
        json.skipBlanks(bytes)
        guard json.take(UInt8(ascii: ":"), bytes) else { return "a colon is missing in the JSON object" }
        json.skipBlanks(bytes)
        if let reason = scanValue(of: key, &json, bytes) { return reason }
        json.skipBlanks(bytes)
      } while json.take(UInt8(ascii: ","), bytes)
      guard json.take(UInt8(ascii: "}"), bytes) else { return "the JSON object does not end" }
    }
    json.skipBlanks(bytes)
    return json.isAtEnd ? nil : "there is text behind the JSON object"
  }

  private mutating func scanValue(
    of key: JSONScanner.Text, _ json: inout JSONScanner, _ bytes: Span<UInt8>
  ) -> String? {
    let malformed = "a value of the JSON object is malformed"
    guard let byte = json.next(bytes) else { return "the JSON object does not end" }
    let role = role(of: key, bytes)
    var kind = Kind.scalar
    switch byte {
    case UInt8(ascii: "\""):
      guard let text = json.text(bytes) else {
        return "a text of the JSON object does not end, or has a wrong escape"
      }
      set(role, RowScanner.Field(start: text.start, end: text.end, isQuoted: true, hasEscapes: text.hasEscapes))
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if let role { return "the \(ColumnRole.allCases[role].name) is neither a text nor a number" }
      guard json.skipNested(bytes) else { return malformed }
      kind = .nested
    case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"):
      let word = json.word(bytes)
      if JSONScanner.matches("null", word, bytes) { return nil }
      guard JSONScanner.matches("true", word, bytes) || JSONScanner.matches("false", word, bytes) else {
        return malformed
      }
      guard role == nil || role == ColumnRole.value.rawValue else {
        return role.map { "the \(ColumnRole.allCases[$0].name) is neither a text nor a number" }
      }
      set(role, RowScanner.Field(start: word.lowerBound, end: word.upperBound))
      kind = .truth
    default:
      let word = json.word(bytes)
      guard NumberText.double(bytes, word.lowerBound, word.upperBound) != nil else { return malformed }
      set(role, RowScanner.Field(start: word.lowerBound, end: word.upperBound))
    }
    if collectsKeys { foundKeys.append((bytes.text(key.start..<key.end), kind)) }
    return nil
  }

  private mutating func set(_ role: Int?, _ field: RowScanner.Field) {
    guard let role else { return }
    fields[role] = field
    isPresent[role] = true
  }

  private func role(of key: JSONScanner.Text, _ bytes: Span<UInt8>) -> Int? {
    for role in keys.indices where keys[role].count == key.end - key.start && !keys[role].isEmpty {
      var index = 0
      while index < keys[role].count, keys[role][index] == bytes[key.start + index] { index += 1 }
      if index == keys[role].count { return role }
    }
    return nil
  }
}
