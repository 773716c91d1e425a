import KindredJSON

/// The rule that turns feedback into weights for rankings: which feedback counts as liked, and how much.
///
/// Training applies the rule when it indexes a data set and saves it with the model, which applies it again to the
/// histories that it serves. Feedback with the weight 0 was still seen: its item stays out of lists, and its value
/// still helps to predict ratings.
public struct FeedbackRule: Sendable, Codable, Equatable {
  /// The condition under which a value counts as liked.
  public enum Positive: Sendable, Codable, Equatable {
    /// Every value counts as liked: the choice of an item is enough.
    case all
    /// Values of at least the user's own mean count as liked.
    case mean
    /// Values of at least this number count as liked.
    case atLeast(Float)
    /// Values of at least the user's damped mean count as liked; of a user whose values are all equal, those of at
    /// least the middle of the scale. Values below the middle count as disliked.
    case liked
  }

  /// The values of a data set, which ``Positive/liked`` compares a user's values with.
  public struct Reference: Sendable, Codable, Equatable {
    /// The mean of all values.
    public var mean: Float
    /// The middle between the least and the greatest value.
    public var middle: Float

    /// Creates a reference.
    public init(mean: Float, middle: Float) {
      self.mean = mean
      self.middle = middle
    }
  }

  /// The condition under which a value counts as liked.
  public var positive = Positive.all
  /// The values of the data that the rule was made for; nil until a training sets it.
  public var reference: Reference?
  /// The value that stands for "not rated", such as 0 beside ratings from 1 to 10; nil if there is none.
  ///
  /// Its rows count as liked in rankings, and are left out of the ratings that predictors learn from.
  public var notRated: Float?
  /// The weight with which a disliked item counts against similar ones; 0 or more.
  public var dislikeWeight: Float = 0.25
  /// Whether values are counts, such as plays or quantities. A liked value above 0 then has the weight
  /// log₂(1 + value): one play has the weight 1, and a thousand plays have 10.
  public var dampsCounts = false
  /// The value of each kind of feedback, such as view 1, like 3, purchase 5, dislike −1; if empty, the data's own
  /// values count.
  ///
  /// The values of a user's kinds of feedback on one item are summed. The sum is the weight of the pair; with a sum of
  /// 0 the item was only seen, and with a negative sum it was disliked.
  public var kinds: [String: Float] = [:]
  /// The days after which feedback counts half as much as the latest in the data, above 0; nil for no ageing.
  public var halfLife: Double?

