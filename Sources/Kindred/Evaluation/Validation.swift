/// A part of the training data that is held back to choose by, never to report on.
public struct Validation: Sendable {
  /// What remains to train on.
  public let train: TrainingData
  /// What was held back.
  public let test: TrainingData
  let histories: [History]

  /// Holds back about a tenth of the interactions at random.
  init(of data: TrainingData, seed: UInt64) {
    var stream = RandomStream(seed: seed, .validation)
    var kept: [Int] = []
    var held: [Int] = []
    for position in 0..<data.count {
      if stream.uniform() < 0.1 { held.append(position) } else { kept.append(position) }
    }
    train = data.selecting(kept)
    test = data.selecting(held)
    histories = train.histories
  }

  /// The root mean squared error of a model's scores, taken as ratings, on what was held back.
  func rootMeanSquaredError(of model: some RatingPredictor, using parallel: Parallel) -> Float {
    Float(RatingMetrics(of: model, histories: histories, test: test, using: parallel).rootMeanSquaredError)
  }
}
