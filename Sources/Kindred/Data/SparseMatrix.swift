/// A matrix that keeps its known cells alone, row by row (compressed sparse rows).
///
/// Invariants: `offsets` starts at 0, never falls and ends at the number of cells; within a row columns rise strictly.
struct SparseMatrix: Sendable, Equatable {
  let rowCount: Int
  let columnCount: Int
  /// Where each row starts, and the end of the last: `rowCount + 1` offsets of 64 bits, so that 2³¹ cells do not overflow.
  let offsets: Buffer<Int64>
  let columns: Buffer<Int32>
  let values: Buffer<Float>

  /// The number of known cells.
  var count: Int { columns.count }

  /// Sorts cells into rows and, within a row, by column. Two counting sorts: O(cells + rows + columns).
  ///
  /// - Precondition: no cell occurs twice.
  init(rowCount: Int, columnCount: Int, rows: [Int32], columns: [Int32], values: [Float]) {
    precondition(rows.count == columns.count && rows.count == values.count)
    let byColumn = Self.order(of: nil, by: columns, keyCount: columnCount).order
    let (order, offsets) = Self.order(of: byColumn, by: rows, keyCount: rowCount)
    self.init(
      rowCount: rowCount, columnCount: columnCount, offsets: Buffer(offsets),
      columns: Buffer(order.lazy.map { columns[$0] }), values: Buffer(order.lazy.map { values[$0] }))
    _checkInvariants()
  }

  /// Wraps arrays that are already in order; the caller has checked them, or calls `isValid`.
  init(rowCount: Int, columnCount: Int, offsets: Buffer<Int64>, columns: Buffer<Int32>, values: Buffer<Float>) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.offsets = offsets
    self.columns = columns
    self.values = values
  }

  /// Positions of the cells of a row in `columns` and `values`.
  func cells(ofRow row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }

  /// The number of known cells in a row.
  func count(ofRow row: Int) -> Int { cells(ofRow: row).count }

  /// The matrix with rows and columns exchanged. O(cells).
  ///
  /// - Parameter places: For a square matrix, the new number of each row and of the column of that number; nil leaves them as they are.
  func transposed(movingTo places: [Int32]? = nil) -> SparseMatrix {
    var offsets = Buffer<Int64>(repeating: 0, count: columnCount + 1)
    var columns = Buffer<Int32>(repeating: 0, count: count)
    var values = Buffer<Float>(repeating: 0, count: count)
    var rowsInOrder = Array(0..<rowCount)
    if let places {
      precondition(places.count == rowCount && rowCount == columnCount)
      for (row, place) in places.enumerated() { rowsInOrder[Int(place)] = row }
    }
    offsets.withSharedWriter { offsets in
      columns.withSharedWriter { columnsOut in
        values.withSharedWriter { valuesOut in
          let place = { (position: Int32) in Int(places?[Int(position)] ?? position) }
          for column in self.columns { offsets[place(column) + 1] += 1 }
          for row in 0..<columnCount { offsets[row + 1] += offsets[row] }
          var next = (0..<columnCount).map { offsets[$0] }
          for row in rowsInOrder {
            for cell in cells(ofRow: row) {
              let to = place(self.columns[cell])
              columnsOut[Int(next[to])] = Int32(place(Int32(row)))
              valuesOut[Int(next[to])] = self.values[cell]
              next[to] += 1
            }
          }
        }
      }
    }
    return SparseMatrix(
      rowCount: columnCount, columnCount: rowCount, offsets: offsets, columns: columns, values: values)
  }

  /// Whether the invariants hold; a matrix read from a file is asked before it is used. O(cells).
  var isValid: Bool {
    guard offsets.count == rowCount + 1, values.count == columns.count, offsets[0] == 0,
      offsets[rowCount] == columns.count
    else { return false }
    for row in 0..<rowCount {
      guard offsets[row] <= offsets[row + 1], offsets[row + 1] <= columns.count else { return false }
      var last: Int32 = -1
      for cell in cells(ofRow: row) {
        guard columns[cell] > last, columns[cell] < columnCount, values[cell].isFinite else { return false }
        last = columns[cell]
      }
    }
    return true
  }

  func _checkInvariants() {
    assert(isValid)
  }

  /// A stable counting sort: the positions in order of their key, and where each key's run starts.
  private static func order(of positions: [Int]?, by keys: [Int32], keyCount: Int) -> (order: [Int], offsets: [Int64]) {
    var offsets = [Int64](repeating: 0, count: keyCount + 1)
    for key in keys { offsets[Int(key) + 1] += 1 }
    for key in 0..<keyCount { offsets[key + 1] += offsets[key] }
    var next = offsets
    var order = [Int](repeating: 0, count: keys.count)
    for index in keys.indices {
      let position = positions?[index] ?? index
      let key = Int(keys[position])
      order[Int(next[key])] = position
      next[key] += 1
    }
    return (order, offsets)
  }
}
