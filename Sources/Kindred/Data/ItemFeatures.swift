/// The features of items that a ranker learns from: the labels, and pairs of labels, that several items share.
///
/// A feature weighs ln(n / n_f), with n_f of the n items having it (inverse document frequency), and each item's row
/// has length 1. The features come from the items that users of the training data have taken; a new item is placed by
/// its labels alone.
struct ItemFeatures: Sendable {
  /// The text of each feature: a label, or two labels with a separator between them.
  let texts: Vocabulary
  /// The weight of each feature.
  let weights: Buffer<Float>

  /// The maximum number of features unless another is asked for.
  static var limit: Int { 2048 }

  /// The number of features.
  var count: Int { texts.count }

  /// Chooses the features.
  ///
  /// - Parameters:
  ///   - attributes: The labels of the items.
  ///   - isKnown: Whether each item occurs in the training data; other items do not count.
  ///   - limit: The maximum number of features.
  init(_ attributes: ItemAttributes, ofItems isKnown: [Bool], limit: Int = Self.limit) {
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

  init(texts: Vocabulary, weights: Buffer<Float>) {
    precondition(texts.count == weights.count)
    (self.texts, self.weights) = (texts, weights)
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

  /// A feature as text, such as `genre: Horror`, or `genre: Horror and decade: 1980s`.
  func name(of feature: Int) -> String {
    texts[feature].split(separator: "\u{1F}").joined(separator: " and ")
  }

  /// The row of an item: the features that it has, in rising order, and their values. Its length is 1, or 0 without
  /// features.
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
  func rows(of attributes: ItemAttributes) -> SparseMatrix {
    let rows = (0..<attributes.itemCount).map { item in
      row(ofLabels: attributes.labels(of: item).map { attributes.texts[Int($0)] })
    }
    return SparseMatrix(
      rowCount: rows.count, columnCount: count,
      rows: rows.indices.flatMap { item in rows[item].map { _ in Int32(item) } },
      columns: rows.flatMap { $0.map(\.feature) }, values: rows.flatMap { $0.map(\.value) })
  }
}
