/// A sparse matrix in compressed row storage (CSR): the known cells alone, row by row.
///
/// Invariants: `offsets` starts at 0, never falls and ends at the number of cells; within a row columns rise strictly.
/// The matrix that ``Strata`` passes to fold-in is the one exception: its columns need not rise.
struct SparseMatrix: Sendable, Equatable {
  let rowCount: Int
  let columnCount: Int
  /// The start of each row and the end of the last: `rowCount + 1` offsets of 64 bits, so that more than 2³¹ cells fit.
  let offsets: Buffer<Int64>
  let columns: Buffer<Int32>
  let values: Buffer<Float>

  /// The number of known cells.
  var count: Int { columns.count }

  /// Sorts cells into rows and, within a row, by column, with counting sorts.
  ///
  /// - Parameters:
  ///   - rowCount: The number of rows.
  ///   - columnCount: The number of columns.
  ///   - rows: The row of each cell.
  ///   - columns: The column of each cell.
  ///   - values: The value of each cell.
  ///   - cellsOfBatch: The number of cells to sort at a time. If nil, a batch fits into the processor's caches but has
  ///     no fewer cells than the matrix has columns. The matrix does not depend on it.
  /// - Precondition: No cell occurs twice.
  /// - Complexity: O(cells + rows + columns).
  init(
    rowCount: Int, columnCount: Int, rows: [Int32], columns: [Int32], values: [Float], cellsOfBatch: Int? = nil
  ) {
    precondition(rows.count == columns.count && rows.count == values.count)
    let count = rows.count
    let cellsOfBatch = cellsOfBatch ?? max(1 << 15, columnCount)
    let batches = max(1, min(rowCount, count / cellsOfBatch))
    let rowsOfBatch = max(1, (rowCount + batches - 1) / batches)
    let (batched, starts) = Grouping.sorted(count, into: (rowCount + rowsOfBatch - 1) / rowsOfBatch) {
      Int(rows[$0]) / rowsOfBatch
    } element: {
      Cell(row: rows[$0], column: columns[$0], value: values[$0])
    }
    var offsets = Buffer<Int64>(repeating: 0, count: rowCount + 1)
    var sortedColumns = Buffer<Int32>(repeating: 0, count: count)
    var sortedValues = Buffer<Float>(repeating: 0, count: count)
    offsets.withSharedWriter { offsets in
      sortedColumns.withSharedWriter { columns in
        sortedValues.withSharedWriter { values in
          for batch in 0..<(starts.count - 1) {
            let (first, firstRow) = (starts[batch], batch * rowsOfBatch)
            let rows = min(rowsOfBatch, rowCount - firstRow)
            let (cells, ends) = Cell.sorted(
              starts[batch + 1] - first, from: batched, at: first, firstRow: firstRow, rows: rows, columns: columnCount)
            for row in 0..<rows { offsets[firstRow + row + 1] = Int64(first + ends[row + 1]) }
            for position in 0..<cells.count {
              columns[first + position] = cells[position].column
              values[first + position] = cells[position].value
            }
          }
        }
      }
    }
    self.init(
      rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: sortedColumns, values: sortedValues)
    _checkInvariants()
  }

  /// Wraps arrays that fulfil the invariants; a caller with arrays from outside checks `isValid`.
  init(rowCount: Int, columnCount: Int, offsets: Buffer<Int64>, columns: Buffer<Int32>, values: Buffer<Float>) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.offsets = offsets
    self.columns = columns
    self.values = values
  }

  /// Returns the positions of a row's cells in `columns` and `values`.
  func cells(ofRow row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }

  /// Returns the number of known cells in a row.
  func count(ofRow row: Int) -> Int { cells(ofRow: row).count }

  /// Returns the transpose of the matrix.
  ///
  /// - Parameter places: A permutation for a square matrix, or for square blocks of columns: the new number of each
  ///   row, and of the column of the same number in each block; nil keeps the numbers.
  /// - Complexity: O(cells).
  func transposed(movingTo places: [Int32]? = nil) -> SparseMatrix {
    var columns = Buffer<Int32>(repeating: 0, count: count)
    var values = Buffer<Float>(repeating: 0, count: count)
    var rowsInOrder = Array(0..<rowCount)
    if let places {
      precondition(places.count == rowCount && rowCount > 0 && columnCount % rowCount == 0)
      for (row, place) in places.enumerated() { rowsInOrder[Int(place)] = row }
    }
    let number = { (column: Int32) -> Int in
      guard let places else { return Int(column) }
      let place = Int(column) % rowCount
      return Int(column) - place + Int(places[place])
    }
    var sorted = GroupPlaces(groups: columnCount) { count in
      for column in self.columns { count(number(column)) }
    }
    columns.withSharedWriter { columnsOut in
      values.withSharedWriter { valuesOut in
        for row in rowsInOrder {
          for cell in cells(ofRow: row) {
            let place = sorted.place(in: number(self.columns[cell]))
            columnsOut[place] = Int32(number(Int32(row)))
            valuesOut[place] = self.values[cell]
          }
        }
      }
    }
    return SparseMatrix(
      rowCount: columnCount, columnCount: rowCount, offsets: sorted.starts, columns: columns, values: values)
  }

  /// Whether the invariants hold, which the reader of a file checks before it uses a matrix.
  ///
  /// - Complexity: O(cells).
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
}

