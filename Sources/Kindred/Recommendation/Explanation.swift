/// Why an item has its score: what each item of the history adds to it.
///
/// The parts and the baseline add up to the score.
public struct Explanation: Sendable, Equatable {
  /// What one item of the history adds.
  public struct Part: Sendable, Equatable {
    /// The item's position.
    public var item: Int32
    /// What it adds to the score; negative if it speaks against.
    public var contribution: Float

    /// Creates a part.
    public init(item: Int32, contribution: Float) {
      self.item = item
      self.contribution = contribution
    }
  }

  /// What the score would be without the parts: means, biases, and what the history cannot explain.
  public let baseline: Float
  /// One part for each item of the history.
  public let parts: [Part]

  /// Creates an explanation whose baseline is what the parts leave of the score.
  public init(score: Float, parts: [Part]) {
    baseline = score - parts.reduce(0) { $0 + $1.contribution }
    self.parts = parts
  }

  /// The score that is explained.
  public var score: Float { parts.reduce(baseline) { $0 + $1.contribution } }
}

/// An item of a person's history that speaks for a recommendation.
public struct Reason<Item: Identifier>: Sendable, Equatable {
  /// The item.
  public var item: Item
  /// Its share of all that the history adds in favour; the shares of a full list of reasons sum to 1.
  public var share: Float
}

extension Recommender {
  /// The items of a history that speak most for an item, the strongest first; empty where none does.
  ///
  /// Each one holds up when it is tried: without it in the history the item's score is lower. O(limit · one scoring of the items).
  public func reasons(for item: Item, history: History, limit: Int = 3) -> [Reason<Item>] {
    guard let position = itemIDs.index(of: item.description), limit > 0 else { return [] }
    let history = rankingHistory(history)
    let explanation = ranking.explanation(of: position, for: history)
    let inFavour = explanation.parts.filter { $0.contribution > 0 }
    let total = inFavour.reduce(0) { $0 + $1.contribution }
    var reasons: [Reason<Item>] = []
    for part in inFavour.sorted(by: { ($1.contribution, $0.item) < ($0.contribution, $1.item) }).prefix(limit * 4) {
      var shorter = history
      shorter.remove(part.item)
      guard ranking.scores(shorter)[Int(position)] < explanation.score else { continue }
      reasons.append(Reason(item: self.item(at: part.item), share: part.contribution / total))
      if reasons.count == limit { break }
    }
    return reasons
  }
}
