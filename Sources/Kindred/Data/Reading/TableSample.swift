/// The first lines of a table, split into fields by the delimiter that fits them best.
struct TableSample {
  let delimiter: RowScanner.Delimiter
  let rows: [[String]]
  /// How quotes are treated in the table.
  let quoting: RowScanner.Quoting

  private static let candidates: [RowScanner.Delimiter] = [
    .byte(.tab), .byte(44), .byte(59), .byte(124), .doubleColon, .blanks,
  ]
  /// The number of lines by which the delimiter is chosen.
  private static let linesForDelimiter = 20

  /// Splits the first lines of a file of interactions.
  ///
  /// - Parameters:
  ///   - lines: Lines that are not empty, without their line ends.
  ///   - delimiter: The delimiter, if the file names it; nil chooses one.
  init(_ lines: [[UInt8]], delimiter named: UInt8? = nil) {
    let first = lines.prefix(Self.linesForDelimiter)
    if let named {
      delimiter = .byte(named)
    } else {
      let tables = Self.candidates.map { delimiter in (delimiter, Self.split(first, delimiter)) }
      delimiter = (tables.first { Self.namesColumns($0.1) } ?? Self.mostRegular(tables)).0
    }
    quoting = Self.quoting(of: lines, delimiter)
    rows = Self.split(lines, delimiter, quoting)
  }

  /// Splits the first lines of a file of items or users.
  ///
  /// Genres often contain other delimiters, so this takes the first delimiter that gives most lines the same number of
  /// columns, whatever that number is.
  ///
  /// - Parameters:
  ///   - lines: Lines that are not empty, without their line ends.
  ///   - delimiter: The delimiter, if the file names it; nil chooses one.
  init(items lines: [[UInt8]], delimiter named: UInt8? = nil) {
    let first = lines.prefix(Self.linesForDelimiter)
    if let named {
      delimiter = .byte(named)
    } else {
      let tables = Self.candidates.map { delimiter in (delimiter, Self.split(first, delimiter)) }
      let order: [RowScanner.Delimiter] = [.byte(.tab), .doubleColon, .byte(44), .byte(59), .byte(124), .blanks]
      let regular = order.compactMap { delimiter in tables.first { $0.0 == delimiter } }.first { delimiter, rows in
        let count = Self.commonCount(rows)
        let holdsIDAlone = delimiter == .byte(124) || !rows[0][0].contains("|")
        return count > 1 && holdsIDAlone && rows.count(where: { $0.count == count }) * 2 > rows.count
      }
      delimiter = (regular ?? Self.mostRegular(tables)).0
    }
    quoting = Self.quoting(of: lines, delimiter)
    rows = Self.split(lines, delimiter, quoting)
  }

  /// Whether each row may be a user, or nobody, with the items that they had: ids in rows of different lengths, or in
  /// more columns than ratings have.
  var mayBeLists: Bool {
    let most = Self.commonCount(rows)
    guard rows.allSatisfy({ row in row.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 &- .zero < 10 } } }) else {
      return false
    }
    let differ = rows.count { $0.count != most } * 3 > rows.count
    return differ || most > 4 && !(0..<most).contains { ColumnContent(texts($0, hasHeader: false)).isTime }
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

  /// The texts of a column that are not missing.
  func texts(_ column: Int, hasHeader: Bool) -> [String] {
    rows.dropFirst(hasHeader ? 1 : 0).compactMap { row in
      column < row.count && !TimeForm.isMissing(row[column]) ? row[column] : nil
    }
  }

  /// Returns the name of the format.
  func name(columns: Columns, hasHeader: Bool) -> String {
    let isNumeric = rows.prefix(20).allSatisfy { row in row.count == 3 && row.allSatisfy { Double($0) != nil } }
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

  /// Recognises how quotes are treated.
  ///
  /// Most tables with tabs are written without quoting, so that there a quote opens a field only if another closes it
  /// before the tab or the line end. MySQL writes a backslash before a quote inside quotes, other programs double it.
  private static func quoting(of lines: [[UInt8]], _ delimiter: RowScanner.Delimiter) -> RowScanner.Quoting {
    guard case .byte(let byte) = delimiter else { return .literal }
    if lines.contains(where: { escapesQuotes($0, byte) }) { return .escaped }
    guard byte == .tab else { return .stopping }
    let isQuotedThroughout = lines.allSatisfy { $0.count > 1 && $0.first == .quote && $0.last == .quote }
    return isQuotedThroughout ? .stopping : .withinLine
  }

  /// Returns whether a line has a quote behind a backslash that can only be a part of a quoted field.
  private static func escapesQuotes(_ line: [UInt8], _ delimiter: UInt8) -> Bool {
    guard line.contains(.backslash), line.first == .quote || line.contains(.quote) else { return false }
    for position in line.indices.dropFirst(2) where line[position] == .quote && line[position - 1] == .backslash {
      let isEscaped = line[..<(position - 1)].reversed().prefix { $0 == .backslash }.count % 2 == 0
      guard isEscaped, position + 1 < line.count else { continue }
      if ![delimiter, .quote, .carriageReturn].contains(line[position + 1]) { return true }
    }
    return false
  }

  private static func split(
    _ lines: some Collection<[UInt8]>, _ delimiter: RowScanner.Delimiter, _ quoting: RowScanner.Quoting = .stopping
  ) -> [[String]] {
    let quoting = quoting == .stopping ? .honoured : quoting
    let longest = lines.reduce(0) { max($0, $1.count) }
    var scanner = RowScanner(
      delimiter: delimiter, quoting: quoting, fieldCount: min(RowScanner.mostColumns, longest + 1))
    return lines.map { line in
      ByteWindow(line, isLast: true).withBytes(0..<line.count) { bytes in
        scanner.quoting = quoting
        if scanner.scan(bytes, from: 0) == .problem || scanner.problem != nil || scanner.openField != nil {
          scanner.quoting = .literal
          _ = scanner.scan(bytes, from: 0)
        }
        return scanner.fields.prefix(scanner.count).map { field in
          trimmed(String(decoding: scanner.bytes(of: field, in: bytes), as: UTF8.self))
        }
      }
    }
  }
}
