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
  }

  /// The condition under which a value counts as liked.
  public var positive = Positive.all
  /// The value of each kind of feedback, such as view 1, like 3, purchase 5, dislike −1; if empty, the data's own
  /// values count.
  ///
  /// The values of a user's kinds of feedback on one item are summed. The sum is the weight of the pair; a negative sum
  /// gives the weight 0.
  public var kinds: [String: Float] = [:]
  /// The days after which feedback counts half as much as the latest in the data, above 0; nil for no ageing.
  public var halfLife: Double?

  /// Creates the rule under which all feedback has the weight 1.
  public init() {}

  /// Whether all feedback has the weight 1, so that no weights need to be stored.
  var isTrivial: Bool { positive == .all && kinds.isEmpty && halfLife == nil }

  /// Returns the weight of each value of one user: 0 for an item that was seen and not liked.
  ///
  /// - Parameters:
  ///   - values: The user's values.
  ///   - known: The values to take the user's mean of; `values` if nil.
  ///   - times: The time of each value; empty if times are not known, which turns ageing off.
  ///   - latest: The time from which age is counted.
  func weights(_ values: [Float], known: [Float]? = nil, times: [Timestamp], latest: Timestamp) -> [Float] {
    let least = leastLiked(known ?? values)
    return values.indices.map { index in
      var weight: Float = kinds.isEmpty ? (values[index] >= least ? 1 : 0) : max(0, values[index])
      if let halfLife, !times.isEmpty {
        weight *= Float(Elementary.powerOfTwo(-Double(max(0, latest - times[index])) / (halfLife * 86400)))
      }
      return weight
    }
  }

  private func leastLiked(_ values: [Float]) -> Float {
    switch positive {
    case .all: -.infinity
    // The tolerance absorbs a mean that was rounded up, which equal values would otherwise fall below.
    case .mean: values.reduce(0, +) / Float(max(1, values.count)) - 1e-5
    case .atLeast(let value): value
    }
  }
}

extension TrainingData {
  /// Returns the data with the weights that a rule gives it.
  ///
  /// - Parameters:
  ///   - rule: The rule.
  ///   - known: The data to take each user's mean of; this data if nil.
  /// - Complexity: O(count).
  func weighted(by rule: FeedbackRule, knowing known: TrainingData? = nil) -> TrainingData {
    guard !rule.isTrivial else { return self }
    var result = self
    result.weights = Array(repeating: 0, count: count)
    let latest = times.max() ?? 0
    let knownPositions = known?.positionsByUser()
    for (user, own) in positionsByUser().enumerated() {
      let weights = rule.weights(
        own.map { values[$0] }, known: known.flatMap { known in knownPositions?[user].map { known.values[$0] } },
        times: times.isEmpty ? [] : own.map { times[$0] }, latest: latest)
      for (position, weight) in zip(own, weights) { result.weights[position] = weight }
    }
    return result
  }

  /// The interactions that count as liked, with weights in place of values; the data itself if it has no weights.
  var liked: TrainingData {
    guard !weights.isEmpty else { return self }
    var result = selecting((0..<count).filter { weights[$0] > 0 })
    result.values = result.weights
    result.valuesAreWeights = result.values.contains { $0 != 1 }
    return result
  }
}

extension History {
  /// The items that count as liked, with weights in place of values; the history itself if it has no weights.
  var liked: History {
    guard !weights.isEmpty else { return self }
    let positions = items.indices.filter { weights[$0] > 0 }
    return History(
      items: positions.map { items[$0] }, values: positions.map { weights[$0] },
      days: days.isEmpty ? [] : positions.map { days[$0] }, trainingRow: trainingRow)
  }

  /// Returns the history with the weights that a rule gives it.
  func weighted(by rule: FeedbackRule, times: [Timestamp] = [], latest: Timestamp = 0) -> History {
    guard !rule.isTrivial else { return self }
    var result = self
    result.weights = rule.weights(values, times: times, latest: latest)
    return result
  }
}
