/// A recommended item.
public struct Recommendation<ItemID: Identifier>: Sendable, Equatable {
  /// The item.
  public var item: ItemID
  /// The item's title; nil where the catalog has none.
  public var title: String?
  /// The score that the list is ordered by; higher is better. Scores are comparable within one list only.
  public var score: Float
  /// The rating that the user would give; nil if the recommender predicts no ratings.
  public var rating: Prediction?
  /// Whether nobody had taken the item when the model was trained, so that its attributes alone place it.
  public var isExplored = false
}

/// A list of recommended items, best first.
public struct RecommendationList<ItemID: Identifier>: Sendable, RandomAccessCollection {
  /// The basis of a list.
  public enum Basis: String, Sendable, Equatable {
    /// The user's own history.
    case history
    /// The number of users per item, since there is no history.
    case popularity
    /// What users with the user's attributes take, since there is no history.
    case attributes
  }

  /// The basis of the list.
  public let basis: Basis
  /// The number of items that each rule removed before the list was made, without rules that removed none.
  public let removed: [ListRule: Int]
  let elements: [Recommendation<ItemID>]

  public var startIndex: Int { 0 }
  public var endIndex: Int { elements.count }
  public subscript(position: Int) -> Recommendation<ItemID> { elements[position] }
}

extension Recommender {
  /// Recommends items to a user; to an unknown user, the most popular ones.
  ///
  /// - Parameters:
  ///   - user: The user.
  ///   - limit: The maximum number of items.
  ///   - items: The only items to choose from; nil allows all.
  ///   - excluded: Items to leave out.
  ///   - excludingObserved: Whether items of the user's history are left out.
  /// - Complexity: O(items · rank).
  public func recommendations(
    for user: UserID, limit: Int = 10, restrictingTo items: Set<ItemID>? = nil, excluding excluded: Set<ItemID> = [],
    excludingObserved: Bool = true
  ) -> RecommendationList<ItemID> {
    let rules = ListRules(restrictingTo: items, excluding: excluded, excludingObserved: excludingObserved)
    return recommendations(for: [history(of: user) ?? History()], limit: limit, rules: rules)[0]
  }

  /// Recommends items to a user with this history; for an empty one, the most popular items.
  ///
  /// - Parameters:
  ///   - values: The values of the items in the history.
  ///   - limit: The maximum number of items.
  ///   - items: The only items to choose from; nil allows all.
  ///   - excluded: Items to leave out.
  ///   - excludingObserved: Whether items of the history are left out.
  /// - Complexity: O(fold-in + items · rank).
  public func recommendations(
    forHistory values: [ItemID: Float], limit: Int = 10, restrictingTo items: Set<ItemID>? = nil,
    excluding excluded: Set<ItemID> = [], excludingObserved: Bool = true
  ) -> RecommendationList<ItemID> {
    let rules = ListRules(restrictingTo: items, excluding: excluded, excludingObserved: excludingObserved)
    return recommendations(for: [history(values)], limit: limit, rules: rules)[0]
  }

  /// Recommends items to many users, in one pass over the items per 64 users, on all cores if there are more users.
  ///
  /// - Parameters:
  ///   - histories: The histories of the users.
  ///   - limit: The maximum number of items per list.
  ///   - rules: The rules for the items of each list.
  /// - Returns: One list per history.
  /// - Complexity: O(users · items · rank); with diversity, as much again for each item of a list.
  public func recommendations(
    for histories: [History], limit: Int = 10, rules: ListRules<ItemID> = ListRules()
  ) -> [RecommendationList<ItemID>] {
    let (allowed, removed) = allowedItems(rules)
    if let share = rules.explore {
      return exploring(share, histories: histories, limit: limit, rules: rules, allowed: allowed)
    }
    let usersOfBlock = 64
    let blocks = (histories.count + usersOfBlock - 1) / usersOfBlock
    return Parallel(threads: blocks < 2 ? 1 : nil).map(blocks) { block in
      let users = histories[(block * usersOfBlock)..<Swift.min(histories.count, (block + 1) * usersOfBlock)]
      return lists(for: Array(users), limit: limit, rules: rules, allowed: allowed, removed: removed)
    }.flatMap { $0 }
  }

  /// Lists with a share of places for items that nobody has taken, at even distances, the first places last.
  private func exploring(
    _ share: Float, histories: [History], limit: Int, rules: ListRules<ItemID>, allowed: ItemSet?
  ) -> [RecommendationList<ItemID>] {
    precondition((0...1).contains(share), "a share lies between 0 and 1")
    let newItems = (rankingModel as? BlendModel)?.newItems ?? []
    var (new, known) = (ItemSet(itemCount: itemCount), allowed ?? ItemSet(allOf: itemCount))
    for item in newItems where known[item] {
      known[item] = false
      new[item] = true
    }
    var rules = rules
    rules.explore = nil
    let make = { (items: ItemSet) in
      var own = rules
      own.restrictingToPositions = items.positions
      return recommendations(for: histories, limit: limit, rules: own)
    }
    return zip(make(known), make(new)).map { known, new in
      var (knownItems, newItems) = (known.elements[...], new.elements[...])
      var elements: [Recommendation<ItemID>] = []
      while elements.count < limit, !(knownItems.isEmpty && newItems.isEmpty) {
        let due = Int(Float(elements.count + 1) * share + 1e-4) > Int(Float(elements.count) * share + 1e-4)
        if let next = due ? newItems.popFirst() ?? knownItems.popFirst() : knownItems.popFirst() {
          elements.append(next)
        } else {
          break
        }
      }
      return RecommendationList(basis: known.basis, removed: known.removed, elements: elements)
    }
  }

