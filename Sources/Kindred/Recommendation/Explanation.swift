/// An explanation of an item's score: the contribution and the effect of each item of the history.
///
/// The contributions and the baseline add up to the score. The effect of an item is the decrease of the score without
/// it. Without an item the model weighs the others anew, so an item can contribute much and have no effect.
public struct Explanation: Sendable, Equatable {
  /// The contribution and the effect of one item of the history.
  public struct Part: Sendable, Equatable {
    /// The item's position.
    public var item: Int32
    /// The item's summand of the score; negative if the item lowers it.
    public var contribution: Float
    /// The decrease of the score without the item in the history; negative if the score increases.
    public var effect: Float

    /// Creates a part.
    ///
    /// If a score is a plain sum over the history, an item's effect equals its contribution.
    ///
    /// - Parameters:
    ///   - item: The item's position.
    ///   - contribution: The item's summand of the score.
    ///   - effect: The decrease of the score without the item in the history.
    public init(item: Int32, contribution: Float, effect: Float) {
      self.item = item
      self.contribution = contribution
      self.effect = effect
    }
  }

  /// The score less the contributions: means, biases, and what the history does not explain.
  public let baseline: Float
  /// One part for each item of the history, in its order.
  public let parts: [Part]

  /// Creates an explanation, whose baseline is the score less the contributions.
  ///
  /// - Parameters:
  ///   - score: The score to explain.
  ///   - parts: One part per item of the history, in its order.
  public init(score: Float, parts: [Part]) {
    baseline = score - parts.reduce(0) { $0 + $1.contribution }
    self.parts = parts
  }

  /// The score that is explained.
  public var score: Float { parts.reduce(baseline) { $0 + $1.contribution } }

  /// The parts with a positive effect, the greatest first; empty if there are none.
  public var reasons: [Part] {
    // An effect below the rounding error of the score's summands counts as none.
    let rounding = 1e-6 * parts.reduce(abs(baseline)) { $0 + abs($1.contribution) }
    return parts.filter { $0.effect > rounding }.sorted { ($1.effect, $0.item) < ($0.effect, $1.item) }
  }
}

/// An item of a user's history that is a reason for a recommendation.
public struct Reason<ItemID: Identifier>: Sendable, Equatable {
  /// The item.
  public var item: ItemID
  /// The share of the item's effect in the sum of the effects of all reasons, from 0 to 1.
  public var share: Float
}

/// An attribute of an item that is a reason for recommending it, since items of the user's history have it too.
public struct AttributeReason: Sendable, Equatable {
  /// The attribute, such as `genre: Horror`, or two, such as `genre: Horror and decade: 1980s`.
  public var attribute: String
  /// The number of items of the history that have the attribute; at least 1.
  public var itemCount: Int
  /// The share of the attribute in what all such attributes add to the score, from 0 to 1.
  public var share: Float
}

extension Recommender {
  /// The attributes of each item of a list that the model recommends it for, the strongest first.
  ///
  /// - Parameters:
  ///   - items: The items.
  ///   - history: The history.
  ///   - limit: The maximum number of attributes per item.
  /// - Returns: The attributes of each item, in order of `items`; none for an unknown item, and where the ranking model
  ///   does not weigh attributes.
  /// - Complexity: O(history · features per item + features² + items · features per item).
  public func attributeReasons(for items: [ItemID], history: History, limit: Int = 2) -> [[AttributeReason]] {
    guard let blend = rankingModel as? BlendModel else { return items.map { _ in [] } }
    let positions = items.map { position(of: $0) }
    var found = blend.attributeReasons(
      for: positions.compactMap { $0 }, history: rankingHistory(history), limit: limit
    ).makeIterator()
    return positions.map { $0 == nil ? [] : found.next() ?? [] }
  }

  /// The items of a history with the greatest positive effects on an item's score, the greatest first.
  ///
  /// - Parameters:
  ///   - item: The item.
  ///   - history: The history.
  ///   - limit: The maximum number of reasons.
  /// - Returns: The reasons; empty for an unknown item, and if no item of the history has a positive effect.
  /// - Complexity: O(history · rank² + rank³) per factor model; a blend scores all items without each item of the
  ///   history.
  public func reasons(for item: ItemID, history: History, limit: Int = 3) -> [Reason<ItemID>] {
    reasons(for: [item], history: history, limit: limit)[0]
  }

  /// The reasons for each item of a list, faster than one item at a time.
  ///
  /// - Parameters:
  ///   - items: The items.
  ///   - history: The history.
  ///   - limit: The maximum number of reasons per item.
  /// - Returns: The reasons of each item, in order of `items`.
  /// - Complexity: O(history · rank² + rank³) per item and factor model; a blend scores all items without each item of
  ///   the history, once for all of `items`.
  public func reasons(for items: [ItemID], history: History, limit: Int = 3) -> [[Reason<ItemID>]] {
    let positions = items.map { position(of: $0) }
    let explanations = rankingModel.explanations(of: positions.compactMap { $0 }, for: rankingHistory(history))
    var explained = explanations.makeIterator()
    return positions.map { position in
      guard position != nil, let reasons = explained.next()?.reasons else { return [] }
      let total = reasons.reduce(0) { $0 + $1.effect }
      return reasons.prefix(max(0, limit)).map { Reason(item: item(at: $0.item), share: $0.effect / total) }
    }
  }
}
