/// A part of the training data that is held back to choose by, never to report on.
public struct Validation: Sendable {
  /// What remains to train on.
  public let train: PreparedData
  /// What was held back.
  public let test: PreparedData
  /// The history of each user in `train`.
  public var histories: Histories { train.histories }

  /// Holds back about a tenth of the interactions at random.
  init(of data: PreparedData, seed: UInt64) {
    var stream = RandomStream(seed: seed, .validation)
    var kept: [Int] = []
    var held: [Int] = []
    for position in 0..<data.count {
      if stream.uniform() < 0.1 { held.append(position) } else { kept.append(position) }
    }
    train = data.deriving(data.columns.selecting(kept))
    test = data.deriving(data.columns.selecting(held))
  }

  /// The root mean squared error of a model's scores, taken as ratings, on what was held back.
  public func rootMeanSquaredError(of model: some RatingPredictor, using parallel: Parallel) -> Float {
    Float(RatingMetrics(of: model, histories: histories, test: test, using: parallel).rootMeanSquaredError)
  }

  /// The mean NDCG of a model's lists of `cutoff` items, of all items, on what was held back; 0 where nothing was.
  ///
  /// - Precondition: `cutoff` is 1 or more.
  public func ndcg(of scorer: any Scorer, at cutoff: Int = 10, using parallel: Parallel) -> Double {
    RankingMetrics(
      of: scorer, histories: histories, test: test, counts: train.itemCounts, cutoffs: [cutoff], using: parallel
    ).mean(.ndcg, at: cutoff) ?? 0
  }
}
