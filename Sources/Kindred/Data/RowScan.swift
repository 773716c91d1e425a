/// Rows of either layout, seen the same way: fields by column.
struct RowScan {
  private var table: RowScanner
  private var json: JSONLineScanner?

  /// - Parameter honoursQuotes: whether a table whose quotes count is read with them, or stops at the first.
  init(format: RowFormat, honoursQuotes: Bool) {
    switch format.layout {
    case .table(let delimiter, let quoting):
      table = RowScanner(
        delimiter: delimiter, quoting: quoting == .stopping && honoursQuotes ? .honoured : quoting,
        fieldCount: format.columnCount ?? format.columns.neededCount)
    case .jsonLines(let keys):
      table = RowScanner(delimiter: .blanks, quoting: .literal, fieldCount: 0)
      json = JSONLineScanner(keys: keys)
    }
  }

  @inline(__always)
  mutating func row(_ bytes: Span<UInt8>, from start: Int) -> RowScanner.Ending {
    json == nil ? table.scan(bytes, from: start) : json!.scan(bytes, from: start)
  }

  var next: Int { json?.next ?? table.next }
  var innerLines: Int { json == nil ? table.innerLines : 0 }
  var openField: Int? { json == nil ? table.openField : nil }

  /// Whether a row that was read well holds nothing but blanks.
  @inline(__always)
  func isEmptyLine(_ bytes: Span<UInt8>, from start: Int) -> Bool {
    guard json != nil || table.count <= 1 || bytes[start].isSpace else { return false }
    return bytes.isBlank(start, next)
  }

  /// Whether the last row has all the fields that the format needs, and nothing behind those that it knows.
  @inline(__always)
  func hasFields(_ format: RowFormat) -> Bool {
    if json != nil { return format.columns.needed.allSatisfy { has($0.rawValue) } }
    return table.count >= format.columns.neededCount && !table.hasTextBehindFields
  }

  /// What is wrong with a row that does not have the fields of the format.
  func missingField(_ format: RowFormat) -> RowProblem {
    for role in format.columns.needed {
      if let column = format.columns[role], !has(column) {
        return RowProblem(field: column, "the \(role.name) is missing")
      }
    }
    return RowProblem("the line has \(table.count) columns where \(format.columnCount ?? 0) are expected")
  }

  @inline(__always)
  func has(_ column: Int) -> Bool {
    json == nil ? column < table.count : json!.isPresent[column]
  }

  /// A field; blanks around it do not count, unless it is quoted.
  @inline(__always)
  func field(_ column: Int, _ bytes: Span<UInt8>) -> RowScanner.Field {
    let field = json == nil ? table.fields[column] : json!.fields[column]
    return field.isQuoted ? field : trimmed(field, bytes)
  }

  /// A field that is a number or a time: blanks around it do not count, quoted or not.
  @inline(__always)
  func number(_ column: Int, _ bytes: Span<UInt8>) -> RowScanner.Field {
    trimmed(json == nil ? table.fields[column] : json!.fields[column], bytes)
  }

  @inline(__always)
  private func trimmed(_ field: RowScanner.Field, _ bytes: Span<UInt8>) -> RowScanner.Field {
    var field = field
    (field.start, field.end) = bytes.trimming(field.start, field.end)
    return field
  }

  /// The text that a quoted field with escapes stands for; nil where an escape is none.
  func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> [UInt8]? {
    json == nil ? table.bytes(of: field, in: bytes) : JSONLineScanner.decoded(bytes.array(field.start..<field.end))
  }
}

extension Span<UInt8> {
  /// Whether a range holds blanks and line ends alone.
  func isBlank(_ start: Int, _ end: Int) -> Bool {
    for position in start..<end where !self[position].isSpace { return false }
    return true
  }
}
