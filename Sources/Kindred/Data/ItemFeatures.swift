/// The features of items that a ranker learns from: the labels, and pairs of labels, that several items share, then the
/// leading principal components of their lists of numbers.
///
/// A label weighs ln(n / n_f), with n_f of the n items having it (inverse document frequency). The labels of an item's
/// row have length 1, and so have its components. The features come from the items that users of the training data have
/// taken; a new item is placed by its own labels and numbers.
struct ItemFeatures: Sendable {
  /// The text of each label, or of two labels with a separator between them.
  let texts: Vocabulary
  /// The weight of each label.
  let weights: Buffer<Float>
  /// The projection of lists of numbers; nil if there are none.
  let projection: VectorProjection?

  /// The maximum number of features unless another is asked for.
  static var limit: Int { 2048 }

  /// The number of features.
  var count: Int { texts.count + (projection?.count ?? 0) }

  /// Chooses the features.
  ///
  /// - Parameters:
  ///   - attributes: The labels and numbers of the items.
  ///   - isKnown: Whether each item occurs in the training data; other items do not count.
  ///   - limit: The maximum number of features.
  init(_ attributes: ItemAttributes, ofItems isKnown: [Bool], limit: Int = Self.limit, using parallel: Parallel) {
    projection = attributes.vectors.flatMap { VectorProjection($0, ofItems: isKnown, using: parallel) }
    let limit = max(0, limit - (projection?.count ?? 0))
    let items = isKnown.indices.filter { isKnown[$0] }
    var counts = [Int32](repeating: 0, count: attributes.texts.count)
    for item in items { for label in attributes.labels(of: item) { counts[Int(label)] += 1 } }
    let order = { (left: (count: Int32, text: String), right: (count: Int32, text: String)) in
      left.count != right.count ? left.count > right.count : left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
    let shared = { (count: Int32, least: Int32) in count >= least && Int(count) < items.count }
    var chosen = counts.indices.filter { shared(counts[$0], Self.leastItemsOfLabel) }.map {
      (count: counts[$0], text: attributes.texts[$0])
    }.sorted(by: order)
    chosen.removeLast(max(0, chosen.count - limit * 3 / 4))
    var pairs: [UInt64: Int32] = [:]
    for item in items {
      Self.forEachPair(attributes.labels(of: item), of: attributes.texts) { first, second in
        guard shared(counts[Int(first)], Self.leastItemsOfPair), shared(counts[Int(second)], Self.leastItemsOfPair)
        else { return }
        pairs[UInt64(min(first, second)) << 32 | UInt64(max(first, second)), default: 0] += 1
      }
    }
    let chosenPairs = pairs.filter { shared($0.value, Self.leastItemsOfPair) }.map { pair in
      (
        count: pair.value,
        text: Self.pair(attributes.texts[Int(pair.key >> 32)], attributes.texts[Int(pair.key & 0xffff_ffff)])
      )
    }.sorted(by: order)
    chosen += chosenPairs.prefix(limit - chosen.count)
    var texts = Vocabulary()
    for (_, text) in chosen { _ = texts.insert(text) }
    self.texts = texts
    weights = Buffer(chosen.map { Float(RandomStream.logarithm(Double(items.count) / Double($0.count))) })
  }

  init(texts: Vocabulary, weights: Buffer<Float>, projection: VectorProjection? = nil) {
    precondition(texts.count == weights.count)
    (self.texts, self.weights, self.projection) = (texts, weights, projection)
  }

  /// The least number of items that share a label.
  private static var leastItemsOfLabel: Int32 { 2 }
  /// The least number of items that share a pair of labels; rarer pairs say too little beside their labels.
  private static var leastItemsOfPair: Int32 { 10 }
  /// The number of an item's labels that are paired.
  private static var mostPairedLabels: Int { 16 }

  private static func pair(_ first: String, _ second: String) -> String {
    first.utf8.lexicographicallyPrecedes(second.utf8) ? "\(first)\u{1F}\(second)" : "\(second)\u{1F}\(first)"
  }

  /// Calls `body` with each pair of an item's labels but for words of titles, whose pairs are too rare.
  private static func forEachPair(_ labels: ArraySlice<Int32>, of texts: Vocabulary, _ body: (Int32, Int32) -> Void) {
    let named = labels.map { (label: $0, text: texts[Int($0)]) }
    let paired = named.filter { !$0.text.hasPrefix("\(Catalog.Entry.wordColumn): ") }.sorted {
      $0.text.utf8.lexicographicallyPrecedes($1.text.utf8)
    }.prefix(mostPairedLabels)
    for (place, first) in paired.enumerated() {
      for second in paired.dropFirst(place + 1) { body(first.label, second.label) }
    }
  }

  /// A label as text, such as `genre: Horror`, or `genre: Horror and decade: 1980s`.
  func name(ofLabel feature: Int) -> String {
    texts[feature].split(separator: "\u{1F}").joined(separator: " and ")
  }

  /// The labels that an item has, in rising order, and their values. Their length is 1, or 0 without labels.
  func row(ofLabels labels: [String]) -> [(feature: Int32, value: Float)] {
    let own = ItemAttributes([labels])
    var features = Set(labels.compactMap { texts.index(of: $0) })
    Self.forEachPair(own.labels(of: 0), of: own.texts) { first, second in
      if let feature = texts.index(of: Self.pair(own.texts[Int(first)], own.texts[Int(second)])) {
        features.insert(feature)
      }
    }
    let row = features.sorted().map { (feature: $0, value: weights[Int($0)]) }
    let length = row.reduce(0) { $0 + $1.value * $1.value }.squareRoot()
    return length > 0 ? row.map { ($0.feature, $0.value / length) } : []
  }

  /// The rows of items, of shape [items][features].
  func rows(of attributes: ItemAttributes, using parallel: Parallel = Parallel(threads: 1)) -> SparseMatrix {
    let rows = parallel.map(attributes.itemCount) { item in
      let numbers = attributes.vectors.flatMap { projection?.row(of: $0, item: item) } ?? []
      return row(ofLabels: attributes.labels(of: item).map { attributes.texts[Int($0)] })
        + numbers.enumerated().map { (feature: Int32(texts.count + $0), value: $1) }
    }
    return SparseMatrix(
      rowCount: rows.count, columnCount: count,
      rows: rows.indices.flatMap { item in rows[item].map { _ in Int32(item) } },
      columns: rows.flatMap { $0.map(\.feature) }, values: rows.flatMap { $0.map(\.value) })
  }
}
