/// A weighted sum of models' standardised scores: models with different errors rank better together.
///
/// For each history, each part's scores are brought to mean 0 and deviation 1 over all items, so that their units do
/// not matter. An item that nobody has taken is placed by an ``AttributeModel`` among the parts, as if the other parts
/// half agreed with it.
public struct BlendModel: Scorer {
  /// A model with the weight of its standardised scores.
  public struct Part: Sendable {
    /// The weight of the scores.
    public var weight: Float
    /// The model.
    public var scorer: any Scorer

    /// Creates a part.
    ///
    /// - Parameters:
    ///   - weight: The weight of the model's standardised scores.
    ///   - scorer: The model.
    public init(weight: Float, scorer: any Scorer) {
      self.weight = weight
      self.scorer = scorer
    }
  }

  /// The models that are summed.
  public let parts: [Part]
  public let itemCount: Int
  /// The part that places items that nobody has taken; nil if there is none, or no such item.
  private let placing: (part: Int, model: AttributeModel)?

  /// Creates a blend.
  ///
  /// A file holds blends of at most 16 parts, none of which is a blend.
  ///
  /// - Parameter parts: The models with their weights.
  /// - Precondition: There is at least one part, and all score the same number of items.
  public init(_ parts: [Part]) {
    precondition(!parts.isEmpty && parts.allSatisfy { $0.scorer.itemCount == parts[0].scorer.itemCount })
    self.init(parts, itemCount: parts[0].scorer.itemCount)
  }

  private init(_ parts: [Part], itemCount: Int) {
    self.parts = parts
    self.itemCount = itemCount
    placing =
      parts.indices.lazy.compactMap { part in
        (parts[part].scorer as? AttributeModel).flatMap { $0.newItems.isEmpty ? nil : (part, $0) }
      }.first
  }

  /// The blend with further items, which nobody has taken; nil if no part is an ``AttributeModel``.
  ///
  /// The other parts keep the number of items that they know.
  ///
  /// - Parameter entries: What is known of each item.
  /// - Complexity: O(items).
  func placing(_ entries: [Catalog.Entry]) -> BlendModel? {
    guard let part = parts.firstIndex(where: { $0.scorer is AttributeModel }),
      let model = (parts[part].scorer as? AttributeModel)?.placing(entries)
    else { return nil }
    var parts = parts
    parts[part].scorer = model
    return BlendModel(parts, itemCount: model.itemCount)
  }

  /// The number of items that every part knows; those behind them were placed by their attributes.
  var knownItemCount: Int { parts.map(\.scorer.itemCount).min() ?? 0 }

  /// The weight of the attributes' standardised score for an item that nobody has taken.
  private var placingWeight: Float { Self.agreement * parts.reduce(0) { $0 + $1.weight } }

  /// The share of the attributes' standardised score that stands for those of the other parts.
  private static var agreement: Float { 0.6 }

