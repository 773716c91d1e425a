extension Recommender {
  /// Chooses items to ask a new user about: well known, rated differently by different users, and unlike each other.
  ///
  /// An item ranks by log(users) · deviation of its values, its popularity times its information (Rashid and others
  /// 2002, <https://doi.org/10.1145/502716.502737>); if the data are no ratings, by popularity alone. Diversity then
  /// counts as much.
  ///
  /// - Parameters:
  ///   - limit: The maximum number of items.
  ///   - excluded: Items to leave out, such as those already answered.
  /// - Complexity: O(interactions + limit · items · rank).
  public func starters(limit: Int = 10, excluding excluded: Set<ItemID> = []) -> [ItemID] {
    starters(limit: limit, excludingPositions: Set(excluded.compactMap { position(of: $0) }))
  }

  /// Chooses items to ask a new user about, without those at some positions.
  package func starters(limit: Int, excludingPositions left: Set<Int32>) -> [ItemID] {
    let limit = Swift.max(0, Swift.min(limit, itemCount))
    let worth = informativeness()
    let candidates = (0..<Int32(itemCount)).filter { worth[Int($0)] > 0 && !left.contains($0) }
      .map { ScoredItem(item: $0, score: worth[Int($0)]) }
      .sorted { ($1.score, $0.item) < ($0.score, $1.item) }
      .prefix(Swift.max(60, limit * 4))
    return diversified(Array(candidates), limit: limit, diversity: 0.5).map { item(at: $0.item) }
  }

  /// The expected information of an answer about each item.
  private func informativeness() -> [Float] {
    var counts = [Double](repeating: 0, count: itemCount)
    var (sums, squares) = (counts, counts)
    for (column, value) in zip(histories.rows.columns, histories.rows.values) {
      let (item, value) = (Int(column), Double(value))
      counts[item] += 1
      sums[item] += value
      squares[item] += value * value
    }
    return (0..<itemCount).map { item in
      // The variance of few ratings is unreliable, so it is shrunk towards 0.
      let known = Swift.max(counts[item], Double(popularity[item]))
      guard known > 0 else { return 0 }
      let mean = counts[item] > 0 ? sums[item] / counts[item] : 0
      let variance = counts[item] > 0 ? Swift.max(0, squares[item] / counts[item] - mean * mean) : 0
      let spread =
        ratingModel == nil || counts[item] == 0 ? 1 : (variance * counts[item] / (counts[item] + 5)).squareRoot()
      return Float(RandomStream.logarithm(1 + known) * spread)
    }
  }
}
