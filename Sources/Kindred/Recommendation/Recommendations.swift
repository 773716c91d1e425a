/// An item to see next.
public struct Recommendation<Item: Identifier>: Sendable, Equatable {
  /// The item.
  public var item: Item
  /// What the list is ordered by; higher is better. Only comparable within one list.
  public var score: Float
  /// What the person would give it; nil where the data are no ratings.
  public var rating: Prediction?
}

/// A list of items to see next, best first.
public struct RecommendationList<Item: Identifier>: Sendable, RandomAccessCollection {
  /// What a list goes by.
  public enum Basis: Sendable, Equatable {
    /// The person's own history.
    case history
    /// What most people had, since there is no history to go by.
    case popularity
  }

  /// What the list goes by.
  public let basis: Basis
  /// How many items each rule took out before the list was made; rules that took none are left out.
  public let removed: [ListRule: Int]
  let elements: [Recommendation<Item>]

  public var startIndex: Int { 0 }
  public var endIndex: Int { elements.count }
  public subscript(position: Int) -> Recommendation<Item> { elements[position] }
}

extension Recommender {
  /// What a person should see next; for someone unknown, what most people had.
  ///
  /// - Parameters:
  ///   - user: The person.
  ///   - limit: The most items to return.
  ///   - items: The only items to choose from; nil takes all.
  ///   - excluded: Items to leave out.
  ///   - excludingObserved: Whether items of the person's history are left out.
  /// - Complexity: O(items · rank).
  public func recommendations(
    for user: User, limit: Int = 10, restrictingTo items: Set<Item>? = nil, excluding excluded: Set<Item> = [],
    excludingObserved: Bool = true
  ) -> RecommendationList<Item> {
    let rules = ListRules(restrictingTo: items, excluding: excluded, excludingObserved: excludingObserved)
    return recommendations(for: [history(of: user) ?? History()], limit: limit, rules: rules)[0]
  }

  /// What someone with this history should see next; with an empty one, what most people had.
  public func recommendations(
    forHistory values: [Item: Float], limit: Int = 10, restrictingTo items: Set<Item>? = nil,
    excluding excluded: Set<Item> = [], excludingObserved: Bool = true
  ) -> RecommendationList<Item> {
    let rules = ListRules(restrictingTo: items, excluding: excluded, excludingObserved: excludingObserved)
    return recommendations(for: [history(values)], limit: limit, rules: rules)[0]
  }

  /// What each of many people should see next: everyone's lists in one pass over the items, on all threads where they are many.
  ///
  /// - Complexity: O(people · items · rank); with diversity, as much again for each item of a list.
  public func recommendations(
    for histories: [History], limit: Int = 10, rules: ListRules<Item> = ListRules()
  ) -> [RecommendationList<Item>] {
    let (allowed, removed) = allowedItems(rules)
    let peopleOfBlock = 64
    let blocks = (histories.count + peopleOfBlock - 1) / peopleOfBlock
    return Parallel(threads: blocks < 2 ? 1 : nil).map(blocks) { block in
      let people = histories[(block * peopleOfBlock)..<Swift.min(histories.count, (block + 1) * peopleOfBlock)]
      return lists(for: Array(people), limit: limit, rules: rules, allowed: allowed, removed: removed)
    }.flatMap { $0 }
  }

  private func lists(
    for histories: [History], limit: Int, rules: ListRules<Item>, allowed: ItemSet?, removed: [ListRule: Int]
  ) -> [RecommendationList<Item>] {
    let limit = Swift.max(0, Swift.min(limit, itemCount))
    // Variety needs more to choose from than the list holds.
    let pool = rules.diversity > 0 ? Swift.min(itemCount, Swift.max(100, limit * 5)) : limit
    let selection = TopSelection(
      limit: pool, excluded: histories.map { rules.excludingObserved ? $0.items.sorted() : [] }, allowed: allowed)
    let liked = histories.map(rankingHistory)
    let ranked = ranking.topItems(liked[...], selection: selection)
    return histories.indices.map { person in
      let isStranger = liked[person].count == 0
      let own = TopSelection(limit: pool, excluded: [selection.excluded[person]], allowed: allowed)
      let candidates = isStranger ? popularItems(own) : ranked[person]
      let top = diversified(candidates, limit: limit, diversity: rules.diversity)
      var removed = removed
      if rules.excludingObserved, histories[person].count > 0 { removed[.observed] = histories[person].count }
      return RecommendationList(
        basis: isStranger ? .popularity : .history, removed: removed, elements: described(top, for: histories[person]))
    }
  }

  private func popularItems(_ selection: TopSelection) -> [ScoredItem] {
    TopHeaps.topItems(of: popularity.map { Float($0) }, itemCount: itemCount, selection: selection)[0]
  }

  private func described(_ top: [ScoredItem], for history: History) -> [Recommendation<Item>] {
    let ratings = rating?.predictions(of: top.map(\.item), for: history, at: nil)
    return top.indices.map { position in
      Recommendation(item: item(at: top[position].item), score: top[position].score, rating: ratings?[position])
    }
  }

  /// What a person would give an item; nil for an item or a person it was not trained on, and where the data are no ratings.
  public func rating(of item: Item, by user: User) -> Prediction? {
    history(of: user).flatMap { rating(of: item, for: $0) }
  }

  /// What someone with this history would give an item; nil for an unknown item and where the data are no ratings.
  public func rating(of item: Item, for history: History) -> Prediction? {
    guard let position = itemIDs.index(of: item.description) else { return nil }
    return rating?.predictions(of: [position], for: history, at: nil)[0]
  }

  /// What a person would give each item, in order of the items' positions; nil where the data are no ratings.
  public func ratings(for history: History) -> [Prediction]? {
    rating?.predictions(of: Array(0..<Int32(itemCount)), for: history, at: nil)
  }
}

extension ListRules {
  fileprivate init(restrictingTo items: Set<Item>?, excluding excluded: Set<Item>, excludingObserved: Bool) {
    self.init()
    restrictingTo = items
    excluding = excluded
    self.excludingObserved = excludingObserved
  }
}
