/// A model that ranks: a function from what a user did to a score for every item.
public protocol Scorer: SavedModel {
  /// The number of items it scores.
  var itemCount: Int { get }

  /// Scores every item for each history, a row of `itemCount` scores a history one after another; higher is better, all finite.
  ///
  /// A history gets the same bits alone and among others.
  ///
  /// - Precondition: `scores` has `histories.count · itemCount` elements.
  func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>)

  /// The best items for each history, best first, ties by item order.
  ///
  /// - Precondition: `selection` has a list of excluded items for each history.
  func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]]

  /// Scores every item for the history without each of some of its items in turn: a row of `itemCount` scores for each position.
  ///
  /// The same as scoring the shorter histories, up to rounding; a model that knows a faster way takes it.
  ///
  /// - Precondition: `scores` has `positions.count · itemCount` elements, and the positions are of the history's items.
  func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>)

  /// What each item of the history adds to some items' scores, and what the scores would lose without it: one explanation an item.
  func explanations(of items: [Int32], for history: History) -> [Explanation]

  /// How alike every item is to one item, as its users see them; higher is closer, all finite.
  ///
  /// - Precondition: `scores` has `itemCount` elements.
  func similarities(to item: Int32, into scores: inout MutableSpan<Float>)

  /// The model with only some of the users' trained rows, in the order given, so that nothing is left of who is taken
  /// out.
  ///
  /// A model that keeps a row a user has to write it; the default is the model itself.
  ///
  /// - Parameter rows: rows of the training data.
  func keepingUsers(_ rows: [Int32]) -> Self
}

extension Scorer {
  /// Scores every item for one history.
  public func score(_ history: History, into scores: inout MutableSpan<Float>) {
    score([history][...], into: &scores)
  }

  /// The scores of every item for one history.
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

  /// What each item of the history adds to an item's score, and what the score would lose without it.
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

/// A predicted value on the data's own scale.
public struct Prediction: Sendable, Equatable {
  /// The expected value.
  public var value: Float
  /// The standard deviation of what the user would really give; nil where the model does not know it.
  public var deviation: Float?
  /// Whether too little is known of the user or the item: more than a fifth of the variance would go with more ratings.
  public var isTentative = false

  /// Creates a prediction.
  public init(value: Float, deviation: Float? = nil, isTentative: Bool = false) {
    self.value = value
    self.deviation = deviation
    self.isTentative = isTentative
  }

  /// Where the value lies with some probability, were it normal around the expected one; nil where the deviation is not known.
  ///
  /// - Parameters:
  ///   - probability: Above 0 and below 1.
  ///   - scale: What the range is kept in.
  public func range(holding probability: Double, on scale: ClosedRange<Float>? = nil) -> ClosedRange<Float>? {
    precondition(probability > 0 && probability < 1)
    guard let deviation else { return nil }
    let width = Float(NormalDistribution.quantile((1 + probability) / 2)) * deviation
    let (low, high) = (scale?.lowerBound ?? -.infinity, scale?.upperBound ?? .infinity)
    return min(high, max(low, value - width))...max(low, min(high, value + width))
  }
}

/// A model that predicts what a user would give an item.
public protocol RatingPredictor: Scorer {
  /// The range that predictions are kept in; nil where they come as they are, as by default.
  var scale: ClosedRange<Float>? { get }

  /// Whether predictions have a ``Prediction/deviation``; false by default.
  var knowsDeviations: Bool { get }

  /// Predicts the values of some items for one history, in order of `items`. O(fold-in + items · rank).
  ///
  /// - Parameters:
  ///   - items: Positions of items, each less than the number of items.
  ///   - history: What the user did.
  ///   - time: When the user would give the value, for models that look at it; nil for no particular time.
  func predictions(of items: [Int32], for history: History, at time: Timestamp?) -> [Prediction]
}

extension RatingPredictor {
  public var scale: ClosedRange<Float>? { nil }
  public var knowsDeviations: Bool { false }
}
