/// One small ridge regression per item, on the items nearest to it.
///
/// Item j is explained by its neighbours N: (G_NN + diag penalty_N) w = G_Nj, with G the Gram matrix of co-occurrence
/// counts.
struct LocalSolves: Sendable {
  /// The triangle of G below its diagonal, sparse.
  let lowerTriangle: SparseMatrix
  /// The diagonal of G plus the penalties.
  let diagonal: Buffer<Float>

  /// The number of target items per block of work.
  private static let itemsOfBlock = 16

  /// The regression weights, in place of the counts.
  ///
  /// - Parameter neighbors: One row per item j, with G_ij for its neighbours i, ascending.
  /// - Returns: Nil if a system is numerically not positive definite.
  /// - Complexity: O(items · neighbours³ / 3).
  func solved(_ neighbors: SparseMatrix, using parallel: Parallel) -> SparseMatrix? {
    precondition(neighbors.rowCount == lowerTriangle.rowCount && diagonal.count == neighbors.rowCount)
    let count = neighbors.rowCount
    let size = Self.itemsOfBlock
    let blocks = (count + size - 1) / size
    var weights = Buffer(neighbors.values)
    let isSolved = weights.withSharedWriter { weights in
      parallel.map(blocks) { block in
        var slots = [Int32](repeating: -1, count: count)
        return slots.withUnsafeMutableBufferPointer { slots in
          ((block * size)..<min(count, (block + 1) * size)).allSatisfy { item in
            let cells = neighbors.cells(ofRow: item)
            return neighbors.columns.withUnsafeBuffer { columns in
              solve(UnsafeBufferPointer(rebasing: columns[cells]), weights.base + cells.lowerBound, slots: slots)
            }
          }
        }
      }.allSatisfy { $0 }
    }
    guard isSolved else { return nil }
    return SparseMatrix(
      rowCount: count, columnCount: count, offsets: neighbors.offsets, columns: neighbors.columns, values: weights)
  }

  /// Solves for the weights of `items`, in place of `right`; `slots` is −1 everywhere, before and after.
  private func solve(
    _ items: UnsafeBufferPointer<Int32>, _ right: UnsafeMutablePointer<Float>, slots: UnsafeMutableBufferPointer<Int32>
  ) -> Bool {
    let size = items.count
    guard size > 0 else { return true }
    for (slot, item) in items.enumerated() { slots[Int(item)] = Int32(slot) }
    defer { for item in items { slots[Int(item)] = -1 } }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: size * size) { matrix in
      matrix.initialize(repeating: 0)
      lowerTriangle.columns.withUnsafeBuffer { columns in
        lowerTriangle.values.withUnsafeBuffer { values in
          for (slot, item) in items.enumerated() {
            let row = UnsafeMutableBufferPointer(rebasing: matrix[(slot * size)..<((slot + 1) * size)])
            gather(lowerTriangle.cells(ofRow: Int(item)), of: columns, values, items.prefix(slot), slots, into: row)
            row[slot] = diagonal[Int(item)]
          }
        }
      }
      guard let base = matrix.baseAddress else { return true }
      return LinearAlgebra.solve(LinearAlgebra.Tile(base: base, width: size), right, size: size)
    }
  }

  /// The cells of one row of G at the items before it; a short row is scanned, a long one searched.
  private func gather(
    _ cells: Range<Int>, of columns: UnsafeBufferPointer<Int32>, _ values: UnsafeBufferPointer<Float>,
    _ items: Slice<UnsafeBufferPointer<Int32>>, _ slots: UnsafeMutableBufferPointer<Int32>,
    into row: UnsafeMutableBufferPointer<Float>
  ) {
    if cells.count < 32 * items.count {
      for cell in cells {
        let slot = Int(slots[Int(columns[cell])])
        if slot >= 0 { row[slot] = values[cell] }
      }
      return
    }
    var low = cells.lowerBound
    for (slot, item) in items.enumerated() {
      low = columns[low..<cells.upperBound].firstIndex(notBelow: item)
      if low < cells.upperBound, columns[low] == item { row[slot] = values[low] }
    }
  }
}
