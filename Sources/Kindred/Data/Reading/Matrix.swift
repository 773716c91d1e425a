/// A table with a row per user and a column per item, or the other way round.
struct Matrix {
  private let delimiter: RowScanner.Delimiter
  private let quoting: RowScanner.Quoting
  /// Whether the first line holds the ids of the columns; otherwise columns count from 1.
  private let hasHeader: Bool
  /// Whether the first column holds the ids of the rows; otherwise rows count from 1.
  private let hasIDs: Bool
  /// Whether the first column, which holds the number of values in the row, is left out.
  private let skipsCount: Bool
  private let isTransposed: Bool
  /// The number that stands for a value that is not known, besides an empty cell.
  private let code: Double?

  private static let fewestColumns = 4

  /// Recognises a matrix by the first lines of a table; nil for any other table.
  init?(_ table: TableSample) {
    guard case .byte = table.delimiter, table.count > 1, table.header.count >= Self.fewestColumns else { return nil }
    delimiter = table.delimiter
    quoting = table.quoting
    let names = table.header.dropFirst()
    // A row of numbers is no header; the ids of a pivot table stand behind a word or an empty cell.
    let isHeadless =
      Self.number(table.header[0]) != nil
      && table.header.allSatisfy { Self.number($0) != nil || TimeForm.isMissing($0) }
    let body = isHeadless ? table.rows : Array(table.rows.dropFirst())
    guard body.allSatisfy({ $0.count == table.header.count }) else { return nil }
    let cells = body.map { $0.dropFirst().map { Self.number($0) } }
    for (row, numbers) in zip(body, cells) {
      for (text, number) in zip(row.dropFirst(), numbers) where number == nil && !TimeForm.isMissing(text) {
        return nil
      }
    }
    let known = cells.flatMap { $0.compactMap { $0 } }
    guard let least = known.min(), let most = known.max() else { return nil }
    let cellCount = Double(cells.count * names.count)
    let missing = 1 - Double(known.count) / cellCount
    let found = Self.code(known)
    let unknown = missing + (found.map { code in Double(known.count { $0 == code }) / cellCount } ?? 0)
    let firsts = body.map { $0[0] }
    let areDistinct = Set(firsts).count == firsts.count
    code = found
    if isHeadless {
      hasHeader = false
      guard table.header.count >= 8, unknown >= 0.25, body.count >= 3 else { return nil }
      skipsCount = zip(firsts, cells).allSatisfy { first, row in
        Self.number(first) == Double(row.count { $0 != nil && $0 != found })
      }
      hasIDs = !skipsCount && areDistinct && firsts.allSatisfy { Self.number($0).map { $0 == $0.rounded() } ?? false }
      isTransposed = false
      return
    }
    hasHeader = true
    hasIDs = true
    skipsCount = false
    let places = ColumnRole.places(in: table.header)
    let first = ColumnRole(named: table.header[0])
    isTransposed = first == .item
    guard areDistinct, !firsts.contains(""), !names.contains(""), Set(names).count == names.count,
      places.allSatisfy({ $0.value == 0 || $0.key == .value && Self.number(names[$0.value]) != nil })
    else { return nil }
    let areNumbered =
      names.allSatisfy { Self.number($0) != nil } || Set(names.map(Self.withoutDigits)).count == 1
    let areOnOneScale = names.count >= 5 && (most - least <= 10 || unknown > 0.5)
    guard areNumbered || unknown >= 0.1 && areOnOneScale || names.count >= 20 && areOnOneScale else { return nil }
  }

  private static func number(_ text: String) -> Double? { NumberText.isNumber(text) ? Double(text) : nil }

  private static func withoutDigits(_ text: String) -> String {
    let stem = text.prefix { !$0.isNumber }
    return text.dropFirst(stem.count).allSatisfy(\.isNumber) && stem.count < text.count ? String(stem) : text
  }

