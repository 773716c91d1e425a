/// Ranks items by the number of their users: the baseline for every ranking. Where a rule weighs feedback by kind or
/// age, an item has the sum of its weights instead.
public struct Popularity: Trainer {
  public static let predictsRatings = false

  /// Creates a trainer.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<FactorModel> {
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return ClosedFormSession { _ in
      FactorModel(baseline: 0, itemBiases: Buffer(Self.scores(of: data)))
    }
  }

  /// The score of each item in data that a rule was applied to. A damped count is the taste of one user, not of many,
  /// so it counts once.
  ///
  /// - Complexity: O(count).
  static func scores(of liked: PreparedData) -> [Float] {
    let data = liked.columns
    guard data.valuesAreWeights, !data.valuesAreDampedCounts else { return liked.itemSizes }
    var sums = [Double](repeating: 0, count: data.itemCount)
    for (item, weight) in zip(data.items, data.values) { sums[Int(item)] += Double(weight) }
    return sums.map { Float($0) }
  }
}

/// Ranks items by the number of their events, of which those long ago count less.
///
/// An event counts 2^(−t/h) for its item, with the time t from it to the latest of the data and the half-life h.
/// Without times every event counts the same. Events with a value of 0 or less do not count: their items were only
/// seen.
public struct RecentPopularity: Trainer {
  /// h, the half-life of a count in days; 0 chooses it on a validation cut.
  public var popularityHalfLife: Float = 0

  public static let predictsRatings = false
  public var usesValidation: Bool { popularityHalfLife == 0 }

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<FactorModel> {
    try require(popularityHalfLife >= 0 && popularityHalfLife.isFinite, "the half-life must be 0 days or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let halfLife = popularityHalfLife > 0 ? popularityHalfLife : Self.halfLives[0]
    return ClosedFormSession { _ in
      FactorModel(baseline: 0, itemBiases: Self.counts(data, halfLife: halfLife))
    }
  }

  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> RecentPopularity {
    var chosen = self
    var best = -Double.infinity
    for halfLife in Self.halfLives {
      let ndcg = validation.ndcg(
        of: FactorModel(
          baseline: 0, itemBiases: Self.counts(validation.train, halfLife: halfLife)), using: parallel)
      if ndcg > best { (best, chosen.popularityHalfLife) = (ndcg, halfLife) }
    }
    return chosen
  }

  /// The half-lives to choose from, in days.
  static let halfLives: [Float] = [30, 7, 1, 90, 365, 10_000]

  /// The decayed number of events of each item.
  static func counts(_ data: PreparedData, halfLife: Float) -> Buffer<Float> {
    let events = data.events
    let latest = events.times.max()
    var counts = [Double](repeating: 0, count: data.itemCount)
    let unit = Double(halfLife) * Double(Day.microseconds)
    for position in 0..<events.count where events.values[position] > 0 {
      let age = latest.map { Double($0) - Double(events.times[position]) } ?? 0
      counts[Int(events.items[position])] += Elementary.powerOfTwo(-age / unit)
    }
    return Buffer(counts.map { Float($0) })
  }
}

/// Predicts the mean of all values for every pair: the simplest baseline for rating predictors.
public struct MeanRating: Trainer {
  public static let predictsRatings = true
  public static let ranksItems = false

  /// Creates a trainer.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<RatingModel> {
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    return ClosedFormSession { (parallel) in
      let values = data.summary(using: parallel)
      return RatingModel(
        factors: FactorModel(baseline: values.mean, itemBiases: Buffer(repeating: 0, count: data.itemCount)),
        scale: values.scale)
    }
  }
}

/// Predicts the mean plus a bias per user and per item, damped where ratings are few: the baseline for every rating
/// predictor (Koren 2009, <https://doi.org/10.1145/1557019.1557072>).
public struct BiasRating: IterativeTrainer {
  /// The number of rounds, each of which solves for the items and then for the users; 1 or more.
  public var epochs = 5
  /// The number of ratings without deviation that damp a user's bias, in addition to their own ratings; 0 or more.
  public var userDamping: Float = 5
  /// The number of ratings without deviation that damp an item's bias, in addition to its own ratings; 0 or more.
  public var itemDamping: Float = 3

  public static let predictsRatings = true
  public static let searchSpace = [
    Hyperparameter("userDamping", in: 0.5...30), Hyperparameter("itemDamping", in: 0.5...30),
  ]

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<RatingModel> {
    try require((1...1000).contains(epochs), "there must be between 1 and 1,000 rounds")
    try require(userDamping >= 0 && userDamping.isFinite, "the damping of users must be 0 or more")
    try require(itemDamping >= 0 && itemDamping.isFinite, "the damping of items must be 0 or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    return ClosedFormSession { (parallel) in
      let mean = data.summary(using: parallel).mean
      var items = Buffer<Float>(repeating: 0, count: data.itemCount)
      var users = Buffer<Float>(repeating: 0, count: data.userCount)
      let law = { (damping: Float) in FoldIn.ridge(regularization: damping, exponent: 0, biasScale: 1) }
      let (noUsers, noItems) = (Factors(count: data.userCount, rank: 0), Factors(count: data.itemCount, rank: 0))
      for _ in 0..<epochs where !parallel.isCancelled {
        items =
          law(itemDamping).problems(of: data.byItem, against: noUsers, biases: users, mean: mean, gram: nil)
          .solved(using: parallel).biases
        users =
          law(userDamping).problems(of: data.byUser, against: noItems, biases: items, mean: mean, gram: nil)
          .solved(using: parallel).biases
      }
      let model = FactorModel(
        mean: mean, foldIn: law(userDamping), users: noUsers, userBiases: users, items: noItems, itemBiases: items)
      return RatingModel(factors: model, scale: data.summary().scale)
    }
  }
}

extension FactorModel {
  /// A model with the same scores for every user.
  init(baseline mean: Float, itemBiases: Buffer<Float>) {
    self.init(
      mean: mean, foldIn: .none, users: Factors(count: 0, rank: 0), userBiases: [],
      items: Factors(count: itemBiases.count, rank: 0), itemBiases: itemBiases)
  }
}
