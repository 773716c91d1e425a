/// Rules for the items of a list, and for its diversity.
public struct ListRules<ItemID: Identifier>: Sendable {
  /// The only items to choose from; nil allows all.
  public var restrictingTo: Set<ItemID>?
  /// Items to leave out.
  public var excluding: Set<ItemID> = []
  /// The positions of further items to leave out; ids that are texts are not told apart by their bytes in a set.
  package var excludingPositions: [Int32] = []
  /// The positions of the only items to choose from, besides ``restrictingTo``; nil allows all.
  package var restrictingToPositions: [Int32]?
  /// Whether items of the user's history are left out.
  public var excludingObserved = true
  /// Whether items that are hidden in the catalog are left out.
  public var excludingHidden = true
  /// The genres of which an item must have one, in any case; empty allows all.
  public var genres: Set<String> = []
  /// The values that an item's attributes must have, by name.
  public var attributes: [String: String] = [:]
  /// The minimum number of users that an item must have in the training data; 0 or more.
  public var minimumRatings = 0
  /// The weight of diversity against that of the scores: 0 orders by scores alone, 1 by diversity alone.
  public var diversity: Float = 0
  /// The share of the places of a list, from 0 to 1, for items that nobody had taken when the model was trained; nil
  /// orders all items by their scores.
  public var explore: Float?

  /// Creates rules that leave out hidden items and those of the user's history.
  public init() {}
}

/// A rule that removed items from a list.
///
/// - `observed`: The item is in the user's history.
/// - `hidden`: The item is hidden in the catalog.
/// - `excluded`: The item is in ``ListRules/excluding``.
/// - `notAmongThose`: The item is not in ``ListRules/restrictingTo``.
/// - `genre`: The item has none of ``ListRules/genres``.
/// - `attribute`: An attribute of the item differs from ``ListRules/attributes``.
/// - `minimumRatings`: The item has fewer users than ``ListRules/minimumRatings``.
public enum ListRule: String, CaseIterable, Sendable {
  case observed, hidden, excluded, notAmongThose = "not among those", genre, attribute, minimumRatings =
    "minimum ratings"
}

extension Recommender {
  /// The items that rules allow for all users, nil for all items, and the number of items that each rule removed.
  func allowedItems(_ rules: ListRules<ItemID>) -> (allowed: ItemSet?, removed: [ListRule: Int]) {
    var removed: [ListRule: Int] = [:]
    let restricted = restrictedItems(rules)
    let excluded = excludedItems(rules)
    let hidden = rules.excludingHidden && !hiddenItems.isEmpty ? hiddenItems : []
    guard
      restricted != nil || excluded != nil || !hidden.isEmpty || !rules.genres.isEmpty || !rules.attributes.isEmpty
        || rules.minimumRatings > 0
    else { return (nil, [:]) }
    let genres = Set(rules.genres.map { $0.lowercased() })
    var allowed = ItemSet(itemCount: itemCount)
    for item in 0..<Int32(itemCount) {
      let broken = brokenRule(item, rules, genres, restricted, excluded)
      if let broken { removed[broken, default: 0] += 1 } else { allowed[item] = true }
    }
    for item in hidden where allowed[item] {
      removed[.hidden, default: 0] += 1
      allowed[item] = false
    }
    return (allowed, removed)
  }

  private func brokenRule(
    _ item: Int32, _ rules: ListRules<ItemID>, _ genres: Set<String>, _ restricted: ItemSet?, _ excluded: ItemSet?
  ) -> ListRule? {
    if let restricted, !restricted[item] { return .notAmongThose }
    if let excluded, excluded[item] { return .excluded }
    if Int(popularity[Int(item)]) < rules.minimumRatings { return .minimumRatings }
    guard !genres.isEmpty || !rules.attributes.isEmpty else { return nil }
    let entry = itemCatalog[itemIDs[Int(item)]]
    if !genres.isEmpty, !(entry?.genres.contains { genres.contains($0.lowercased()) } ?? false) { return .genre }
    if !rules.attributes.allSatisfy({ entry?.attributes[$0.key] == $0.value }) { return .attribute }
    return nil
  }

  private func restrictedItems(_ rules: ListRules<ItemID>) -> ItemSet? {
    let ids = rules.restrictingTo?.compactMap { itemIDs.index(of: $0.description) }
    guard let ids, let positions = rules.restrictingToPositions else {
      return (ids ?? rules.restrictingToPositions).map(itemSet)
    }
    return itemSet(Set(ids).intersection(positions))
  }

  private func excludedItems(_ rules: ListRules<ItemID>) -> ItemSet? {
    let positions = rules.excludingPositions + rules.excluding.compactMap { itemIDs.index(of: $0.description) }
    return positions.isEmpty ? nil : itemSet(positions)
  }

  private func itemSet(_ positions: some Sequence<Int32>) -> ItemSet {
    var set = ItemSet(itemCount: itemCount)
    for position in positions { set[position] = true }
    return set
  }

  /// Orders candidates by maximal marginal relevance: each next item has a high score and a low similarity to those
  /// before it (Carbonell, Goldstein 1998, <https://doi.org/10.1145/290941.291025>).
  ///
  /// - Parameters:
  ///   - candidates: The items to choose from, the best first.
  ///   - limit: The maximum number of items.
  ///   - diversity: The weight of dissimilarity, from 0 to 1.
  /// - Complexity: O(limit · items · rank).
  func diversified(_ candidates: [ScoredItem], limit: Int, diversity: Float) -> [ScoredItem] {
    guard diversity > 0, let best = candidates.first, let worst = candidates.last else {
      return Array(candidates.prefix(limit))
    }
    let range = Swift.max(best.score - worst.score, .leastNormalMagnitude)
    var open = candidates
    var closeness = [Float](repeating: 0, count: open.count)
    var chosen: [ScoredItem] = []
    var similarities = [Float](repeating: 0, count: itemCount)
    while chosen.count < limit, !open.isEmpty {
      let value = { (place: Int) in
        (1 - diversity) * (open[place].score - worst.score) / range - diversity * closeness[place]
      }
      guard let next = open.indices.max(by: { (value($0), $1) < (value($1), $0) }) else { break }
      let item = open.remove(at: next)
      closeness.remove(at: next)
      chosen.append(item)
      var span = similarities.mutableSpan
      rankingModel.similarities(to: item.item, into: &span)
      for place in open.indices { closeness[place] = Swift.max(closeness[place], similarities[Int(open[place].item)]) }
    }
    return chosen
  }
}