  /// Returns the number that stands for values that are not known: 99 or −99 far from the others, or 0 if most are 0.
  private static func code(_ numbers: [Double]) -> Double? {
    for code in [99.0, -99, 999, -999, -1] where numbers.contains(code) {
      let others = numbers.filter { $0 != code }
      guard let least = others.min(), let most = others.max() else { continue }
      if code == -1 ? least >= 0 : max(abs(least), abs(most)) * 2 < abs(code) { return code }
    }
    let zeros = numbers.count { $0 == 0 }
    return zeros * 2 > numbers.count && !numbers.contains { $0 < 0 } ? 0 : nil
  }

  /// Turns a text of the matrix into rows of user, item and value.
  func rows(of text: [UInt8], file: String) throws(ReadError) -> Reshaping {
    var rows = Array("user,item,value\n".utf8)
    var columnIDs: [[UInt8]] = []
    var scanner = RowScanner(
      delimiter: delimiter, quoting: quoting.honouring(true), fieldCount: RowScanner.mostColumns)
    let window = ByteWindow(text, isLast: true)
    var (position, line, rowCount) = (0, 0, 0)
    while position < text.count {
      let start = position
      line += 1
      let fields = window.withBytes(0..<text.count) { bytes in
        _ = scanner.scan(bytes, from: start)
        return scanner.fields.prefix(scanner.count).map { scanner.bytes(of: $0, in: bytes) }
      }
      position = scanner.next
      line += scanner.innerLines
      if fields.allSatisfy({ $0.allSatisfy { $0.isSpace } }) { continue }
      if scanner.problem != nil || scanner.openField != nil || scanner.count > RowScanner.mostColumns {
        throw ReadError(.badData, file: file, line: line, reason: "the row of the matrix cannot be read")
      }
      if columnIDs.isEmpty {
        columnIDs = fields.indices.map { hasHeader ? fields[$0] : Array("\(skipsCount || hasIDs ? $0 : $0 + 1)".utf8) }
        if hasHeader { continue }
      }
      guard fields.count == columnIDs.count else {
        throw ReadError(
          .badData, file: file, line: line,
          reason: "the row of the matrix has \(fields.count) columns where \(columnIDs.count) are expected")
      }
      rowCount += 1
      let rowID = hasIDs ? fields[0] : Array("\(rowCount)".utf8)
      for column in fields.indices.dropFirst(hasIDs || skipsCount ? 1 : 0) {
        let cell = trimmed(String(decoding: fields[column], as: UTF8.self))
        if TimeForm.isMissing(cell) { continue }
        guard let number = Self.number(cell) else {
          throw ReadError(
            .badData, file: file, line: line, column: column + 1, reason: "the value '\(cell.shown())' is not a number")
        }
        if number == code { continue }
        rows += quoted(isTransposed ? columnIDs[column] : rowID) + [44]
        rows += quoted(isTransposed ? rowID : columnIDs[column]) + [44]
        rows += Array(cell.utf8) + [.lineFeed]
      }
    }
    var reshaping = Reshaping(rows, "matrix", unit: "value")
    let (row, column) = ("the row", "the column")
    reshaping.places = [.user: isTransposed ? column : row, .item: isTransposed ? row : column, .value: "the cell"]
    let codes = code.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.map { " and \($0)" } ?? ""
    reshaping.remark =
      "a matrix with a row per \(isTransposed ? "item" : "user") and a column per "
      + "\(isTransposed ? "user" : "item"); empty "
      + "cells\(codes) are left out" + (hasIDs ? "" : "; rows and columns have no names and count from 1")
      + (skipsCount ? "; the first column counts the values" : "")
    return reshaping
  }

  private func quoted(_ id: [UInt8]) -> [UInt8] {
    guard id.contains(where: { $0 == 44 || $0 == .quote || $0 == .lineFeed || $0.isBlank }) else { return id }
    return [.quote] + id.flatMap { $0 == .quote ? [$0, $0] : [$0] } + [.quote]
  }
}