  /// Creates the rule under which all feedback has the weight 1.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case positive, reference, notRated, dislikeWeight, dampsCounts, kinds, halfLife
  }

  /// Decodes a rule. Under the rule of an older version, which did not write the weight of dislikes, it is 0.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    positive = try members.decode(Positive.self, forKey: .positive)
    reference = try members.decodeIfPresent(Reference.self, forKey: .reference)
    notRated = try members.decodeIfPresent(Float.self, forKey: .notRated)
    dislikeWeight = try members.decodeIfPresent(Float.self, forKey: .dislikeWeight) ?? 0
    dampsCounts = try members.decodeIfPresent(Bool.self, forKey: .dampsCounts) ?? false
    kinds = try members.decode([String: Float].self, forKey: .kinds)
    halfLife = try members.decodeIfPresent(Double.self, forKey: .halfLife)
  }

  /// Encodes the rule; a weight of dislikes that changes nothing is left out.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(positive, forKey: .positive)
    try members.encodeIfPresent(reference, forKey: .reference)
    try members.encodeIfPresent(notRated, forKey: .notRated)
    if !isTrivial, dislikeWeight != 0 { try members.encode(dislikeWeight, forKey: .dislikeWeight) }
    if dampsCounts { try members.encode(true, forKey: .dampsCounts) }
    try members.encode(kinds, forKey: .kinds)
    try members.encodeIfPresent(halfLife, forKey: .halfLife)
  }

  /// A sentence on which held-out items count as relevant under the rule.
  package var relevance: String {
    if !kinds.isEmpty { return "Items whose feedback adds up to more than 0 are relevant." }
    return switch positive {
    case .all: "Every held-out item is relevant."
    case .mean: "Items that a user gave at least their own mean are relevant."
    case .atLeast(let least): "Items of at least \(least) are relevant."
    case .liked: "Items that a user liked are relevant: those of at least their own mean, damped by the data's."
    }
  }

  /// Whether all feedback has the weight 1, so that no weights need to be stored.
  var isTrivial: Bool { positive == .all && kinds.isEmpty && halfLife == nil && !dampsCounts }

  /// The rule for a data set: one that compares values with those of the data, and had no reference, gets one.
  func resolved(for data: PreparedData) -> FeedbackRule {
    guard positive == .liked, reference == nil, let scale = data.scale else { return self }
    var rule = self
    rule.reference = Reference(mean: data.mean, middle: (scale.lowerBound + scale.upperBound) / 2)
    if notRated != nil {
      let rated = ValueSummary(of: data.columns.rated(by: self).values)
      if let scale = rated.scale {
        rule.reference = Reference(mean: rated.mean, middle: (scale.lowerBound + scale.upperBound) / 2)
      }
    }
    return rule
  }

  /// Returns the weight of each value of one user: positive if it was liked, 0 if the item was only seen, and
  /// ``dislikeWeight``, negated, if it was disliked.
  ///
  /// - Parameters:
  ///   - values: The user's values.
  ///   - known: The values to take the user's mean of; `values` if nil.
  ///   - times: The time of each value; empty if times are not known, which turns ageing off.
  ///   - latest: The time from which age is counted.
  func weights(_ values: [Float], known: [Float]? = nil, times: [Timestamp], latest: Timestamp) -> [Float] {
    let least = leastLiked((known ?? values).filter { $0 != notRated })
    let mostDisliked = kinds.isEmpty ? positive == .liked ? reference?.middle ?? -.infinity : -.infinity : 0
    return values.indices.map { index in
      let value = values[index]
      var weight: Float = kinds.isEmpty ? (value >= least || value == notRated ? 1 : 0) : max(0, value)
      if dampsCounts, kinds.isEmpty, weight > 0 { weight = Self.dampedCount(value) }
      if weight == 0 { return value < mostDisliked ? -dislikeWeight : 0 }
      if let halfLife, !times.isEmpty, times[index] != History.unknownTime {
        let age = max(0, Double(latest) - Double(times[index])) / (halfLife * Double(Day.microseconds))
        weight *= Float(Elementary.powerOfTwo(-age))
      }
      return weight
    }
  }

  private static func dampedCount(_ count: Float) -> Float {
    // The library's own logarithm, since weights decide the bytes of a model.
    count > 0 ? Float(RandomStream.logarithm(1 + Double(count)) / RandomStream.logarithm(2)) : 0
  }

  /// The number of values at the data's mean that damp a user's own mean.
  private static var damping: Float { 5 }

  private func leastLiked(_ values: [Float]) -> Float {
    // The tolerance absorbs a mean that was rounded up, which equal values would otherwise fall below.
    let tolerance: Float = 1e-5
    let sum = values.reduce(0, +)
    switch positive {
    case .all: return -.infinity
    case .mean: return sum / Float(max(1, values.count)) - tolerance
    case .atLeast(let value): return value
    case .liked:
      guard let reference else { return -.infinity }
      if values.allSatisfy({ $0 == values[0] }) { return reference.middle - tolerance }
      return (sum + Self.damping * reference.mean) / (Float(values.count) + Self.damping) - tolerance
    }
  }
}

extension History {
  /// The items that count as liked, with weights in place of values, and the disliked ones aside; the history itself
  /// if it has no weights.
  var liked: History {
    guard !weights.isEmpty else { return self }
    let positions = items.indices.filter { weights[$0] > 0 }
    var result = History(
      items: positions.map { items[$0] }, values: positions.map { weights[$0] },
      times: times.isEmpty ? [] : positions.map { times[$0] }, trainingRow: trainingRow)
    let disliked = items.indices.filter { weights[$0] < 0 }
    if let first = disliked.first {
      result.disliked = disliked.map { items[$0] }
      result.dislikeWeight = -weights[first]
    }
    if !events.isEmpty {
      let liked = Set(result.items)
      result.events = events.filter { liked.contains($0) }
    }
    return result
  }

  /// Returns the history with the weights that a rule gives it.
  ///
  /// - Parameters:
  ///   - rule: The rule.
  ///   - latest: The latest time that the model was trained on; ages count from it, or from the history's own latest
  ///     time if that is later.
  func weighted(by rule: FeedbackRule, latest: Timestamp = .min) -> History {
    guard !rule.isTrivial else { return self }
    var result = self
    result.weights = rule.weights(values, times: times, latest: max(latest, times.max() ?? .min))
    return result
  }
}