/// A known cell: its row, its column and its value.
struct Cell: BitwiseCopyable, Sendable {
  let row, column: Int32
  let value: Float

  /// Returns the cells of consecutive rows in order of row and column, and the start of each row.
  fileprivate static func sorted(
    _ count: Int, from cells: Buffer<Cell>, at first: Int, firstRow: Int, rows: Int, columns: Int
  ) -> (elements: Buffer<Cell>, starts: [Int]) {
    let byColumn = Grouping.sorted(count, into: columns) {
      Int(cells[first + $0].column)
    } element: {
      cells[first + $0]
    }.elements
    return Grouping.sorted(count, into: rows) {
      Int(byColumn[$0].row) - firstRow
    } element: {
      byColumn[$0]
    }
  }
}

extension SparseMatrix {
  /// Creates a matrix of one row from a history, whose items may be in any order.
  init(_ history: History, itemCount: Int) {
    let order = history.order
    self.init(
      rowCount: 1, columnCount: itemCount, offsets: [0, Int64(history.count)],
      columns: Buffer(order.map { history.items[$0] }), values: Buffer(order.map { history.values[$0] }))
  }

  /// Creates a matrix from its rows, each with its columns in rising order.
  ///
  /// - Parameters:
  ///   - rows: The cells of each row, or an empty array for a matrix without cells.
  ///   - rowCount: The number of rows.
  ///   - columnCount: The number of columns; nil for as many as there are rows.
  init(rows: [(others: [Int32], values: [Float])], rowCount: Int, columnCount: Int? = nil) {
    var offsets = Buffer<Int64>(repeating: 0, count: rowCount + 1)
    let count = rows.reduce(0) { $0 + $1.others.count }
    var columns = Buffer<Int32>(repeating: 0, count: count)
    var values = Buffer<Float>(repeating: 0, count: count)
    offsets.withSharedWriter { offsets in
      columns.withSharedWriter { columns in
        values.withSharedWriter { values in
          var cell = 0
          for (row, cells) in rows.enumerated() {
            for (column, value) in zip(cells.others, cells.values) {
              columns[cell] = column
              values[cell] = value
              cell += 1
            }
            offsets[row + 1] = Int64(cell)
          }
        }
      }
    }
    self.init(
      rowCount: rowCount, columnCount: columnCount ?? rowCount, offsets: offsets, columns: columns, values: values)
  }

  /// Returns the matrix of some rows, in the given order.
  ///
  /// - Complexity: O(cells).
  func selectingRows(_ rows: [Int32]) -> SparseMatrix {
    var offsets: [Int64] = [0]
    for row in rows { offsets.append(offsets[offsets.count - 1] + Int64(count(ofRow: Int(row)))) }
    return SparseMatrix(
      rowCount: rows.count, columnCount: columnCount, offsets: Buffer(offsets), columns: selecting(rows, of: columns),
      values: selecting(rows, of: values))
  }

  /// Returns the elements of some rows, in the given order, from a buffer with one element per cell.
  func selecting<Element: BitwiseCopyable & Sendable>(_ rows: [Int32], of elements: Buffer<Element>) -> Buffer<Element>
  {
    var selected: [Element] = []
    for row in rows { selected.append(contentsOf: elements[cells(ofRow: Int(row))]) }
    return Buffer(selected)
  }
}
