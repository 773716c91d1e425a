/// An item or a user that is similar to another.
public struct Neighbor<ID: Identifier>: Sendable, Equatable {
  /// The id of the item or user.
  public var id: ID
  /// The similarity, higher if closer. Between users, and between items if the recommender has factors, it is the
  /// cosine of their factors, from -1 to 1.
  public var score: Float
}

extension Recommender {
  /// The items most similar to one, the most similar first, without hidden ones.
  ///
  /// - Parameters:
  ///   - item: The item.
  ///   - limit: The maximum number of items.
  /// - Returns: The items; empty for an unknown item.
  /// - Complexity: O(items · rank).
  public func items(similarTo item: ItemID, limit: Int = 10) -> [Neighbor<ItemID>] {
    guard let position = position(of: item) else { return [] }
    var scores = [Float](repeating: 0, count: itemCount)
    var span = scores.mutableSpan
    (taste ?? rankingModel as any Scorer).similarities(to: position, into: &span)
    let selection = TopSelection(
      limit: Swift.max(0, Swift.min(limit, itemCount)), excluded: [(hiddenItems + [position]).sorted()])
    return TopHeaps.topItems(of: scores, itemCount: itemCount, selection: selection)[0].map {
      Neighbor(id: self.item(at: $0.item), score: $0.score)
    }
  }

  /// The users with the taste most similar to a user's, the most similar first.
  ///
  /// - Parameters:
  ///   - user: The user.
  ///   - limit: The maximum number of users.
  /// - Returns: The users; empty for an unknown user, and if the model has no factors.
  /// - Complexity: O(users · rank).
  public func users(similarTo user: UserID, limit: Int = 10) -> [Neighbor<UserID>] {
    guard let position = userPosition(of: user), let taste, taste.users.count == userCount else {
      return []
    }
    let scores = taste.users.cosines(to: taste.users[Int(position)])
    let selection = TopSelection(limit: Swift.max(0, Swift.min(limit, userCount)), excluded: [[position]])
    return TopHeaps.topItems(of: scores, itemCount: userCount, selection: selection)[0].map {
      Neighbor(id: self.user(at: $0.item), score: $0.score)
    }
  }
}
