/// A cut of the training data into a part to train on and a part that is held back to choose hyperparameters by.
///
/// Figures on the part that is held back are too good to report.
public struct Validation: Sendable {
  /// The interactions to train on.
  public let train: PreparedData
  /// The interactions that are held back.
  public let test: PreparedData
  /// The history of each user in `train`.
  public var histories: Histories { train.histories }

  /// Holds back about a tenth of the interactions at random.
  ///
  /// - Parameters:
  ///   - data: The data to cut.
  ///   - seed: The seed of the cut.
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

  /// The root mean squared error of a model's predictions of the ratings that are held back; 0 if there are none.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - parallel: The threads to use.
  public func rootMeanSquaredError(of model: some RatingPredictor, using parallel: Parallel) -> Float {
    Float(RatingMetrics(of: model, histories: histories, test: test, using: parallel).rootMeanSquaredError)
  }

  /// The mean NDCG of a model's lists on the interactions that are held back; 0 if there are none. All items are
  /// ranked.
  ///
  /// - Parameters:
  ///   - scorer: The model.
  ///   - cutoff: The length of the lists.
  ///   - parallel: The threads to use.
  /// - Precondition: `cutoff` is 1 or more.
  public func ndcg(of scorer: any Scorer, at cutoff: Int = 10, using parallel: Parallel) -> Double {
    RankingMetrics.ndcg(
      of: scorer, on: RankingQueries(known: train, test: test.columns), counts: train.itemCounts, cutoffs: [cutoff],
      using: parallel)[0]
  }
}
