import KindredJSON

/// A scanner of rows: that of tables or that of JSON Lines.
///
/// The parser is generic over the scanner, so that the compiler specialises its loop for each layout.
protocol RowScan {
  /// The position of the next row.
  var next: Int { get }
  /// The number of line ends inside the last row.
  var innerLines: Int { get }
  /// The problem of the last row, if its scan ended with one.
  var problem: RowProblem? { get }
  /// The field whose quote was still open at the end of the bytes.
  var openField: Int? { get }
  /// Scans the row that starts at a position.
  mutating func scan(_ bytes: Span<UInt8>, from start: Int) -> RowScanner.Ending
  /// Returns a field of the last row.
  func field(at column: Int) -> RowScanner.Field
  /// Returns whether the last row has a field.
  func has(_ column: Int) -> Bool
  /// Returns whether the last row has all fields that the format needs, and no text after its columns.
  func fits(_ format: RowFormat) -> Bool
  /// Returns whether the last row, which starts at a position, may hold blanks alone.
  func mayBeEmpty(_ bytes: Span<UInt8>, from start: Int) -> Bool
  /// Returns the decoded text of a quoted field with escapes; nil if an escape is invalid.
  func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> [UInt8]?
  /// Returns the problem of a row that does not fit.
  func misfit(_ format: RowFormat) -> RowProblem
  /// Scans the line that starts at a position with quotes as characters; nil if the layout has no such reading.
  mutating func scanLiterally(_ bytes: Span<UInt8>, from start: Int) -> RowScanner.Ending?
  /// The number of fields in the last row.
  var count: Int { get }
}

extension RowScan {
  /// Returns a field that is an id, without the blanks around it unless it is quoted.
  @inline(__always)
  func id(at column: Int, _ bytes: Span<UInt8>) -> RowScanner.Field {
    let field = field(at: column)
    return field.isQuoted ? field : trimmed(field, bytes)
  }

  /// Returns a field that is an id; without the decimals of a whole number such as `12.0` if asked to.
  @inline(__always)
  func id(at column: Int, _ bytes: Span<UInt8>, withoutFraction: Bool) -> RowScanner.Field {
    let field = id(at: column, bytes)
    return withoutFraction ? withoutFractionOfZeros(field, bytes) : field
  }

  private func withoutFractionOfZeros(_ field: RowScanner.Field, _ bytes: Span<UInt8>) -> RowScanner.Field {
    guard !field.hasEscapes else { return field }
    var end = field.end
    while end > field.start, bytes[end - 1] == .zero { end -= 1 }
    guard end < field.end, end > field.start + 1, bytes[end - 1] == .point else { return field }
    for position in field.start..<end - 1 {
      let isSign = position == field.start && bytes[position] == 45 && end - 1 > field.start + 1
      if !isSign, bytes[position] &- .zero > 9 { return field }
    }
    var whole = field
    whole.end = end - 1
    return whole
  }

  /// Returns a field that is a number or a time, without the blanks around it, quoted or not.
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

  /// Returns the problem of a row that does not fit.
  func misfit(_ format: RowFormat) -> RowProblem {
    for role in ColumnRole.required {
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

  mutating func scanLiterally(_ bytes: Span<UInt8>, from start: Int) -> Ending? {
    let honoured = quoting
    guard honoured == .honoured || honoured == .escaped else { return nil }
    quoting = .literal
    defer { quoting = honoured }
    return scan(bytes, from: start)
  }
}

extension JSONLineScanner: RowScan {
  var innerLines: Int { 0 }
  var openField: Int? { nil }
  var count: Int { isPresent.count { $0 } }

  func field(at column: Int) -> RowScanner.Field { fields[column] }
  func has(_ column: Int) -> Bool { isPresent[column] }

  func fits(_ format: RowFormat) -> Bool {
    for role in ColumnRole.required {
      if format.columns[role] != nil, !isPresent[role.rawValue] { return false }
    }
    return true
  }

  func mayBeEmpty(_ bytes: Span<UInt8>, from start: Int) -> Bool { true }

  mutating func scanLiterally(_ bytes: Span<UInt8>, from start: Int) -> RowScanner.Ending? { nil }

  func decoded(_ field: RowScanner.Field, in bytes: Span<UInt8>) -> [UInt8]? {
    JSONScanner.unescaped(bytes, in: field.start..<field.end)
  }
}

extension Span<UInt8> {
  /// Returns whether a range holds blanks and line ends alone.
  func isBlank(_ start: Int, _ end: Int) -> Bool {
    for position in start..<end where !self[position].isSpace { return false }
    return true
  }
}
