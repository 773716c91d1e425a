/// An item-to-item model: each item of a history adds its weights to the scores of the others.
///
/// score_j = Σ_i (w_ij + ⟨a_i, b_j⟩) over the items i of the history; their values do not matter. The weights w hold
/// linear models such as ``EASE`` and neighbours such as ``ItemKNN``. The low-rank product, if there is one, is the
/// spectral part of ``GraphFilter``. The model keeps nothing about users, so it scores a stranger like a user that it
/// was trained on.
public struct ItemModel: Scorer {
  let weights: ItemWeights
  /// The factors a and b, one row per item; nil without a low-rank product.
  let spectral: (from: Factors, to: Factors)?
  private let scoring: ItemScoring

  init(_ weights: ItemWeights, spectral: (from: Factors, to: Factors)? = nil) {
    self.weights = weights
    self.spectral = spectral
    scoring = ItemScoring(weights, from: spectral?.from, to: spectral?.to)
  }

  /// Creates a model from all weights.
  ///
  /// - Parameter rows: `rows[i][j]` is the weight that item i of a history adds to the score of item j.
  /// - Precondition: Each row has as many weights as there are rows, all finite.
  public init(weights rows: [[Float]]) {
    precondition(rows.allSatisfy { $0.count == rows.count && $0.allSatisfy(\.isFinite) })
    self.init(.dense(Factors(rows: rows, rank: rows.count)))
  }

  /// Creates a model from some weights; all others are 0.
  ///
  /// - Parameters:
  ///   - itemCount: The number of items.
  ///   - weights: The weights, each of which the item `from` of a history adds to the score of the item `to`.
  /// - Precondition: No pair occurs twice, positions are below `itemCount`, and weights are finite.
  /// - Complexity: O(weights · log weights).
  public init(itemCount: Int, weights: [(from: Int32, to: Int32, weight: Float)]) {
    let items = 0..<Int32(itemCount)
    precondition(weights.allSatisfy { items.contains($0.from) && items.contains($0.to) && $0.weight.isFinite })
    let rows = SparseMatrix(
      rowCount: itemCount, columnCount: itemCount, rows: weights.map(\.from), columns: weights.map(\.to),
      values: weights.map(\.weight))
    self.init(.sparse(rows))
  }

  public var itemCount: Int { weights.itemCount }

  /// Scores every item by the sum of the weights from the history's items.
  ///
  /// - Complexity: O(history · items + items · rank) per history; with sparse weights O(weights of the history's items)
  ///   in place of history · items.
  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    scoring.score(histories.map(\.itemsInOrder), into: &scores)
  }

  public func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]] {
    scoring.topItems(histories.map(\.itemsInOrder), selection: selection)
  }

  /// The scores of all items for a history of this item alone.
  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    scoring.score([[item]], into: &scores)
  }

  /// Scores every item without each item in turn, by subtracting the item's weights.
  ///
  /// - Complexity: O(positions · items · rank), without a spectral part O(positions · items).
  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    precondition(scores.count == positions.count * itemCount)
    let whole = self.scores(history)
    scoring.score(history.items[positions].map { [$0] }, into: &scores)
    for row in 0..<positions.count {
      for item in 0..<itemCount { scores[row * itemCount + item] = whole[item] - scores[row * itemCount + item] }
    }
  }

  /// The weights of the history's items, whose sum is the score: contribution and effect of an item are equal.
  ///
  /// - Complexity: O(items · history · rank).
  public func explanations(of items: [Int32], for history: History) -> [Explanation] {
    items.map { item in
      let parts = history.items.map { other in
        var sum = weights.weight(from: other, to: item)
        if let (from, to) = spectral {
          for column in 0..<from.rank { sum += from[Int(other), column] * to[Int(item), column] }
        }
        return Explanation.Part(item: other, contribution: sum, effect: sum)
      }
      return Explanation(score: parts.reduce(0) { $0 + $1.contribution }, parts: parts)
    }
  }
}

extension History {
  /// The items in rising order of their positions, as in training.
  fileprivate var itemsInOrder: [Int32] { items.sorted() }
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
    case let form:
      throw file.invalid("its weights have a form called \(form.quoted), which this version does not know")
    }
    guard file["\(prefix)rank"] != nil else {
      self.init(weights)
      return
    }
    let rank = try file.integer("\(prefix)rank", in: 0...4096)
    self.init(
      weights,
      spectral: (
        try file.factors("\(prefix)from", rows: count, rank: rank),
        try file.factors("\(prefix)to", rows: count, rank: rank)
      ))
  }

  public func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)items", to: itemCount)
    switch weights {
    case .dense(let rows):
      file.set("\(prefix)weights", to: "dense")
      file.set("\(prefix)weights", to: rows)
    case .sparse(let rows):
      file.set("\(prefix)weights", to: "sparse")
      file.set("\(prefix)weights", to: rows)
    }
    if let (from, to) = spectral {
      file.set("\(prefix)rank", to: from.rank)
      file.set("\(prefix)from", to: from)
      file.set("\(prefix)to", to: to)
    }
  }
}