  private func lists(
    for histories: [History], limit: Int, rules: ListRules<ItemID>, allowed: ItemSet?, removed: [ListRule: Int]
  ) -> [RecommendationList<ItemID>] {
    let limit = Swift.max(0, Swift.min(limit, itemCount))
    // A diverse list is chosen from more candidates than it holds.
    let pool = rules.diversity > 0 ? Swift.min(itemCount, Swift.max(100, limit * 5)) : limit
    let selection = TopSelection(
      limit: pool, excluded: histories.map { rules.excludingObserved ? $0.items : [] }, allowed: allowed)
    let liked = histories.map(rankingHistory)
    let ranked = rankingModel.topItems(liked[...], selection: selection)
    return histories.indices.map { user in
      let isStranger = liked[user].count == 0
      let own = TopSelection(limit: pool, excluded: [selection.excluded[user]], allowed: allowed)
      let similar = isStranger ? audienceScores(for: histories[user]) : nil
      let candidates =
        isStranger ? popularItems(own, similar, unlike: liked[user].disliked) : ranked[user]
      let top = diversified(candidates, limit: limit, diversity: rules.diversity)
      var removed = removed
      if rules.excludingObserved, histories[user].count > 0 { removed[.observed] = histories[user].count }
      return RecommendationList(
        basis: !isStranger ? .history : similar == nil ? .popularity : .attributes, removed: removed,
        elements: described(top, for: histories[user]))
    }
  }

  /// Each item's popularity among users with some attributes; nil if nothing is known of such users.
  private func audienceScores(for history: History) -> [Float]? {
    guard let audiences, !history.attributes.isEmpty else { return nil }
    return audiences.scores(
      fame, for: Catalog.Entry(title: "", attributes: history.attributes).attributeLabels)
  }

  /// The most popular items, without those that are like what a user with no other history disliked.
  ///
  /// - Parameter similar: Each item's popularity among users with the same attributes; nil if it is not known.
  private func popularItems(
    _ selection: TopSelection, _ similar: [Float]?, unlike disliked: [Int32]
  ) -> [ScoredItem] {
    var scores = similar ?? fame
    if !disliked.isEmpty {
      // Both sides have deviation 1, so that neither the number of users nor the units of the model decide alone.
      let likeness = rankingModel.scores(History(items: disliked, values: disliked.map { _ in 1 }))
      let fame = similar ?? fame.map { Float(RandomStream.logarithm(1 + Double($0))) }
      let (own, other) = (Standardization(fame[...]), Standardization(likeness[...]))
      scores = fame.indices.map { own.apply(fame[$0]) - other.apply(likeness[$0]) }
    }
    return TopHeaps.topItems(of: scores, itemCount: itemCount, selection: selection)[0]
  }

  private func described(_ top: [ScoredItem], for history: History) -> [Recommendation<ItemID>] {
    let ratings = predictions(of: top.map(\.item), for: history)
    let blend = rankingModel as? BlendModel
    return top.indices.map { position in
      let item = top[position].item
      return Recommendation(
        item: self.item(at: item), title: itemCatalog[itemIDs[Int(item)]]?.title, score: top[position].score,
        rating: ratings?[position], isExplored: blend?.isNew(item) ?? false)
    }
  }

  /// Predicts the rating that a user would give an item.
  ///
  /// - Parameters:
  ///   - item: The item.
  ///   - user: The user.
  /// - Returns: The prediction; nil for an unknown item or user, and if the recommender predicts no ratings.
  public func rating(of item: ItemID, by user: UserID) -> Prediction? {
    history(of: user).flatMap { rating(of: item, for: $0) }
  }

  /// Predicts the rating that a user with this history would give an item.
  ///
  /// - Parameters:
  ///   - item: The item.
  ///   - history: The history.
  /// - Returns: The prediction; nil for an unknown item, and if the recommender predicts no ratings.
  public func rating(of item: ItemID, for history: History) -> Prediction? {
    guard let position = position(of: item) else { return nil }
    return predictions(of: [position], for: history)?[0]
  }

  /// Predicts the rating that a user with this history would give each item.
  ///
  /// - Parameter history: The history.
  /// - Returns: The predictions in order of the items' positions; nil if the recommender predicts no ratings.
  public func ratings(for history: History) -> [Prediction]? {
    predictions(of: Array(0..<Int32(itemCount)), for: history)
  }

  /// Predicts ratings; those of items that were placed by their attributes are the mean of the user's predictions.
  private func predictions(of items: [Int32], for history: History) -> [Prediction]? {
    guard let model = ratingModel else { return nil }
    let known = Int32(model.itemCount)
    guard items.contains(where: { $0 >= known }) || history.items.contains(where: { $0 >= known }) else {
      return model.predictions(of: items, for: history, at: nil)
    }
    let own = history.keeping(itemsBelow: known)
    var predicted = model.predictions(of: items.filter { $0 < known }, for: own, at: nil).makeIterator()
    var typical: Prediction?
    return items.map { item in
      if item < known, let prediction = predicted.next() { return prediction }
      let mean = typical ?? typicalPrediction(for: own, by: model)
      typical = mean
      return mean
    }
  }

  /// The mean of a user's predictions, as the rating of an item that nobody has rated.
  private func typicalPrediction(for history: History, by model: any RatingPredictor) -> Prediction {
    let all = model.predictions(of: Array(0..<Int32(model.itemCount)), for: history, at: nil)
    let mean = all.reduce(0.0) { $0 + Double($1.value) } / Double(max(1, all.count))
    return Prediction(value: Float(mean), isTentative: true)
  }
}

extension ListRules {
  fileprivate init(restrictingTo items: Set<ItemID>?, excluding excluded: Set<ItemID>, excludingObserved: Bool) {
    self.init()
    restrictingTo = items
    excluding = excluded
    self.excludingObserved = excludingObserved
  }
}
