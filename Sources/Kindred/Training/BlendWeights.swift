extension Validation {
  /// The weights of the parts' standardised scores with the best NDCG@10 on the held-out interactions, found by grid
  /// search.
  ///
  /// - Parameter parts: The models; one that is nil gets the weight 0.
  /// - Returns: One weight per part, of which the greatest is 1.
  /// - Complexity: O(users · items · parts · grid), for fewer than 6,000 of the users.
  func bestWeights(of parts: [(any Scorer)?], using parallel: Parallel) -> [Float] {
    let grid = Self.weightGrid(parts.map { $0 != nil })
    let relevant = test.byUser
    let tested = (0..<relevant.rowCount).filter { relevant.count(ofRow: $0) > 0 }
    let step = max(1, tested.count / 3000)
    let users = stride(from: 0, to: tested.count, by: step).map { tested[$0] }
    let discounts = RankingMetrics.discounts(10)
    let usersOfBlock = 16
    let sums = parallel.map((users.count + usersOfBlock - 1) / usersOfBlock) { block in
      var sums = [Double](repeating: 0, count: grid.count)
      for user in users[(block * usersOfBlock)..<min(users.count, (block + 1) * usersOfBlock)] {
        let history = histories[user]
        let standardized = parts.map { part in
          guard let scores = part?.scores(history) else { return [Float]() }
          let standard = Standardization(scores[...])
          return scores.map { standard.apply($0) }
        }
        let wanted = Array(relevant.columns[relevant.cells(ofRow: user)])
        let selection = TopSelection(limit: 10, excluded: [history.items.sorted()])
        for (index, weights) in grid.enumerated() {
          var blend = [Float](repeating: 0, count: train.itemCount)
          for (part, weight) in weights.enumerated() where weight > 0 {
            for item in blend.indices { blend[item] += weight * standardized[part][item] }
          }
          let list = TopHeaps.topItems(of: blend, itemCount: train.itemCount, selection: selection)[0].map(\.item)
          sums[index] += RankingMetrics.figures(of: list, relevant: wanted, cutoffs: [10], discounts: discounts)[3]
        }
      }
      return sums
    }
    let totals = grid.indices.map { index in sums.reduce(0) { $0 + $1[index] } }
    let best = totals.indices.max { (totals[$0], $1) < (totals[$1], $0) } ?? 0
    return grid[best]
  }

  /// All combinations of a few weights; those of parts that are not there are 0.
  private static func weightGrid(_ isThere: [Bool]) -> [[Float]] {
    let steps: [Float] = [0, 0.25, 0.5, 1]
    var grid: [[Float]] = [[]]
    for there in isThere { grid = grid.flatMap { weights in (there ? steps : [0]).map { weights + [$0] } } }
    // Combinations with a smaller greatest weight are multiples of these: they rank alike.
    return grid.filter { $0.max() == 1 }
  }
}
