/// Counts how often two items were chosen by the same users: the sum of the weights of the users who have both.
///
/// Items are counted one at a time, from the item's users through the items of each, so that the matrix of all items is
/// never held at once. Sums run over the users in order.
///
/// - Complexity: O(Σ_u n_u²) for all items, with n_u the number of items of user u.
struct Cooccurrences: Sendable {
  let byUser: SparseMatrix
  let byItem: SparseMatrix
  /// The weight of each user; nil is 1 for each, so that the sums are counts.
  let weights: Buffer<Float>?
  /// The number of items per block of work.
  private let itemsOfBlock: Int

  init(byUser: SparseMatrix, byItem: SparseMatrix, weights: Buffer<Float>? = nil, itemsOfBlock: Int = 32) {
    precondition(byUser.rowCount == byItem.columnCount && byUser.columnCount == byItem.rowCount)
    precondition(weights == nil || weights?.count == byUser.rowCount)
    self.byUser = byUser
    self.byItem = byItem
    self.weights = weights
    self.itemsOfBlock = itemsOfBlock
  }

  var itemCount: Int { byItem.rowCount }

  private func forEachBlock(using parallel: Parallel, _ body: @Sendable (Range<Int>) -> Void) {
    let size = itemsOfBlock
    parallel.forEach((itemCount + size - 1) / size) { body(($0 * size)..<min(itemCount, ($0 + 1) * size)) }
  }

  /// All sums as a symmetric matrix; the diagonal has the weights of all users of an item.
  func dense(using parallel: Parallel) -> Factors {
    var result = Factors(count: itemCount, rank: itemCount)
    let stride = result.stride
    result.elements.withSharedWriter { out in
      forEachBlock(using: parallel) { items in
        byUser.columns.withUnsafeBuffer { columns in
          for item in items {
            let row = out.base + item * stride
            for cell in byItem.cells(ofRow: item) {
              let user = Int(byItem.columns[cell])
              let weight = weights?[user] ?? 1
              for other in byUser.cells(ofRow: user) { row[Int(columns[other])] += weight }
            }
          }
        }
      }
    }
    return result
  }

  /// Two items that at least one user has both of.
  struct Pair {
    var item, other: Int
    /// The sum of the weights of the users who have both.
    var sum: Float
    /// The number of these users; 0 unless it was requested.
    var count: Float
  }

  /// The items most similar to each item: one row per item, with the similarities of the nearest others.
  ///
  /// - Parameters:
  ///   - limit: The greatest number of neighbours of an item.
  ///   - includingItself: Whether an item may be among its own neighbours.
  ///   - countsUsers: Whether `similarity` gets the number of common users in addition to the sum of their weights.
  ///   - keepsSums: Whether the cells hold the sums of the pairs instead of their similarities.
  ///   - similarity: A similarity, greater is closer; pairs with a similarity of 0 or less are left out. Ties break by
  ///     item order.
  func nearest(
    _ limit: @Sendable (Int) -> Int, includingItself: Bool = false, countsUsers: Bool = false, keepsSums: Bool = false,
    using parallel: Parallel,
    similarity: @Sendable (Pair) -> Float
  ) -> SparseMatrix {
    let size = itemsOfBlock
    let rows = parallel.map((itemCount + size - 1) / size) { block in
      let tally = Tally(self, countsUsers: countsUsers)
      return ((block * size)..<min(itemCount, (block + 1) * size)).map { item in
        var (others, values, similarities) = ([Int32](), [Float](), [Float]())
        tally.add(item) { other, sum, count in
          guard includingItself || other != item else { return }
          let similar = similarity(Pair(item: item, other: other, sum: sum, count: count))
          guard similar > 0 else { return }
          others.append(Int32(other))
          similarities.append(similar)
          if keepsSums { values.append(sum) }
        }
        let chosen = TopHeaps.positions(ofGreatest: limit(item), in: similarities)
        let kept = keepsSums ? values : similarities
        return (others: chosen.map { others[Int($0)] }, values: chosen.map { kept[Int($0)] })
      }
    }
    return SparseMatrix(rows: parallel.isCancelled ? [] : rows.flatMap { $0 }, rowCount: itemCount)
  }

  /// The number of pairs of items that at least one user has both of.
  func pairCount(using parallel: Parallel) -> Int {
    let size = itemsOfBlock
    return parallel.map((itemCount + size - 1) / size) { block in
      let tally = Tally(self, countsUsers: false)
      var count = 0
      for item in (block * size)..<min(itemCount, (block + 1) * size) {
        tally.add(item, below: item) { _, _, _ in count += 1 }
      }
      return count
    }.reduce(0, +)
  }

  /// The sums of all pairs.
  func pairSums(using parallel: Parallel) -> PairSums {
    let size = itemsOfBlock
    return PairSums(
      parallel.map((itemCount + size - 1) / size) { block in
        let tally = Tally(self, countsUsers: false)
        var rows = PairSums.Block()
        for item in (block * size)..<min(itemCount, (block + 1) * size) {
          var (others, sums) = ([Int32](), [Float]())
          tally.add(item, below: item) { other, sum, _ in
            others.append(Int32(other))
            sums.append(sum)
          }
          rows.append(item, others, sums)
        }
        return rows
      })
  }

  /// Sums over the users of one item at a time, in memory that is cleared after each.
  private final class Tally {
    private let data: Cooccurrences
    private let sums: SparseSums
    private let counts: UnsafeMutablePointer<Float>?

    init(_ data: Cooccurrences, countsUsers: Bool) {
      self.data = data
      sums = SparseSums(count: data.itemCount)
      counts = countsUsers ? .allocate(capacity: data.itemCount) : nil
      counts?.initialize(repeating: 0, count: data.itemCount)
    }

    deinit { counts?.deallocate() }

    /// Calls `body` with each item below `limit` that the users of `item` have, ascending, with its sum and count.
    func add(_ item: Int, below limit: Int = .max, _ body: (Int, Float, Float) -> Void) {
      data.byUser.columns.withUnsafeBuffer { columns in
        data.byItem.columns.withUnsafeBuffer { users in
          for cell in data.byItem.cells(ofRow: item) {
            let user = Int(users[cell])
            let weight = data.weights?[user] ?? 1
            for cell in data.byUser.cells(ofRow: user) {
              let other = Int(columns[cell])
              if other >= limit { break }
              sums.add(weight, at: other)
              if let counts { counts[other] += 1 }
            }
          }
        }
      }
      sums.drain(below: limit) { other, sum in
        body(other, sum, counts?[other] ?? 0)
        counts?[other] = 0
      }
    }
  }
}
