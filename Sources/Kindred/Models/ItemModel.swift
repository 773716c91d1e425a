/// An item-to-item model: each item of a history adds its weights to the scores of the others.
///
/// score_j = Σ_i c_i (w_ij + ⟨a_i, b_j⟩) over the items i of the history. The weights w hold linear models such as
/// ``EASE`` and ``NextItem``, and neighbours such as ``ItemKNN``. The low-rank product, if there is one, is the
/// spectral part of ``GraphFilter``. With a ``HistoryDecay`` c falls with the age of an item's events; without one c is
/// 1 for each item, and their order does not matter. With a second, slow decay each item has two rows of weights, one
/// per decay, and both are added. Disliked items count with a negative c. The model keeps nothing about users, so it
/// scores a stranger like a user that it was trained on.
public struct ItemModel: Scorer {
  let weights: ItemWeights
  /// The factors a and b, one row per item; nil without a low-rank product.
  let spectral: (from: Factors, to: Factors)?
  /// The weights of a history's items by age; nil if all items count alike.
  public let decay: HistoryDecay?
  /// The weights by age of a history's items for their second rows of weights; nil if there are none.
  public let slowDecay: HistoryDecay?
  /// The weights by age, for each block of rows; nil if all items count alike.
  private let weightsByAge: [[Float]?]
  private let scoring: ItemScoring

  init(
    _ weights: ItemWeights, spectral: (from: Factors, to: Factors)? = nil, decay: HistoryDecay? = nil,
    slowDecay: HistoryDecay? = nil
  ) {
    precondition(weights.rowCount == weights.itemCount * (slowDecay == nil ? 1 : 2))
    self.weights = weights
    self.decay = decay
    self.slowDecay = slowDecay
    weightsByAge = [decay?.weights] + (slowDecay.map { [$0.weights] } ?? [])
    self.spectral = spectral
    scoring = ItemScoring(weights, from: spectral?.from, to: spectral?.to)
  }

  /// Creates a model from all weights.
  ///
  /// - Parameters:
  ///   - rows: `rows[i][j]` is the weight that item i of a history adds to the score of item j.
  ///   - decay: The weights of a history's items by age; nil if all items count alike.
  /// - Precondition: Each row has as many weights as there are rows, all finite.
  public init(weights rows: [[Float]], decay: HistoryDecay? = nil) {
    precondition(rows.allSatisfy { $0.count == rows.count && $0.allSatisfy(\.isFinite) })
    self.init(.dense(Factors(rows: rows, rank: rows.count)), decay: decay)
  }

  /// Creates a model from some weights; all others are 0.
  ///
  /// - Parameters:
  ///   - itemCount: The number of items.
  ///   - weights: The weights, each of which the item `from` of a history adds to the score of the item `to`.
  ///   - decay: The weights of a history's items by age; nil if all items count alike.
  /// - Precondition: No pair occurs twice, positions are below `itemCount`, and weights are finite.
  /// - Complexity: O(weights · log weights).
  public init(
    itemCount: Int, weights: [(from: Int32, to: Int32, weight: Float)], decay: HistoryDecay? = nil
  ) {
    let items = 0..<Int32(itemCount)
    precondition(weights.allSatisfy { items.contains($0.from) && items.contains($0.to) && $0.weight.isFinite })
    let rows = SparseMatrix(
      rowCount: itemCount, columnCount: itemCount, rows: weights.map(\.from), columns: weights.map(\.to),
      values: weights.map(\.weight))
    self.init(.sparse(rows), decay: decay)
  }

  public var itemCount: Int { weights.itemCount }

  /// The same weights with another decay.
  func decaying(_ decay: HistoryDecay?) -> ItemModel { ItemModel(weights, spectral: spectral, decay: decay) }

  private func summands(_ history: History) -> WeightedItems {
    var rows = WeightedItems(history, decay: weightsByAge[0])
    for (block, decay) in weightsByAge.enumerated().dropFirst() {
      rows.append(WeightedItems(history, decay: decay), shiftedBy: Int32(block * itemCount))
    }
    return rows
  }

  /// The rows of weights of one item, each with the weight 1.
  private func summands(_ item: Int32) -> WeightedItems {
    WeightedItems(items: rows(of: item))
  }

  /// The rows of weights of an item.
  private func rows(of item: Int32) -> [Int32] { weightsByAge.indices.map { item + Int32($0 * itemCount) } }

