/// A factor model whose scores are ratings on the data's own scale.
public struct RatingModel: RatingPredictor {
  /// The factor model that predicts.
  public let factors: FactorModel
  /// The range that predictions are clamped to; nil does not clamp them.
  public let scale: ClosedRange<Float>?

  /// Creates a model.
  ///
  /// - Parameters:
  ///   - factors: The factor model that predicts.
  ///   - scale: The range that predictions are clamped to; nil does not clamp them.
  public init(factors: FactorModel, scale: ClosedRange<Float>?) {
    self.factors = factors
    self.scale = scale
  }

  public var itemCount: Int { factors.itemCount }

  /// Whether predictions have deviations: true for a Bayesian model.
  public var knowsDeviations: Bool { factors.foldIn.posterior != nil }

  public func predictions(of items: [Int32], for history: History, at time: Timestamp?) -> [Prediction] {
    let predictions =
      if let posterior = factors.foldIn.posterior {
        posterior.predictions(of: items, for: history, at: time, in: factors)
      } else {
        factors.scores(of: items, for: history).map { Prediction(value: $0, deviation: nil) }
      }
    guard let scale else { return predictions }
    return predictions.map { prediction in
      var prediction = prediction
      prediction.value = min(scale.upperBound, max(scale.lowerBound, prediction.value))
      return prediction
    }
  }

  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    factors.score(histories, into: &scores)
  }

  public func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]] {
    factors.topItems(histories, selection: selection)
  }

  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    factors.score(history, withoutEachOf: positions, into: &scores)
  }

  public func explanations(of items: [Int32], for history: History) -> [Explanation] {
    factors.explanations(of: items, for: history)
  }

  public func keepingUsers(_ rows: [Int32]) -> RatingModel {
    RatingModel(factors: factors.keepingUsers(rows), scale: scale)
  }

  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    factors.similarities(to: item, into: &scores)
  }
}

extension RatingPredictor {
  /// The ratings that a user may give: ``scale``, widened to the customary scale of 1 to 5, 10 or 100 around it, since
  /// data may lack the ends of their scale. Scales of one unit at most and those with negative ratings stay as they
  /// are. Nil where the model has no scale.
  public var admissibleRatings: ClosedRange<Float>? {
    guard let scale, scale.lowerBound >= 0, scale.upperBound > 1 else { return scale }
    let most = [5, 10, 100].first { $0 >= scale.upperBound } ?? scale.upperBound
    return min(1, scale.lowerBound)...most
  }
}
