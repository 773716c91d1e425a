extension Recommender {
  /// The recommender without some users: their ids, their histories, and their rows in the models are removed.
  ///
  /// The models' items stay as they were trained, and so do the sums over all users with an attribute.
  ///
  /// - Parameter users: The users to remove; unknown ones change nothing.
  /// - Complexity: O(bytes of the recommender).
  public func removing(_ users: some Sequence<UserID>) -> Recommender {
    var isRemoved = [Bool](repeating: false, count: userCount)
    for user in users {
      if let row = userPosition(of: user) { isRemoved[Int(row)] = true }
    }
    guard isRemoved.contains(true) else { return self }
    let kept = (0..<Int32(userCount)).filter { !isRemoved[Int($0)] }
    var (popularity, fame) = (popularity, fame)
    let countsOnce = rule.dampsCounts && rule.kinds.isEmpty
    for row in 0..<userCount where isRemoved[row] {
      let history = histories[row]
      for (place, item) in history.items.enumerated() {
        popularity[Int(item)] -= 1
        let weight = history.weights.isEmpty ? 1 : Swift.max(0, history.weights[place])
        fame[Int(item)] -= countsOnce ? Swift.min(1, weight.rounded(.up)) : weight
      }
    }
    return Recommender(
      userIDs: Vocabulary(kept.lazy.map { userIDs[Int($0)] }), itemIDs: itemIDs, itemCatalog: itemCatalog,
      ranking: rankingModel.keepingUsers(kept), rating: separateRatingModel?.keepingUsers(kept),
      histories: histories.selecting(kept), latestTime: latestTime, rule: rule,
      popularity: popularity.map { Swift.max(0, $0) }, fame: fame.map { Swift.max(0, $0) },
      audiences: audiences, provenance: provenance)
  }
}
