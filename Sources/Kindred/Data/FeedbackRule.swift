import Foundation
import KindredJSON

/// What feedback means for rankings: which of it counts as liked, and how much.
///
/// It is applied when a data set is indexed, saved with the model, and applied again to the histories that the model serves. What
/// counts for nothing was still seen: it stays out of lists, and its value still tells what ratings to expect.
public struct FeedbackRule: Sendable, Codable, Equatable {
  /// Which values count as liked.
  public enum Positive: Sendable, Codable, Equatable {
    /// All of them: having chosen an item says enough.
    case all
    /// Those that are no less than the user's own mean.
    case mean
    /// Those of at least this value.
    case atLeast(Float)
  }

  /// Which values count as liked.
  public var positive = Positive.all
  /// The value of each kind of feedback, such as view 1, like 3, purchase 5, dislike −1; empty where the values themselves count.
  ///
  /// The kinds that a user gave one item add up; the sum is the weight of the pair, and a sum of 0 or less counts for nothing.
  public var kinds: [String: Float] = [:]
  /// The days after which feedback counts half as much as the latest in the data; nil where it does not age. Above 0.
  public var halfLife: Double?

  /// Creates the rule under which everything counts the same.
  public init() {}

  /// Whether everything counts the same, so that no weight has to be kept.
  var isTrivial: Bool { positive == .all && kinds.isEmpty && halfLife == nil }

  /// The weight of each value of one user: 0 for what was seen and not liked.
  ///
  /// - Parameters:
  ///   - known: the values that the user's mean is that of; these if nil.
  ///   - times: when each was given, or empty where nobody knows, and then nothing ages.
  ///   - latest: the time that counts in full.
  func weights(_ values: [Float], known: [Float]? = nil, times: [Timestamp], latest: Timestamp) -> [Float] {
    let least = leastLiked(known ?? values)
    return values.indices.map { index in
      var weight: Float = kinds.isEmpty ? (values[index] >= least ? 1 : 0) : max(0, values[index])
      if let halfLife, !times.isEmpty {
        weight *= Float(exp2(-Double(max(0, latest - times[index])) / (halfLife * 86400)))
      }
      return weight
    }
  }

  private func leastLiked(_ values: [Float]) -> Float {
    switch positive {
    case .all: -.infinity
    // A mean of thirds may be rounded up: the user's only value is not below it.
    case .mean: values.reduce(0, +) / Float(max(1, values.count)) - 1e-5
    case .atLeast(let value): value
    }
  }
}

extension TrainingData {
  /// The data with the weights that a rule gives it. O(count).
  ///
  /// - Parameter known: what tells a user's mean; this data if nil.
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

  /// What counts as liked, its weights in place of its values; everything, as it is, where nothing was weighted.
  var liked: TrainingData {
    guard !weights.isEmpty else { return self }
    var result = selecting((0..<count).filter { weights[$0] > 0 })
    result.values = result.weights
    result.valuesAreWeights = result.values.contains { $0 != 1 }
    return result
  }
}

extension History {
  /// What counts as liked, its weights in place of its values; the history itself where nothing was weighted.
  var liked: History {
    guard !weights.isEmpty else { return self }
    let positions = items.indices.filter { weights[$0] > 0 }
    return History(
      items: positions.map { items[$0] }, values: positions.map { weights[$0] },
      days: days.isEmpty ? [] : positions.map { days[$0] }, trainingRow: trainingRow)
  }

  /// The history with the weights that a rule gives it.
  func weighted(by rule: FeedbackRule, times: [Timestamp] = [], latest: Timestamp = 0) -> History {
    guard !rule.isTrivial else { return self }
    var result = self
    result.weights = rule.weights(values, times: times, latest: latest)
    return result
  }
}
