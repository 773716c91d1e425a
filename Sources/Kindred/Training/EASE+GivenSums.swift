extension EASE {
  /// The number of items that explain each item; nil for all.
  package func neighborLimit(items: Int) -> Int? { neighborCount(items: items) }

  /// The number of items that explain an item of some users, of at most `most`.
  package static func neighborCount(_ most: Int, users: Float) -> Int { LocalSolves.neighborCount(most, users: users) }

  /// Solves for the weights from sums that another system made.
  ///
  /// - Parameters:
  ///   - users: The number of users of each item, in falling order.
  ///   - pairs: The number of common users of each item and each item before it.
  ///   - neighbors: The number of common users of each item and each of its nearest items; nil solves for all weights.
  ///   - parallel: The threads to use.
  /// - Throws: ``TrainingError`` if a system of equations has no solution, or the training is cancelled.
  /// - Complexity: O(items · neighbours³), without `neighbors` O(items³).
  package func model(
    users: [Float], pairs: consuming OrderedCells, neighbors: OrderedCells?, using parallel: Parallel
  ) throws(TrainingError) -> ItemModel {
    guard let neighbors else {
      var matrix = Factors(count: users.count, rank: users.count)
      for item in users.indices {
        matrix[item, item] = users[item]
        for cell in pairs.cells(ofRow: item) {
          let other = Int(pairs.columns[cell])
          matrix[item, other] = pairs.values[cell]
          matrix[other, item] = pairs.values[cell]
        }
      }
      return try dense(matrix, sizes: users, BlockSweep(), using: parallel)
    }
    return try model(
      from: NearestItems(
        items: (0..<Int32(users.count)).map { $0 }, users: users, pairs: pairs.pairSums, neighbors: neighbors.matrix),
      using: parallel)
  }
}
