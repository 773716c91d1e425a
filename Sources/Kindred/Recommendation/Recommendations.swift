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
    recommendations(
      for: [history(of: user) ?? History()], limit: limit, restrictingTo: items, excluding: excluded,
      excludingObserved: excludingObserved)[0]
  }

  /// What someone with this history should see next; with an empty one, what most people had.
  public func recommendations(
    forHistory values: [Item: Float], limit: Int = 10, restrictingTo items: Set<Item>? = nil,
    excluding excluded: Set<Item> = [], excludingObserved: Bool = true
  ) -> RecommendationList<Item> {
    recommendations(
      for: [history(values)], limit: limit, restrictingTo: items, excluding: excluded,
      excludingObserved: excludingObserved)[0]
  }

  /// What each of many people should see next: everyone's lists in one pass over the items.
  public func recommendations(
    for histories: [History], limit: Int = 10, restrictingTo items: Set<Item>? = nil,
    excluding excluded: Set<Item> = [],
    excludingObserved: Bool = true
  ) -> [RecommendationList<Item>] {
    let limit = Swift.max(0, Swift.min(limit, itemCount))
    let excludedItems = Set(excluded.compactMap { itemIDs.index(of: $0.description) })
    let selection = TopSelection(
      limit: limit,
      excluded: histories.map { Set($0.items.filter { _ in excludingObserved }).union(excludedItems).sorted() },
      allowed: items.map(itemSet))
    let ranked = ranking.topItems(histories[...], selection: selection)
    return zip(histories, zip(ranked, selection.excluded)).map { history, answer in
      let isStranger = history.count == 0
      let top =
        isStranger
        ? popularItems(TopSelection(limit: limit, excluded: [answer.1], allowed: selection.allowed)) : answer.0
      return RecommendationList(basis: isStranger ? .popularity : .history, elements: described(top, for: history))
    }
  }

  private func itemSet(_ items: Set<Item>) -> ItemSet {
    var set = ItemSet(itemCount: itemCount)
    for item in items {
      if let position = itemIDs.index(of: item.description) { set[position] = true }
    }
    return set
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
