import CKindredKernels

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
      return sum + count * count * count * 8e-12 + count * count * 5e-9 + 2e-6
    }
  }

  /// The regression weights, in place of the counts.
  ///
  /// - Parameter neighbors: One row per item j, with G_ij for its neighbours i, ascending.
  /// - Returns: Nil if a system is numerically not positive definite.
  /// - Complexity: O(items · neighbours³ / 3).
  func solved(_ neighbors: SparseMatrix, using parallel: Parallel) -> SparseMatrix? {
    precondition(neighbors.columnCount == pairs.count && diagonal.count == pairs.count)
    let count = neighbors.rowCount
    let size = Self.itemsOfBlock(neighbors)
    let blocks = (count + size - 1) / size
    var weights = Buffer(neighbors.values)
    let isSolved = weights.withSharedWriter { weights in
      parallel.map(blocks) { block in
        solve((block * size)..<min(count, (block + 1) * size), neighbors, weights)
      }.allSatisfy { $0 }
    }
    guard isSolved else { return nil }
    return SparseMatrix(
      rowCount: count, columnCount: neighbors.columnCount, offsets: neighbors.offsets, columns: neighbors.columns,
      values: weights)
  }

  /// The number of items per block of work: as many as fit into 8 MB, at most 32.
  private static func itemsOfBlock(_ neighbors: SparseMatrix) -> Int {
    let most = (0..<neighbors.rowCount).reduce(1) { max($0, neighbors.count(ofRow: $1)) }
    return max(1, min(32, (2 << 20) / (most * most)))
  }

  /// Solves for the weights of a block of items, in place of the counts.
  ///
  /// A row of sums is read for all items of the block at once, while it is in the cache: it is the reading of sums, at
  /// random places of a large table, that takes most of the time.
  private func solve(_ block: Range<Int>, _ neighbors: SparseMatrix, _ weights: SharedWriter<Float>) -> Bool {
    var (starts, length) = ([Int](), 0)
    // The reads of rows: the row in the upper 32 bits, then the item's place in the block, then the row of its system.
    var reads: [UInt64] = []
    for (place, item) in block.enumerated() {
      let cells = neighbors.cells(ofRow: item)
      starts.append(length)
      length += cells.count * cells.count
      for (slot, cell) in cells.enumerated() {
        reads.append(UInt64(neighbors.columns[cell]) << 32 | UInt64(place) << 24 | UInt64(slot))
      }
    }
    reads.sort()
    return neighbors.columns.withUnsafeBuffer { columns in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: length) { matrices in
        guard let base = matrices.baseAddress, length > 0 else { return true }
        for read in reads {
          let (row, place, slot) = (Int(read >> 32), Int(read >> 24 & 0xFF), Int(read & 0xFF_FFFF))
          let items = UnsafeBufferPointer(rebasing: columns[neighbors.cells(ofRow: block.lowerBound + place)])
          let out = base + starts[place] + slot * items.count
          pairs.read(row, at: items.prefix(slot), into: out)
          out[slot] = diagonal[row]
        }
        let most = block.reduce(0) { max($0, neighbors.count(ofRow: $1)) }
        return withWorkspace(of: Float.self, kindred_system_workspace(Int64(most))) { workspace in
          block.enumerated().allSatisfy { place, item in
            let cells = neighbors.cells(ofRow: item)
            return kindred_solve_system(
              base + starts[place], weights.base + cells.lowerBound, Int64(cells.count), workspace) != 0
          }
        }
      }
    }
  }
}
