import CKindredKernels

extension SparseMatrix {
  /// This matrix times a dense one: one row of sums per row. O(cells · rank).
  func product(with factors: Factors, using parallel: Parallel) -> Factors {
    precondition(factors.count == columnCount)
    var result = Factors(count: rowCount, rank: factors.rank)
    let rowsOfBlock = 64
    result.elements.withSharedWriter { out in
      parallel.forEach((rowCount + rowsOfBlock - 1) / rowsOfBlock) { block in
        columns.withUnsafeBuffer { columns in
          values.withUnsafeBuffer { values in
            for row in (block * rowsOfBlock)..<min(rowCount, (block + 1) * rowsOfBlock) {
              let cells = cells(ofRow: row)
              factors.addRows(
                UnsafeBufferPointer(rebasing: columns[cells]),
                weights: values.baseAddress.map { $0 + cells.lowerBound },
                to: out.base + row * factors.stride)
            }
          }
        }
      }
    }
    return result
  }

  /// A matrix with the same cells and the values rows[r] · columns[c].
  func scaled(rows: [Float], columns scales: [Float]) -> SparseMatrix {
    var values = [Float](repeating: 0, count: count)
    for row in 0..<rowCount {
      for cell in cells(ofRow: row) { values[cell] = rows[row] * scales[Int(columns[cell])] }
    }
    return SparseMatrix(
      rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: columns, values: Buffer(values))
  }
}
