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

  /// The product of each row with a vector, summed in order of columns.
  ///
  /// - Parameters:
  ///   - vector: One number per column.
  ///   - out: Where the products go, one per row.
  ///   - start: The place of the first product.
  func products(with vector: [Float], into out: inout MutableSpan<Float>, at start: Int = 0) {
    precondition(vector.count == columnCount && start >= 0 && start + rowCount <= out.count)
    out.withUnsafeMutableBufferPointer { out in
      offsets.withUnsafeBuffer { offsets in
        columns.withUnsafeBuffer { columns in
          values.withUnsafeBuffer { values in
            vector.withUnsafeBufferPointer { vector in
              for row in 0..<rowCount {
                var sum: Float = 0
                for cell in Int(offsets[row])..<Int(offsets[row + 1]) {
                  sum += values[cell] * vector[Int(columns[cell])]
                }
                out[start + row] = sum
              }
            }
          }
        }
      }
    }
  }

  /// The product of a row with a vector, summed in order of columns.
  func product(ofRow row: Int, with vector: [Float]) -> Float {
    var sum: Float = 0
    for cell in cells(ofRow: row) { sum += values[cell] * vector[Int(columns[cell])] }
    return sum
  }

  /// Adds a multiple of a row to a vector.
  func add(row: Int, times factor: Float, to vector: inout [Float]) {
    for cell in cells(ofRow: row) { vector[Int(columns[cell])] += factor * values[cell] }
  }
}

extension SparseMatrix {
  /// This square matrix plus `weight` times its square, of which each row keeps its greatest cells.
  ///
  /// - Complexity: O(Σ over cells of the cells in the row of their column).
  func addingSquare(times weight: Float, keeping limit: Int, using parallel: Parallel) -> SparseMatrix {
    precondition(rowCount == columnCount)
    let rowsOfBlock = 64
    let rows = parallel.map((rowCount + rowsOfBlock - 1) / rowsOfBlock) { block in
      let sums = SparseSums(count: columnCount)
      return ((block * rowsOfBlock)..<min(rowCount, (block + 1) * rowsOfBlock)).map { row in
        for cell in cells(ofRow: row) {
          sums.add(values[cell], at: Int(columns[cell]))
          let scale = weight * values[cell]
          for next in cells(ofRow: Int(columns[cell])) { sums.add(scale * values[next], at: Int(columns[next])) }
        }
        var (met, found) = ([Int32](), [Float]())
        sums.drain { column, sum in
          met.append(Int32(column))
          found.append(sum)
        }
        let kept = TopHeaps.positions(ofGreatest: limit, in: found)
        return (others: kept.map { met[Int($0)] }, values: kept.map { found[Int($0)] })
      }
    }
    return SparseMatrix(rows: parallel.isCancelled ? [] : rows.flatMap { $0 }, rowCount: rowCount)
  }
}
