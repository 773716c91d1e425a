import Kindred

/// A table as text, with columns padded to their widest cell.
///
/// If the window is too narrow, the flexible column is cut or wrapped. A table without a flexible column is split into
/// parts, each of which repeats the first column.
struct Table {
  enum Alignment { case left, right }
  /// How the flexible column, given by its index, is narrowed.
  enum Flexibility {
    case cut(Int)
    case wrapped(Int)
  }

  private var header: [String]
  private var alignments: [Alignment]
  private let flexibility: Flexibility?
  private var rows: [[String]] = []

  init(_ columns: [(title: String, alignment: Alignment)], _ flexibility: Flexibility? = nil) {
    header = columns.map(\.title)
    alignments = columns.map(\.alignment)
    self.flexibility = flexibility
  }

  mutating func append(_ row: [String]) {
    precondition(row.count == header.count)
    rows.append(row)
  }

  /// Removes the columns without a figure in any row; the first column stays.
  ///
  /// - Precondition: No column is flexible.
  mutating func removeEmptyColumns() {
    precondition(flexibility == nil)
    let kept = header.indices.filter { column in
      column == 0 || rows.contains { !["", "–"].contains($0[column]) }
    }
    header = kept.map { header[$0] }
    alignments = kept.map { alignments[$0] }
    rows = rows.map { row in kept.map { row[$0] } }
  }

  /// Prints the table; the rows that a condition holds for, given their numbers, are bold.
  func print(width: Int = Terminal.width, isBold: (Int) -> Bool = { _ in false }) {
    for line in lines(width: width, isBold: isBold) { printLine(line) }
  }

  func lines(width: Int, isBold: (Int) -> Bool = { _ in false }) -> [String] {
    var widths = header.indices.map { column in ([header] + rows).map { $0[column].columns }.max() ?? 0 }
    let total = widths.reduce(0, +) + 2 * (widths.count - 1)
    guard total > width else { return lines(of: Array(header.indices), widths, isBold) }
    switch flexibility {
    case .cut(let column), .wrapped(let column):
      widths[column] = max(12, width - total + widths[column])
      return lines(of: Array(header.indices), widths, isBold)
    case nil:
      return parts(widths, width: width).enumerated().flatMap { ($0 == 0 ? [] : [""]) + lines(of: $1, widths, isBold) }
    }
  }

  /// The columns in groups that fit the window, the first column in each.
  private func parts(_ widths: [Int], width: Int) -> [[Int]] {
    var parts = [[0]]
    for column in header.indices.dropFirst() {
      let taken = parts[parts.count - 1].reduce(0) { $0 + widths[$1] + 2 }
      if taken + widths[column] > width, parts[parts.count - 1].count > 1 { parts.append([0]) }
      parts[parts.count - 1].append(column)
    }
    return parts
  }

  private func lines(of columns: [Int], _ widths: [Int], _ isBold: (Int) -> Bool) -> [String] {
    let hasHeader = header.contains { !$0.isEmpty }
    let title = hasHeader ? [Terminal.dim(line(header, columns, widths))] : []
    return title
      + rows.enumerated().flatMap { number, row in
        split(row, widths).map { line($0, columns, widths) }.map { isBold(number) ? Terminal.bold($0) : $0 }
      }
  }

  /// A row as one line, or as several if its flexible cell is wrapped.
  private func split(_ row: [String], _ widths: [Int]) -> [[String]] {
    guard case .wrapped(let column) = flexibility else { return [row] }
    return row[column].wrapped(widths[column]).enumerated().map { number, text in
      row.indices.map { $0 == column ? text : number == 0 ? row[$0] : "" }
    }
  }

  private func line(_ row: [String], _ columns: [Int], _ widths: [Int]) -> String {
    let cells = columns.map { column in
      let text = row[column].fitting(widths[column])
      let padding = String(repeating: " ", count: max(0, widths[column] - text.columns))
      let isLast = column == columns.last && alignments[column] == .left
      return alignments[column] == .left ? text + (isLast ? "" : padding) : padding + text
    }
    return cells.joined(separator: "  ")
  }
}
