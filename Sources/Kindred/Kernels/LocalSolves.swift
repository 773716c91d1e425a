/// One small ridge regression per item, on the items nearest to it.
///
/// Item j is explained by its neighbours N: (G_NN + diag penalty_N) w = G_Nj, with G the Gram matrix of co-occurrence
/// counts.
struct LocalSolves: Sendable {
  /// G without its diagonal.
  let pairs: PairSums
  /// The diagonal of G plus the penalties.
  let diagonal: Buffer<Float>

  /// The number of neighbours of an item: at most `most`, and fewer for an item of few users, whose neighbours beyond
  /// that would be those of the same users.
  static func neighborCount(_ most: Int, users: Float) -> Int { min(most, 10 + 10 * Int(users)) }

  /// The expected seconds on one core of solves with these numbers of neighbours.
  static func time(_ neighbors: [Int]) -> Double {
    neighbors.reduce(0.0) { sum, count in
      let count = Double(count)
      return sum + count * count * count * 25e-12 + count * count * 5e-9 + 2e-6
    }
  }

  /// The number of target items per block of work.
  private static let itemsOfBlock = 16

  /// The regression weights, in place of the counts.
  ///
  /// - Parameter neighbors: One row per item j, with G_ij for its neighbours i, ascending.
  /// - Returns: Nil if a system is numerically not positive definite.
  /// - Complexity: O(items · neighbours³ / 3).
  func solved(_ neighbors: SparseMatrix, using parallel: Parallel) -> SparseMatrix? {
    precondition(neighbors.columnCount == pairs.count && diagonal.count == pairs.count)
    let count = neighbors.rowCount
    let size = Self.itemsOfBlock
    let blocks = (count + size - 1) / size
    var weights = Buffer(neighbors.values)
    let isSolved = weights.withSharedWriter { weights in
      parallel.map(blocks) { block in
        neighbors.columns.withUnsafeBuffer { columns in
          ((block * size)..<min(count, (block + 1) * size)).allSatisfy { item in
            let cells = neighbors.cells(ofRow: item)
            return solve(UnsafeBufferPointer(rebasing: columns[cells]), weights.base + cells.lowerBound)
          }
        }
      }.allSatisfy { $0 }
    }
    guard isSolved else { return nil }
    return SparseMatrix(
      rowCount: count, columnCount: neighbors.columnCount, offsets: neighbors.offsets, columns: neighbors.columns,
      values: weights)
  }

  /// Solves for the weights of `items`, in place of `right`.
  private func solve(_ items: UnsafeBufferPointer<Int32>, _ right: UnsafeMutablePointer<Float>) -> Bool {
    let size = items.count
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: size * size) { matrix in
      guard let base = matrix.baseAddress, size > 0 else { return true }
      for (slot, item) in items.enumerated() {
        pairs.read(Int(item), at: items.prefix(slot), into: base + slot * size)
        base[slot * size + slot] = diagonal[Int(item)]
      }
      return LinearAlgebra.solve(LinearAlgebra.Tile(base: base, width: size), right, size: size)
    }
  }
}
