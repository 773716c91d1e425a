/// A model that scores items by their attributes: what the items of a history are like says which attributes suit.
///
/// score_j = Σ_i t_i W t_jᵀ over the items i of the history, with the features t of the items and the weights W of
/// features for each other. An item that nobody has taken has a score like any other.
public struct AttributeModel: Scorer {
  /// The features and their weights.
  let features: ItemFeatures
  /// The features of each item, of shape [items][features].
  let rows: SparseMatrix
  /// The weight that each feature of a history adds to each feature of an item, of shape [features][features].
  let weights: SparseMatrix
  /// The items that nobody has taken, in rising order.
  let newItems: Buffer<Int32>

  init(_ features: ItemFeatures, rows: SparseMatrix, weights: SparseMatrix, newItems: Buffer<Int32>) {
    precondition(rows.columnCount == features.count)
    precondition(weights.rowCount == features.count && weights.columnCount == features.count)
    (self.features, self.rows, self.weights, self.newItems) = (features, rows, weights, newItems)
  }

  public var itemCount: Int { rows.rowCount }

  /// The model with further items, which nobody has taken.
  ///
  /// - Parameter entries: What is known of each item.
  /// - Complexity: O(items · features per item).
  func placing(_ entries: [Catalog.Entry]) -> AttributeModel {
    let added = features.rows(of: ItemAttributes(entries, columns: features.projection?.columns ?? []))
    let (count, cells) = (itemCount + entries.count, Int64(rows.count))
    return AttributeModel(
      features,
      rows: SparseMatrix(
        rowCount: count, columnCount: features.count,
        offsets: Buffer(joining: [Array(rows.offsets), added.offsets.dropFirst().map { $0 + cells }]),
        columns: Buffer(joining: [Array(rows.columns), Array(added.columns)]),
        values: Buffer(joining: [Array(rows.values), Array(added.values)])),
      weights: weights,
      newItems: Buffer(joining: [Array(newItems), Array(Int32(itemCount)..<Int32(count))]))
  }

  /// Scores every item by the weights of its features for those of the history.
  ///
  /// - Complexity: O(items · features per item) per history.
  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    precondition(scores.count == histories.count * itemCount)
    for (place, history) in histories.enumerated() {
      let wanted = wanted(WeightedItems(history, decay: nil))
      rows.products(with: wanted, into: &scores, at: place * itemCount)
    }
  }

  /// The scores of all items for a history of this item alone.
  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    let wanted = wanted(WeightedItems(items: [item]))
    rows.products(with: wanted, into: &scores)
  }

  /// The weight of each feature for the items of a history.
  private func wanted(_ items: WeightedItems) -> [Float] {
    var profile = [Float](repeating: 0, count: features.count)
    for (place, item) in items.items.enumerated() {
      rows.add(row: Int(item), times: items.weights?[place] ?? 1, to: &profile)
    }
    var wanted = [Float](repeating: 0, count: features.count)
    for feature in profile.indices where profile[feature] != 0 {
      weights.add(row: feature, times: profile[feature], to: &wanted)
    }
    return wanted
  }

  /// The attributes of each of some items that suit a history and occur in it, those that add most to the score first.
  func reasons(for items: [Int32], history: History, limit: Int) -> [[AttributeReason]] {
    let wanted = wanted(WeightedItems(history, decay: nil))
    var counts = [Int](repeating: 0, count: features.count)
    for item in history.items where item < itemCount {
      for cell in rows.cells(ofRow: Int(item)) { counts[Int(rows.columns[cell])] += 1 }
    }
    return items.map { item in
      let suiting = rows.cells(ofRow: Int(item)).map { cell in
        (feature: Int(rows.columns[cell]), effect: rows.values[cell] * wanted[Int(rows.columns[cell])])
      }.filter { $0.feature < features.texts.count && $0.effect > 0 && counts[$0.feature] > 0 }
      let total = suiting.reduce(0) { $0 + $1.effect }
      return suiting.sorted { ($1.effect, $0.feature) < ($0.effect, $1.feature) }.prefix(max(0, limit)).map {
        AttributeReason(
          attribute: features.name(ofLabel: $0.feature), itemCount: counts[$0.feature], share: $0.effect / total)
      }
    }
  }

  /// The contributions of the history's items, whose sum is the score.
  ///
  /// - Complexity: O(items · weights + items · history · features per item).
  public func explanations(of items: [Int32], for history: History) -> [Explanation] {
    let scores = scores(history)
    return items.map { item in
      var own = [Float](repeating: 0, count: features.count)
      rows.add(row: Int(item), times: 1, to: &own)
      let pull = (0..<features.count).map { weights.product(ofRow: $0, with: own) }
      let parts = history.items.map { other in
        let contribution = rows.product(ofRow: Int(other), with: pull)
        return Explanation.Part(item: other, contribution: contribution, effect: contribution)
      }
      return Explanation(score: scores[Int(item)], parts: parts)
    }
  }
}

extension AttributeModel {
  public static let kind = ModelKind.attributes

  public init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    let texts = try file.vocabulary("\(prefix)features")
    let features = ItemFeatures(
      texts: texts, weights: try file.floats("\(prefix)feature_weights", count: texts.count),
      projection: try VectorProjection(from: file, at: prefix))
    let count = features.count
    let rows = try file.matrix("\(prefix)rows", columns: count)
    self.init(
      features, rows: rows,
      weights: try file.matrix("\(prefix)weights", rows: count, columns: count),
      newItems: try file.int32s("\(prefix)new_items", in: 0..<Int32(rows.rowCount)))
  }

  public func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)features", to: features.texts)
    file.set("\(prefix)feature_weights", to: features.weights)
    features.projection?.write(to: &file, at: prefix)
    file.set("\(prefix)rows", to: rows)
    file.set("\(prefix)weights", to: weights)
    file.set("\(prefix)new_items", to: newItems)
  }
}

extension VectorProjection {
  /// Reads a projection; nil if the file has none.
  fileprivate init?(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    guard file["\(prefix)components"] != nil else { return nil }
    let names = try file.vocabulary("\(prefix)number_columns")
    let dimensions = try file.int32s(
      "\(prefix)number_dimensions", count: names.count, in: 1..<Int32(ItemVectors.mostNumbers + 1))
    let size = dimensions.reduce(0) { $0 + Int($1) }
    guard size <= ItemVectors.mostNumbers else { throw file.invalid("its items have \(size) numbers") }
    self.init(
      columns: (0..<names.count).map { ItemVectors.Column(name: names[$0], dimension: Int(dimensions[$0])) },
      mean: try file.floats("\(prefix)number_means", count: size),
      components: try file.factors(
        "\(prefix)component_weights", rows: try file.integer("\(prefix)components", in: 1...Self.limit), rank: size))
  }

  fileprivate func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)components", to: count)
    file.set("\(prefix)number_columns", to: Vocabulary(columns.map(\.name)))
    file.set("\(prefix)number_dimensions", to: columns.map { Int32($0.dimension) })
    file.set("\(prefix)number_means", to: mean)
    file.set("\(prefix)component_weights", to: components)
  }
}
