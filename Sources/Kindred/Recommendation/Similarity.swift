/// An item or a user that is similar to another.
public struct Neighbor<ID: Identifier>: Sendable, Equatable {
  /// The id of the item or user.
  public var id: ID
  /// The similarity, higher if closer. Between users it is the cosine of their factors, from -1 to 1. Between items it
  /// is what the ranking model has learned, the cosine of their factors if it has some, shrunk by the number of the
  /// item's users; of a blend, the share of the largest that an item can have.
  public var score: Float
}

extension Recommender {
  /// The items most similar to one, the most similar first, without hidden ones.
  ///
  /// What few users tell of an item is mostly chance, so the likeness of an item with n users is multiplied by
  /// n / (n + shrinkage).
  ///
  /// - Parameters:
  ///   - item: The item.
  ///   - limit: The maximum number of items.
  ///   - shrinkage: The number of users at which an item's likeness is halved; 0 or more.
  /// - Returns: The items; empty for an unknown item.
  /// - Complexity: O(items · rank).
  public func items(similarTo item: ItemID, limit: Int = 10, shrinkage: Float = 5) -> [Neighbor<ItemID>] {
    precondition(shrinkage >= 0)
    guard let position = position(of: item) else { return [] }
    // Factors know nothing of an item that nobody has taken.
    let model = popularity[Int(position)] > 0 ? rankingFactors ?? rankingModel : rankingModel
    var scores = [Float](repeating: 0, count: model.itemCount)
    var span = scores.mutableSpan
    model.similarities(to: position, into: &span)
    scores += repeatElement(0, count: itemCount - scores.count)
    let largest = (model as? BlendModel)?.largestSimilarity ?? 1
    for index in scores.indices where largest > 0 {
      let users = Float(popularity[index])
      scores[index] *= (shrinkage > 0 ? users / (users + shrinkage) : 1) / largest
    }
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
    guard let position = userPosition(of: user), let tastes else { return [] }
    let scores = tastes.cosines(to: tastes[Int(position)])
    let selection = TopSelection(limit: Swift.max(0, Swift.min(limit, userCount)), excluded: [[position]])
    return TopHeaps.topItems(of: scores, itemCount: userCount, selection: selection)[0].map {
      Neighbor(id: self.user(at: $0.item), score: $0.score)
    }
  }

  /// The rows that users are compared by; nil if there are none.
  ///
  /// Where the rule tells liked items from disliked ones, a row is the sum of the factors of the liked items minus
  /// those of the disliked ones, so that users who value the same items alike are close, and users who value them the
  /// other way round are opposite. Otherwise it is the user's row in the factor model.
  var tastes: Factors? {
    guard let taste, taste.users.count == userCount else { return nil }
    guard let items = rankingFactors?.items, tellsDislikes else { return taste.users }
    return signedTastes.value {
      var rows = Factors(count: userCount, rank: items.rank)
      for user in 0..<userCount { rows[user] = Self.signedTaste(histories[user], items) }
      return rows
    }
  }

  /// The row of a user with a history among ``tastes``; nil if no item of it counts.
  func tasteRow(of history: History) -> [Float]? {
    guard let taste else { return nil }
    if let items = rankingFactors?.items, tellsDislikes {
      let weighted = history.weights.isEmpty ? history.weighted(by: rule, latest: latestTime) : history
      guard weighted.weights.contains(where: { $0 != 0 }) else { return nil }
      return Self.signedTaste(weighted, items)
    }
    let own = rankingFactors == nil ? history : rankingHistory(history)
    return own.count > 0 ? taste.userFactors(of: [own][...]).factors[0] : nil
  }

  /// Whether histories have weights of dislikes, which older rules did not give.
  private var tellsDislikes: Bool { !histories.weights.isEmpty && rule.dislikeWeight > 0 }

  private static func signedTaste(_ history: History, _ items: Factors) -> [Float] {
    var sum = [Float](repeating: 0, count: items.rank)
    for (place, item) in history.items.enumerated() {
      let weight = history.weights.isEmpty ? 1 : history.weights[place]
      if weight == 0 { continue }
      for column in sum.indices { sum[column] += (weight > 0 ? 1 : -1) * items[Int(item), column] }
    }
    return sum
  }
}