  /// Scores every item by the weighted sum of the parts' standardised scores.
  ///
  /// - Complexity: The sum of the parts' complexities.
  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    blend(histories.map(hasNewItemsAlone), into: &scores) { part, own in
      var span = own.mutableSpan
      part.score(histories.keeping(itemsBelow: part.itemCount), into: &span)
    }
  }

  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    guard history.items.allSatisfy({ $0 < knownItemCount }), !hasNewItemsAlone(history) else {
      return score(history.withoutEach(of: positions)[...], into: &scores)
    }
    blend(positions.map { _ in false }, into: &scores) { part, own in
      var span = own.mutableSpan
      part.score(history, withoutEachOf: positions, into: &span)
    }
  }

  /// Whether only attributes say something about a history, since nobody had taken its items.
  private func hasNewItemsAlone(_ history: History) -> Bool {
    placing != nil && history.count > 0 && history.items.allSatisfy(isNew)
  }

  /// Fills rows of scores with the weighted sum of the parts' scores, each row of each part standardised.
  ///
  /// - Parameter isPlaced: Whether attributes alone say something about the history of each row.
  private func blend(
    _ isPlaced: [Bool], into scores: inout MutableSpan<Float>, _ score: (any Scorer, inout [Float]) -> Void
  ) {
    for index in scores.indices { scores[index] = 0 }
    let (rows, known) = (scores.count / max(1, itemCount), knownItemCount)
    var own: [Float] = []
    let others = parts.indices.filter { parts[$0].weight > 0 && $0 != placing?.part }
    for part in others + (placing.map { [$0.part] } ?? []) {
      let count = parts[part].scorer.itemCount
      if own.count != rows * count { own = [Float](repeating: 0, count: rows * count) }
      score(parts[part].scorer, &own)
      for row in 0..<rows {
        let (from, to) = (row * count, row * itemCount)
        // Placed items do not change the scores of the others.
        let standard = Standardization(own[from..<(from + known)])
        let weight = part == placing?.part && isPlaced[row] ? max(1, parts[part].weight) : parts[part].weight
        standard.add(own[from..<(from + count)], times: weight, to: &scores, at: to)
        guard part == placing?.part, let newItems = placing?.model.newItems, !isPlaced[row] else { continue }
        for item in newItems { scores[to + Int(item)] = placingWeight * standard.apply(own[from + Int(item)]) }
      }
    }
  }

  /// The weighted sum of the parts' standardised similarities.
  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    for index in scores.indices { scores[index] = 0 }
    let isNew = isNew(item)
    for (index, part) in parts.enumerated() where Int(item) < part.scorer.itemCount {
      var own = [Float](repeating: 0, count: part.scorer.itemCount)
      var span = own.mutableSpan
      part.scorer.similarities(to: item, into: &span)
      let standard = Standardization(own[0..<knownItemCount])
      let weight = isNew && index == placing?.part ? max(1, part.weight) : part.weight
      standard.add(own[...], times: weight, to: &scores, at: 0)
    }
  }

  /// The largest similarity that an item can have to another: a standardised value among n is √(n - 1) at most.
  var largestSimilarity: Float {
    parts.reduce(0) { $0 + $1.weight } * Float(max(1, knownItemCount - 1)).squareRoot()
  }

  /// The items that nobody has taken, which their attributes place, in rising order.
  var newItems: Buffer<Int32> { placing?.model.newItems ?? [] }

  /// The attributes of each of some items that suit a history; none for an item that attributes do not place.
  func attributeReasons(for items: [Int32], history: History, limit: Int) -> [[AttributeReason]] {
    guard let part = parts.first(where: { $0.scorer is AttributeModel }), let model = part.scorer as? AttributeModel
    else { return items.map { _ in [] } }
    let history = [history][...].keeping(itemsBelow: model.itemCount)[0]
    return zip(items, model.reasons(for: items, history: history, limit: limit)).map { item, reasons in
      part.weight > 0 || isNew(item) ? reasons : []
    }
  }

  /// Whether nobody has taken an item, so that its attributes alone place it.
  func isNew(_ item: Int32) -> Bool { placing.map { $0.model.newItems.sortedIndex(of: item) != nil } ?? false }

  public func keepingUsers(_ rows: [Int32]) -> BlendModel { replacingParts { $0.keepingUsers(rows) } }

  /// The blend with other models of the same items in place of its parts.
  func replacingParts(_ other: (any Scorer) -> any Scorer) -> BlendModel {
    BlendModel(parts.map { Part(weight: $0.weight, scorer: other($0.scorer)) }, itemCount: itemCount)
  }

  /// The sums of the parts' explanations in the units of the blend.
  ///
  /// Without an item of the history the mean and deviation of each part's scores change, so the effects of the parts do
  /// not add up: all items are scored without each item of the history.
  ///
  /// - Complexity: O(history · items · rank), once for all of `items`.
  public func explanations(of items: [Int32], for history: History) -> [Explanation] {
    let scores = scores(history)
    var explained = items.map { item in
      history.items.map { Explanation.Part(item: $0, contribution: 0, effect: scores[Int(item)]) }
    }
    for (place, part) in parts.enumerated() {
      let own = [history][...].keeping(itemsBelow: part.scorer.itemCount)[0]
      let known = items.indices.filter { Int(items[$0]) < part.scorer.itemCount }
      let scale = Standardization(part.scorer.scores(own)[0..<knownItemCount]).scale
      let places = Dictionary(uniqueKeysWithValues: history.items.enumerated().map { ($1, $0) })
      for (index, explanation) in zip(known, part.scorer.explanations(of: known.map { items[$0] }, for: own)) {
        let weight = !isNew(items[index]) ? part.weight : place == placing?.part ? placingWeight : 0
        for own in explanation.parts {
          guard let position = places[own.item] else { continue }
          explained[index][position].contribution += scale * weight * own.contribution
        }
      }
    }
    let rows = max(1, Self.scoresOfBlock / max(1, itemCount))
    for start in stride(from: 0, to: history.count, by: rows) {
      let positions = start..<min(history.count, start + rows)
      var without = [Float](repeating: 0, count: positions.count * itemCount)
      var span = without.mutableSpan
      score(history, withoutEachOf: positions, into: &span)
      for (index, item) in items.enumerated() {
        for position in positions {
          explained[index][position].effect -= without[(position - start) * itemCount + Int(item)]
        }
      }
    }
    // The attributes' scores are a sum over the history; what its standardisation changes is no reason for a new item.
    for (index, item) in items.enumerated() where isNew(item) {
      for position in history.items.indices {
        explained[index][position].effect = explained[index][position].contribution
      }
    }
    return items.indices.map { Explanation(score: scores[Int(items[$0])], parts: explained[$0]) }
  }

  /// The number of scores that an explanation holds in memory at a time.
  private static var scoresOfBlock: Int { 2_000_000 }
}