  /// Scores every item by the sum of the weights from the history's items.
  ///
  /// - Complexity: O(history · items + items · rank) per history; with sparse weights O(weights of the history's items)
  ///   in place of history · items.
  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    scoring.score(histories.map(summands), into: &scores)
  }

  public func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]] {
    scoring.topItems(histories.map(summands), selection: selection)
  }

  /// The scores of all items for a history of this item alone.
  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    scoring.score([summands(item)], into: &scores)
  }

  /// Scores every item without each item in turn, by subtracting the item's weights.
  ///
  /// With a decay the other items become younger without an item, so the shorter histories are scored.
  ///
  /// - Complexity: O(positions · items · rank), without a spectral part O(positions · items).
  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    precondition(scores.count == positions.count * itemCount)
    if decay != nil { return score(history.withoutEach(of: positions)[...], into: &scores) }
    let whole = self.scores(history)
    scoring.score(history.items[positions].map(summands), into: &scores)
    for row in 0..<positions.count {
      for item in 0..<itemCount { scores[row * itemCount + item] = whole[item] - scores[row * itemCount + item] }
    }
  }

  /// The weighted weights of the history's items, whose sum is the score but for the disliked items, which the baseline
  /// holds. Without a decay the contribution and the effect of an item are equal.
  ///
  /// - Complexity: O(items · history · rank), with a decay O(items · history · (rank + steps of the decay)).
  public func explanations(of items: [Int32], for history: History) -> [Explanation] {
    let summands = summands(history)
    let places = Dictionary(summands.items.enumerated().map { ($1, $0) }) { first, _ in first }
    let shorter = decay == nil ? [] : history.withoutEach(of: 0..<history.count).map(self.summands)
    let others = Set(shorter.flatMap(\.items)).union(summands.items)
    return items.map { item in
      // The shorter histories share their items, so each weight is found once.
      let weights = Dictionary(uniqueKeysWithValues: others.map { ($0, weight(from: $0, to: item)) })
      let score = summands.sum { weights[$0, default: 0] }
      // Without dislikes the score is the sum of the parts in their order, to the last bit.
      let hasBaseline = history.dislikeWeight > 0 && !history.disliked.isEmpty
      let parts = history.items.enumerated().map { position, other in
        let contribution = rows(of: other).reduce(Float(0)) { sum, row in
          guard let place = places[row] else { return sum }
          return sum + (summands.weights?[place] ?? 1) * weights[row, default: 0]
        }
        let effect = decay == nil ? contribution : score - shorter[position].sum { weights[$0, default: 0] }
        return Explanation.Part(item: other, contribution: contribution, effect: effect)
      }
      let total = parts.reduce(0) { $0 + $1.contribution }
      return Explanation(score: hasBaseline ? score : total, parts: parts)
    }
  }

  private func weight(from other: Int32, to item: Int32) -> Float {
    // `other` is a row of weights; those with a spectral part have one row per item.
    var sum = weights.weight(from: other, to: item)
    if let (from, to) = spectral {
      for column in 0..<from.rank { sum += from[Int(other), column] * to[Int(item), column] }
    }
    return sum
  }
}

extension ItemModel {
  public static let kind = ModelKind.items

  public init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    let count = try file.integer("\(prefix)items", in: 0...Int(Int32.max))
    let weights: ItemWeights
    switch try file.text("\(prefix)weights") {
    case "dense":
      weights = .dense(try file.factors("\(prefix)weights", rows: count, rank: count))
    case "sparse":
      weights = .sparse(try file.matrix("\(prefix)weights", rows: count, columns: count))
    case "sparse of two rates":
      weights = .sparse(try file.matrix("\(prefix)weights", rows: 2 * count, columns: count))
    case let form:
      throw file.invalid("its weights have a form called \(form.quoted), which this version does not know")
    }
    var decay: HistoryDecay?
    if file["\(prefix)half_life"] != nil {
      let read = HistoryDecay(
        halfLife: try file.number("\(prefix)half_life", as: Float.self),
        slowHalfLife: try file.number("\(prefix)slow_half_life", as: Float.self),
        slowShare: try file.number("\(prefix)slow_share", as: Float.self))
      guard read.isValid else { throw file.invalid("the decay of its histories is out of range") }
      decay = read
    }
    if weights.rowCount > count {
      guard let both = decay else { throw file.invalid("it has weights for two rates and no decay") }
      self.init(
        weights, decay: HistoryDecay(halfLife: both.halfLife), slowDecay: HistoryDecay(halfLife: both.slowHalfLife))
      return
    }
    guard file["\(prefix)rank"] != nil else {
      self.init(weights, decay: decay)
      return
    }
    let rank = try file.integer("\(prefix)rank", in: 0...4096)
    self.init(
      weights,
      spectral: (
        try file.factors("\(prefix)from", rows: count, rank: rank),
        try file.factors("\(prefix)to", rows: count, rank: rank)
      ), decay: decay)
  }

  public func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)items", to: itemCount)
    switch weights {
    case .dense(let rows):
      file.set("\(prefix)weights", to: "dense")
      file.set("\(prefix)weights", to: rows)
    case .sparse(let rows):
      file.set("\(prefix)weights", to: slowDecay == nil ? "sparse" : "sparse of two rates")
      file.set("\(prefix)weights", to: rows)
    }
    if let decay {
      file.set("\(prefix)half_life", to: decay.halfLife)
      file.set("\(prefix)slow_half_life", to: slowDecay?.halfLife ?? decay.slowHalfLife)
      file.set("\(prefix)slow_share", to: decay.slowShare)
    }
    if let (from, to) = spectral {
      file.set("\(prefix)rank", to: from.rank)
      file.set("\(prefix)from", to: from)
      file.set("\(prefix)to", to: to)
    }
  }
}
