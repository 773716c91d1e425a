import KindredJSON

/// What finds the fields of rows: a table's scanner or that of JSON Lines.
///
/// The parser is generic over it, so that each layout gets a loop of its own.
protocol RowScan {
  /// Where the next row starts.
  var next: Int { get }
  /// The line ends inside the last row.
  var innerLines: Int { get }
  /// What is wrong with the last row, where its scan ended with a problem.
  var problem: RowProblem? { get }
  /// The field whose quote was still open where the bytes ended.
  var openField: Int? { get }
  /// Reads the row that starts at a position.
  mutating func scan(_ bytes: Span<UInt8>, from start: Int) -> RowScanner.Ending
  /// A field of the last row.
  func field(at column: Int) -> RowScanner.Field
  /// Whether the last row has a field.
  func has(_ column: Int) -> Bool
  /// Whether the last row has what the format needs, and nothing behind it.
  func fits(_ format: RowFormat) -> Bool
  /// Whether the last row, which begins at a position, may hold nothing but blanks.
  func mayBeEmpty(_ bytes: Span<UInt8>, from start: Int) -> Bool
  /// The text that a quoted field with escapes stands for; nil where an escape is none.
  func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> [UInt8]?
  /// What to say of a row that does not fit.
  func misfit(_ format: RowFormat) -> RowProblem
}

extension RowScan {
  /// A field; blanks around it do not count, unless it is quoted.
  @inline(__always)
  func id(at column: Int, _ bytes: Span<UInt8>) -> RowScanner.Field {
    let field = field(at: column)
    return field.isQuoted ? field : trimmed(field, bytes)
  }

  /// A field that is a number or a time: blanks around it do not count, quoted or not.
  @inline(__always)
  func number(at column: Int, _ bytes: Span<UInt8>) -> RowScanner.Field {
    trimmed(field(at: column), bytes)
  }

  @inline(__always)
  private func trimmed(_ field: RowScanner.Field, _ bytes: Span<UInt8>) -> RowScanner.Field {
    var field = field
    while field.start < field.end, bytes[field.start].isBlank { field.start += 1 }
    while field.end > field.start, bytes[field.end - 1].isBlank { field.end -= 1 }
    return field
  }

  /// What to say of a row that does not fit.
  func misfit(_ format: RowFormat) -> RowProblem {
    for role in ColumnRole.allCases where role != .kind {
      if let column = format.columns[role], !has(column) {
        return RowProblem(field: column, "the \(role.name) is missing")
      }
    }
    return RowProblem("the line has more than \(format.columnCount ?? 0) columns")
  }
}

extension RowScanner: RowScan {
  @inline(__always)
  func field(at column: Int) -> Field { fields[column] }

  @inline(__always)
  func has(_ column: Int) -> Bool { column < count }

  @inline(__always)
  func fits(_ format: RowFormat) -> Bool { count >= format.columns.neededCount && !hasTextBehindFields }

  @inline(__always)
  func mayBeEmpty(_ bytes: Span<UInt8>, from start: Int) -> Bool { count <= 1 || bytes[start].isSpace }

  func decoded(_ field: Field, in bytes: Span<UInt8>) -> [UInt8]? { self.bytes(of: field, in: bytes) }
}

extension JSONLineScanner: RowScan {
  var innerLines: Int { 0 }
  var openField: Int? { nil }

  func field(at column: Int) -> RowScanner.Field { fields[column] }
  func has(_ column: Int) -> Bool { isPresent[column] }

  func fits(_ format: RowFormat) -> Bool {
    for role in ColumnRole.allCases where role != .kind {
      if format.columns[role] != nil, !isPresent[role.rawValue] { return false }
    }
    return true
  }

  func mayBeEmpty(_ bytes: Span<UInt8>, from start: Int) -> Bool { true }

  func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> [UInt8]? {
    JSONScanner.unescaped(bytes, in: field.start..<field.end)
  }
}

extension Span<UInt8> {
  /// Whether a range holds blanks and line ends alone.
  func isBlank(_ start: Int, _ end: Int) -> Bool {
    for position in start..<end where !self[position].isSpace { return false }
    return true
  }
}
