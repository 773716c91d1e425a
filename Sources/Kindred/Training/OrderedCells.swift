/// The cells of a sparse matrix in order of rows and columns, as another system sends them.
package struct OrderedCells: Sendable {
  private(set) var columns: [Int32] = []
  private(set) var values: [Float] = []
  /// The end of each row that was begun.
  private var ends: [Int] = []
  private let rowCount: Int
  private let columnCount: Int

  /// Creates a matrix without cells.
  package init(rowCount: Int, columnCount: Int) {
    (self.rowCount, self.columnCount) = (rowCount, columnCount)
  }

  /// The number of cells.
  package var count: Int { columns.count }

  /// Appends a cell.
  ///
  /// - Returns: Whether the cell lies within the matrix and after all others; if not, it is left out.
  package mutating func append(row: Int32, column: Int32, _ value: Float) -> Bool {
    guard row >= 0, row < rowCount, column >= 0, column < columnCount, value.isFinite else { return false }
    if ends.count == Int(row) + 1 {
      let start = row == 0 ? 0 : ends[Int(row) - 1]
      guard columns.count == start || columns[columns.count - 1] < column else { return false }
    } else {
      guard ends.count <= Int(row) else { return false }
      while ends.count <= Int(row) { ends.append(columns.count) }
    }
    columns.append(column)
    values.append(value)
    ends[Int(row)] = columns.count
    return true
  }

  /// The places of a row's cells.
  func cells(ofRow row: Int) -> Range<Int> {
    row < ends.count ? (row == 0 ? 0 : ends[row - 1])..<ends[row] : columns.count..<columns.count
  }

  var matrix: SparseMatrix {
    var offsets: [Int64] = [0]
    for row in 0..<rowCount { offsets.append(Int64(cells(ofRow: row).upperBound)) }
    return SparseMatrix(
      rowCount: rowCount, columnCount: columnCount, offsets: Buffer(offsets), columns: Buffer(columns),
      values: Buffer(values))
  }

  /// The cells below the diagonal as sums of pairs.
  var pairSums: PairSums {
    var rows = PairSums.Block()
    for row in 0..<rowCount {
      let cells = cells(ofRow: row)
      rows.append(row, columns[cells], values[cells])
    }
    return PairSums([rows])
  }
}
