/// Why an item has its score: what each item of the history adds to it, and what the score would lose without it.
///
/// The contributions and the baseline add up to the score. What the score would lose is another matter: without an item of the history
/// the others are weighed anew. A film that the others had already spoken for can add much and cost nothing.
public struct Explanation: Sendable, Equatable {
  /// What one item of the history does to the score.
  public struct Part: Sendable, Equatable {
    /// The item's position.
    public var item: Int32
    /// What it adds to the score; negative if it speaks against.
    public var contribution: Float
    /// How much lower the score would be, were the item not in the history; negative if it would be higher.
    public var effect: Float

    /// Creates a part. Where a score is a plain sum over the history, an item's effect is its contribution.
    public init(item: Int32, contribution: Float, effect: Float) {
      self.item = item
      self.contribution = contribution
      self.effect = effect
    }
  }

  /// What the score would be without the contributions: means, biases, and what the history cannot explain.
  public let baseline: Float
  /// One part for each item of the history, in its order.
  public let parts: [Part]

  /// Creates an explanation whose baseline is what the contributions leave of the score.
  public init(score: Float, parts: [Part]) {
    baseline = score - parts.reduce(0) { $0 + $1.contribution }
    self.parts = parts
  }

  /// The score that is explained.
  public var score: Float { parts.reduce(baseline) { $0 + $1.contribution } }

  /// The parts without which the score would be lower, the one that would be missed most first; empty where there are none.
  public var reasons: [Part] {
    // An effect below the rounding of the numbers that make up the score is none.
    let rounding = 1e-6 * parts.reduce(abs(baseline)) { $0 + abs($1.contribution) }
    return parts.filter { $0.effect > rounding }.sorted { ($1.effect, $0.item) < ($0.effect, $1.item) }
  }
}

/// An item of a user's history that speaks for a recommendation.
public struct Reason<ItemID: Identifier>: Sendable, Equatable {
  /// The item.
  public var item: ItemID
  /// Its share of what the score would lose without each of its reasons; the shares of a full list of reasons sum to 1.
  public var share: Float
}

extension Recommender {
  /// The items of a history that speak most for an item, the strongest first; empty where none does.
  ///
  /// The strongest is the one without which the item's score falls most; one without which it would not fall is no reason. O(history ·
  /// rank² + rank³) for each model of factors; a blend scores all items without each of the history's.
  public func reasons(for item: ItemID, history: History, limit: Int = 3) -> [Reason<ItemID>] {
    reasons(for: [item], history: history, limit: limit)[0]
  }

  /// The reasons for each item of a list, together faster than one by one.
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