extension ArraySlice<History> {
  /// The histories without items from a position on; the histories themselves where they have none.
  fileprivate func keeping(itemsBelow count: Int) -> ArraySlice<History> {
    guard contains(where: { $0.items.contains { $0 >= count } || $0.disliked.contains { $0 >= count } }) else {
      return self
    }
    return map { $0.keeping(itemsBelow: Int32(count)) }[...]
  }
}

extension BlendModel {
  public static let kind = ModelKind.blend

  /// The maximum number of parts in a file.
  private static var mostParts: Int { 16 }

  public init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    var parts: [Part] = []
    for number in 0..<(try file.integer("\(prefix)parts", in: 1...Self.mostParts)) {
      // A file with nested blends could be arbitrarily deep.
      guard file["\(prefix)\(number).kind"] != ModelKind.blend.rawValue else {
        throw file.invalid("a part of its blend is a blend")
      }
      parts.append(
        Part(
          weight: try file.number("\(prefix)\(number).weight", as: Float.self),
          scorer: try file.scorer(at: "\(prefix)\(number).")))
    }
    let counts = parts.map(\.scorer.itemCount)
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    // Only attributes place items that the other parts do not know.
    guard parts.allSatisfy({ $0.scorer.itemCount == least || $0.scorer is AttributeModel }) else {
      throw file.invalid("the parts of its blend score different numbers of items")
    }
    self.init(parts, itemCount: most)
  }

  public func write(to file: inout ModelFile, at prefix: String) throws(ModelFileError) {
    guard parts.count <= Self.mostParts, !parts.contains(where: { $0.scorer is BlendModel }) else {
      throw ModelFileError(
        path: file.path,
        reason: .unwritable("a blend in a file has at most \(Self.mostParts) parts, none of them a blend"))
    }
    file.set("\(prefix)parts", to: parts.count)
    for (number, part) in parts.enumerated() {
      file.set("\(prefix)\(number).weight", to: part.weight)
      try file.set(part.scorer, at: "\(prefix)\(number).")
    }
  }
}
