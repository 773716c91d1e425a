/// A model that ranks: a function from a user's history to a score for every item.
public protocol Scorer: SavedModel {
  /// The number of items it scores.
  var itemCount: Int { get }

  /// Scores every item for each history.
  ///
  /// The scores of a history are the same bits alone and among others.
  ///
  /// - Parameters:
  ///   - histories: The histories.
  ///   - scores: The result: one row of `itemCount` scores per history, one row after another. A higher score is
  ///     better, and all are finite.
  /// - Precondition: `scores` has `histories.count · itemCount` elements.
  func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>)

  /// The best items for each history, best first; ties are broken by item order.
  ///
  /// - Parameters:
  ///   - histories: The histories.
  ///   - selection: The items that the lists may hold, and their number.
  /// - Precondition: `selection` has a list of excluded items for each history.
  func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]]

  /// Scores every item for the history without each of some of its items in turn.
  ///
  /// The result is the same as that of scoring the shorter histories, up to rounding; a model may have a faster way.
  ///
  /// - Parameters:
  ///   - history: The history.
  ///   - positions: The positions of the items in the history.
  ///   - scores: The result: one row of `itemCount` scores per position.
  /// - Precondition: `scores` has `positions.count · itemCount` elements, and the positions are within the history.
  func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>)

  /// Explains the scores of some items: what each item of the history contributes, and its effect on the score.
  ///
  /// - Parameters:
  ///   - items: Positions of items.
  ///   - history: The history.
  /// - Returns: One explanation per item, in order of `items`.
  func explanations(of items: [Int32], for history: History) -> [Explanation]

  /// Measures the similarity of every item to one item, as the model has learned it.
  ///
  /// - Parameters:
  ///   - item: The position of the item.
  ///   - scores: The result: one similarity per item. A higher one is closer, and all are finite.
  /// - Precondition: `scores` has `itemCount` elements.
  func similarities(to item: Int32, into scores: inout MutableSpan<Float>)

  /// The model with the trained rows of some users alone: no data of the other users is left in it.
  ///
  /// A model that keeps a row per user has to implement it; by default it returns the model unchanged.
  ///
  /// - Parameter rows: The rows of the training data to keep, in their new order.
  func keepingUsers(_ rows: [Int32]) -> Self
}

extension Scorer {
  /// Scores every item for one history.
  ///
  /// - Parameters:
  ///   - history: The history.
  ///   - scores: The result: one score per item.
  /// - Precondition: `scores` has `itemCount` elements.
  public func score(_ history: History, into scores: inout MutableSpan<Float>) {
    score([history][...], into: &scores)
  }

  /// The scores of every item for one history, in order of the items' positions.
  public func scores(_ history: History) -> [Float] {
    var scores = [Float](repeating: 0, count: itemCount)
    var span = scores.mutableSpan
    score(history, into: &span)
    return scores
  }

  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    score(history.withoutEach(of: positions)[...], into: &scores)
  }

  /// Explanations without parts: the whole score is the baseline.
  public func explanations(of items: [Int32], for history: History) -> [Explanation] {
    let scores = scores(history)
    return items.map { Explanation(score: scores[Int($0)], parts: []) }
  }

  /// Explains the score of one item: what each item of the history contributes, and its effect on the score.
  ///
  /// - Parameters:
  ///   - item: The position of the item.
  ///   - history: The history.
  public func explanation(of item: Int32, for history: History) -> Explanation {
    explanations(of: [item], for: history)[0]
  }

  public func keepingUsers(_ rows: [Int32]) -> Self { self }

  public func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]] {
    var scores = [Float](repeating: 0, count: itemCount * histories.count)
    var span = scores.mutableSpan
    score(histories, into: &span)
    return TopHeaps.topItems(of: scores, itemCount: itemCount, selection: selection)
  }
}

/// A predicted rating on the data's own scale.
public struct Prediction: Sendable, Equatable {
  /// The expected rating.
  public var value: Float
  /// The standard deviation of the true rating; nil if the model does not predict it.
  public var deviation: Float?
  /// Whether the prediction is uncertain for lack of data: more ratings of the user or the item would remove more than
  /// a fifth of its variance.
  public var isTentative = false

  /// Creates a prediction.
  ///
  /// - Parameters:
  ///   - value: The expected rating.
  ///   - deviation: The standard deviation of the true rating; nil if it is not known.
  ///   - isTentative: Whether the prediction is uncertain for lack of data.
  public init(value: Float, deviation: Float? = nil, isTentative: Bool = false) {
    self.value = value
    self.deviation = deviation
    self.isTentative = isTentative
  }

  /// The range that holds the true rating with some probability, under a normal distribution.
  ///
  /// - Parameters:
  ///   - probability: The probability, above 0 and below 1.
  ///   - scale: The range that the result is clamped to; nil does not clamp it.
  /// - Returns: The range; nil if the deviation is not known.
  public func range(holding probability: Double, on scale: ClosedRange<Float>? = nil) -> ClosedRange<Float>? {
    precondition(probability > 0 && probability < 1)
    guard let deviation else { return nil }
    let width = Float(NormalDistribution.quantile((1 + probability) / 2)) * deviation
    let (low, high) = (scale?.lowerBound ?? -.infinity, scale?.upperBound ?? .infinity)
    return min(high, max(low, value - width))...max(low, min(high, value + width))
  }
}

/// A model that predicts the ratings that a user would give.
public protocol RatingPredictor: Scorer {
  /// The range that predictions are clamped to; nil if they are not clamped, as by default.
  var scale: ClosedRange<Float>? { get }

  /// Whether predictions have a ``Prediction/deviation``; false by default.
  var knowsDeviations: Bool { get }

  /// Predicts the ratings of some items for one history.
  ///
  /// - Parameters:
  ///   - items: Positions of items, each less than the number of items.
  ///   - history: The history.
  ///   - time: The time of the rating, for models that use it; nil for no particular time.
  /// - Returns: The predictions, in order of `items`.
  /// - Complexity: O(fold-in + items · rank).
  func predictions(of items: [Int32], for history: History, at time: Timestamp?) -> [Prediction]
}

extension RatingPredictor {
  public var scale: ClosedRange<Float>? { nil }
  public var knowsDeviations: Bool { false }
}
