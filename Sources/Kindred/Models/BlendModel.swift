/// A weighted sum of models' standardised scores: models with different errors rank better together.
///
/// For each history, each part's scores are brought to mean 0 and deviation 1 over all items, so that their units do
/// not matter.
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

  /// Creates a blend.
  ///
  /// A file holds blends of at most 16 parts, none of which is a blend.
  ///
  /// - Parameter parts: The models with their weights.
  /// - Precondition: There is at least one part, and all score the same number of items.
  public init(_ parts: [Part]) {
    precondition(!parts.isEmpty && parts.allSatisfy { $0.scorer.itemCount == parts[0].scorer.itemCount })
    self.parts = parts
  }

  public var itemCount: Int { parts[0].scorer.itemCount }

  /// Scores every item by the weighted sum of the parts' standardised scores.
  ///
  /// - Complexity: The sum of the parts' complexities.
  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    blend(into: &scores) { part, own in
      var span = own.mutableSpan
      part.score(histories, into: &span)
    }
  }

  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    blend(into: &scores) { part, own in
      var span = own.mutableSpan
      part.score(history, withoutEachOf: positions, into: &span)
    }
  }

  /// Fills rows of scores with the weighted sum of the parts' scores, each row of each part standardised.
  private func blend(into scores: inout MutableSpan<Float>, _ score: (any Scorer, inout [Float]) -> Void) {
    for index in scores.indices { scores[index] = 0 }
    var own = [Float](repeating: 0, count: scores.count)
    for part in parts {
      score(part.scorer, &own)
      for start in stride(from: 0, to: own.count, by: itemCount) {
        let cells = start..<(start + itemCount)
        let standard = Standardization(own[cells])
        for cell in cells { scores[cell] += part.weight * standard.apply(own[cell]) }
      }
    }
  }

  /// The weighted sum of the parts' standardised similarities.
  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    for index in scores.indices { scores[index] = 0 }
    var own = [Float](repeating: 0, count: itemCount)
    for part in parts {
      var span = own.mutableSpan
      part.scorer.similarities(to: item, into: &span)
      let standard = Standardization(own[...])
      for index in 0..<itemCount { scores[index] += part.weight * standard.apply(own[index]) }
    }
  }

  public func keepingUsers(_ rows: [Int32]) -> BlendModel {
    BlendModel(parts.map { Part(weight: $0.weight, scorer: $0.scorer.keepingUsers(rows)) })
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
    for part in parts {
      let scale = part.weight * Standardization(part.scorer.scores(history)[...]).scale
      for (index, explanation) in part.scorer.explanations(of: items, for: history).enumerated() {
        for (position, own) in explanation.parts.enumerated() {
          explained[index][position].contribution += scale * own.contribution
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
    return items.indices.map { Explanation(score: scores[Int(items[$0])], parts: explained[$0]) }
  }

  /// The number of scores that an explanation holds in memory at a time.
  private static var scoresOfBlock: Int { 2_000_000 }
}

/// The linear map that brings numbers to mean 0 and deviation 1; equal numbers all become 0.
struct Standardization {
  let mean: Float
  let scale: Float

  init(_ numbers: ArraySlice<Float>) {
    let count = Double(max(1, numbers.count))
    let mean = numbers.reduce(0.0) { $0 + Double($1) } / count
    let variance = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    self.mean = Float(mean)
    scale = variance > 1e-24 ? Float(1 / variance.squareRoot()) : 0
  }

  func apply(_ number: Float) -> Float { (number - mean) * scale }
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
    guard parts.allSatisfy({ $0.scorer.itemCount == parts[0].scorer.itemCount }) else {
      throw file.invalid("the parts of its blend score different numbers of items")
    }
    self.init(parts)
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
