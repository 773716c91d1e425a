/// An item or a user that is like another.
public struct Neighbor<ID: Identifier>: Sendable, Equatable {
  /// Who or what it is.
  public var id: ID
  /// How alike they are: the cosine of their factors, from -1 to 1 for the same direction.
  public var score: Float
}

extension Recommender {
  /// The items most like one, best first and without hidden ones; empty for an unknown item. O(items · rank).
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

  /// The users whose taste is most like one's, best first; empty for an unknown user, and where the model has no factors.
  ///
  /// O(users · rank).
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
