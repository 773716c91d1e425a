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

  /// Calls `body` for blocks of items in parallel, each with sums of its own.
  private func mapBlocks<T: Sendable>(
    countsUsers: Bool, using parallel: Parallel, _ body: @Sendable (Range<Int>, Tally) -> T
  ) -> [T] {
    let size = itemsOfBlock
    return parallel.map((itemCount + size - 1) / size) { block in
      body((block * size)..<min(itemCount, (block + 1) * size), Tally(self, countsUsers: countsUsers))
    }
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
  ///   - similarity: A similarity, greater is closer; pairs with a similarity of 0 or less are left out. Ties break by
  ///     item order.
  func nearest(
    _ limit: @Sendable (Int) -> Int, includingItself: Bool = false, countsUsers: Bool = false,
    using parallel: Parallel,
    similarity: @Sendable (Pair) -> Float
  ) -> SparseMatrix {
    let rows = mapBlocks(countsUsers: countsUsers, using: parallel) { items, tally in
      items.map { item in
        var candidates = Candidates()
        tally.add(item) { other, sum, count in
          guard includingItself || other != item else { return }
          let similarity = similarity(Pair(item: item, other: other, sum: sum, count: count))
          if similarity > 0 { candidates.add(Int32(other), similarity, similarity) }
        }
        return candidates.nearest(limit(item))
      }
    }
    return SparseMatrix(rows: parallel.isCancelled ? [] : rows.flatMap { $0 }, rowCount: itemCount)
  }

  /// The sums of each item with the items most similar to it, and the sums of all pairs.
  ///
  /// - Parameters:
  ///   - limit: The greatest number of neighbours of an item.
  ///   - similarity: A similarity, greater is closer. Ties break by item order.
  func nearestSums(
    _ limit: @Sendable (Int) -> Int, using parallel: Parallel, similarity: @Sendable (Pair) -> Float
  ) -> (nearest: SparseMatrix, pairs: PairSums) {
    let blocks = mapBlocks(countsUsers: false, using: parallel) { items, tally in
      var (rows, pairs) = ([Candidates.Row](), PairSums.Block())
      for item in items {
        var candidates = Candidates()
        tally.add(item) { other, sum, _ in
          guard other != item else { return }
          candidates.add(Int32(other), sum, similarity(Pair(item: item, other: other, sum: sum, count: 0)))
        }
        let before = candidates.others.firstIndex(notBelow: Int32(item))
        pairs.append(item, candidates.others[..<before], candidates.values[..<before])
        rows.append(candidates.nearest(limit(item)))
      }
      return (rows: rows, pairs: pairs)
    }
    let nearest = SparseMatrix(rows: parallel.isCancelled ? [] : blocks.flatMap(\.rows), rowCount: itemCount)
    return (nearest, PairSums(blocks.map(\.pairs)))
  }

  /// The items that share users with an item, ascending.
  private struct Candidates {
    typealias Row = (others: [Int32], values: [Float])
    private(set) var others: [Int32] = []
    private(set) var values: [Float] = []
    private var similarities: [Float] = []

    mutating func add(_ other: Int32, _ value: Float, _ similarity: Float) {
      others.append(other)
      values.append(value)
      similarities.append(similarity)
    }

    /// The most similar items with their values.
    func nearest(_ limit: Int) -> Row {
      let chosen = TopHeaps.positions(ofGreatest: limit, in: similarities)
      return (chosen.map { others[Int($0)] }, chosen.map { values[Int($0)] })
    }
  }

  /// The number of pairs of items that at least one user has both of.
  func pairCount(using parallel: Parallel) -> Int {
    mapBlocks(countsUsers: false, using: parallel) { items, tally in
      var count = 0
      for item in items { tally.add(item, below: item) { _, _, _ in count += 1 } }
      return count
    }.reduce(0, +)
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
