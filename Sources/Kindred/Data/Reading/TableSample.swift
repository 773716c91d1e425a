/// The first lines of a table, split into fields by the delimiter that fits them best.
struct TableSample {
  let delimiter: RowScanner.Delimiter
  private let rows: [[String]]

  private static let candidates: [RowScanner.Delimiter] = [
    .byte(.tab), .byte(44), .byte(59), .byte(124), .doubleColon, .blanks,
  ]

  /// Splits the first lines of a file of interactions.
  ///
  /// - Parameter lines: Lines that are not empty, without their line ends.
  init(_ lines: [[UInt8]]) {
    let tables = Self.candidates.map { delimiter in (delimiter, lines.map { Self.fields(of: $0, delimiter) }) }
    let best = tables.first { Self.namesColumns($0.1) } ?? Self.mostRegular(tables)
    delimiter = best.0
    rows = best.1
  }

  /// Splits the first lines of a file of items or users.
  ///
  /// Genres often contain other delimiters, so this takes the first delimiter that gives most lines the same number of
  /// columns, whatever that number is.
  ///
  /// - Parameter lines: Lines that are not empty, without their line ends.
  init(items lines: [[UInt8]]) {
    let tables = Self.candidates.map { delimiter in (delimiter, lines.map { Self.fields(of: $0, delimiter) }) }
    let order: [RowScanner.Delimiter] = [.byte(.tab), .doubleColon, .byte(44), .byte(59), .byte(124), .blanks]
    let regular = order.compactMap { delimiter in tables.first { $0.0 == delimiter } }.first { delimiter, rows in
      let count = Self.commonCount(rows)
      let holdsIDAlone = delimiter == .byte(124) || !rows[0][0].contains("|")
      return count > 1 && holdsIDAlone && rows.count(where: { $0.count == count }) * 2 > rows.count
    }
    (delimiter, rows) = regular ?? Self.mostRegular(tables)
  }

  var count: Int { rows.count }
  /// The fields of the first line.
  var header: [String] { rows[0] }

  /// The number of columns in most rows, without empty columns at the end.
  var columnCount: Int {
    let count = Self.commonCount(rows)
    let full = rows.filter { $0.count == count }
    return (0..<count).last { column in full.contains { !$0[column].isEmpty } }.map { $0 + 1 } ?? 0
  }

  var quoting: RowScanner.Quoting {
    if case .byte = delimiter { .stopping } else { .literal }
  }

  /// Returns whether the first line is a header without names for both user and item.
  ///
  /// A header must name a value or a time, or the caller must name the columns. Otherwise a bad first row, or an item
  /// with the id `book`, would be mistaken for a header and lost.
  func startsWithWords(_ roles: [ColumnRole?], _ request: ColumnRequest?) -> Bool {
    guard header.allSatisfy({ Double($0) == nil }) else { return false }
    if roles.count > 2, roles.contains(where: { $0 == .value || $0 == .time }) { return true }
    guard case .position(let value)? = request?.places[.value], value < header.count else { return false }
    return rows.count > 1 && rows.dropFirst().allSatisfy { value < $0.count && Double($0[value]) != nil }
  }

  /// Returns the name of the format.
  func name(columns: Columns, hasHeader: Bool) -> String {
    let isNumeric = rows.allSatisfy { row in row.count == 3 && row.allSatisfy { Double($0) != nil } }
    let name =
      switch delimiter {
      case .byte(.tab): "tab-separated"
      case .byte(44): "CSV"
      case .byte(59): "semicolon-separated"
      case .byte(124): "pipe-separated"
      case .byte: "delimited"
      case .doubleColon: "MovieLens ::"
      case .blanks: isNumeric && !hasHeader ? "LIBMF" : "blank-separated"
      }
    return hasHeader ? "\(name) with header" : name
  }

  /// Returns whether the first line names both a user and an item.
  private static func namesColumns(_ rows: [[String]]) -> Bool {
    let roles = rows[0].map { ColumnRole(named: $0) }
    return roles.contains(.user) && roles.contains(.item)
  }

  /// Returns the table in which most rows have the same number of columns.
  ///
  /// A tab is almost always a delimiter, so it wins over all others. A blank often is none, so it wins only without a
  /// rival. Among the other delimiters the one with more columns wins.
  private static func mostRegular(
    _ tables: [(RowScanner.Delimiter, [[String]])]
  ) -> (RowScanner.Delimiter, [[String]]) {
    var best: (RowScanner.Delimiter, [[String]])?
    var bestCount = 1
    for table in tables {
      let count = commonCount(table.1)
      let agreeing = table.1.count { $0.count == count }
      guard count > bestCount, agreeing * 2 > table.1.count else { continue }
      if table.0 == .blanks, best != nil { continue }
      best = table
      bestCount = count
      if table.0 == .byte(.tab) { break }
    }
    return best ?? tables.max { left, right in total(left.1) < total(right.1) } ?? tables[1]
  }

  private static func total(_ rows: [[String]]) -> Int { rows.reduce(0) { $0 + $1.count } }

  private static func commonCount(_ rows: [[String]]) -> Int {
    var votes: [Int: Int] = [:]
    for row in rows { votes[row.count, default: 0] += 1 }
    return votes.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }

  private static func fields(of line: [UInt8], _ delimiter: RowScanner.Delimiter) -> [String] {
    var scanner = RowScanner(delimiter: delimiter, quoting: .honoured, fieldCount: 64)
    return ByteWindow(line, isLast: true).withBytes(0..<line.count) { bytes in
      if scanner.scan(bytes, from: 0) == .problem {
        scanner.quoting = .literal
        _ = scanner.scan(bytes, from: 0)
      }
      return scanner.fields.prefix(scanner.count).map { field in
        trimmed(String(decoding: scanner.bytes(of: field, in: bytes), as: UTF8.self))
      }
    }
  }
}
