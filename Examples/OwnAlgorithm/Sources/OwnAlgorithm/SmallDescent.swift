import Kindred

/// A matrix factorization of ratings by gradient descent.
///
/// Its model is a `RatingModel`, so Kindred folds users in, explains and saves.
struct SmallDescent: IterativeTrainer {
  /// The number of factors per row.
  var rank = 2
  var epochs = 30
  /// How far a step goes.
  var learningRate: Float = 0.05
  /// The penalty on the size of the factors, for each rating.
  var regularization: Float = 0.1

  static let predictsRatings = true
  static let searchSpace = [Hyperparameter("learningRate", in: 0.01...0.1)]
  var usesValidation: Bool { true }

  func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> DescentSession {
    guard rank >= 1, epochs >= 1, learningRate > 0, regularization > 0 else {
      throw TrainingError(.invalidSetting("rank, epochs, learning rate and regularization must be above 0"))
    }
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    return DescentSession(trainer: self, data: data, seed: seed)
  }
}

/// A training under way: each epoch takes a step for each rating, in the data's own order.
struct DescentSession: TrainingSession {
  let trainer: SmallDescent
  let data: PreparedData
  var users: [[Float]]
  var items: [[Float]]
  var epoch = 0

  var isFinished: Bool { epoch >= trainer.epochs }

  init(trainer: SmallDescent, data: PreparedData, seed: UInt64) {
    self.trainer = trainer
    self.data = data
    users = Self.rows(data.userCount, trainer.rank, seed, side: 0)
    items = Self.rows(data.itemCount, trainer.rank, seed, side: 1)
  }

  /// Random rows, each from a stream of its own.
  private static func rows(_ count: Int, _ rank: Int, _ seed: UInt64, side: Int) -> [[Float]] {
    (0..<count).map { row in
      var stream = RandomStream(seed: seed, side, row)
      return (0..<rank).map { _ in Float(0.3 * stream.normal()) }
    }
  }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let (rate, penalty, mean) = (trainer.learningRate, trainer.regularization, data.mean)
    let last = (users, items)
    var sum = 0.0
    for position in 0..<data.count {
      let (user, item) = (Int(data.columns.users[position]), Int(data.columns.items[position]))
      let product = zip(users[user], items[item]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      let error = data.columns.values[position] - mean - product
      sum += Double(error * error)
      for factor in 0..<trainer.rank {
        let (p, q) = (users[user][factor], items[item][factor])
        users[user][factor] += rate * (error * q - penalty * p)
        items[item][factor] += rate * (error * p - penalty * q)
      }
    }
    if parallel.isCancelled || !sum.isFinite {
      (users, items) = last
      throw TrainingError(
        parallel.isCancelled ? .cancelled : .diverged(epoch: epoch + 1, cure: "try a smaller learning rate"))
    }
    epoch += 1
    return Float(sum / Double(data.count))
  }

  func makeModel(using parallel: Parallel) -> RatingModel {
    // A step sees a user once per rating, so the penalty of the whole pass grows with their number: exponent 1.
    let foldIn = FoldIn.ridge(regularization: trainer.regularization, exponent: 1, biasScale: nil)
    let factors = FactorModel(items: items, mean: data.mean, foldIn: foldIn, foldingIn: data, using: parallel)
    return RatingModel(factors: factors, scale: data.scale)
  }
}
