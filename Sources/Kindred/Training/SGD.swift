/// Matrix factorization of ratings by stochastic gradient descent: for each known rating, a small step of the person's and the
/// item's factors towards it.
///
/// The fast form (the default) learns a mean, biases and factors, with a step that shrinks from epoch to epoch and a regularization
/// that weighs a person with n ratings by √n. It walks over a grid of blocks that share no rows along a diagonal, so that they
/// run in parallel (Gemulla, Nijkamp, Haas, Sismanis 2011, <https://doi.org/10.1145/2020408.2020426>); the grid follows from the number of
/// ratings alone. The plain form is the textbook's: no biases, a constant step, factors that start in [0, 1), the data's own order.
public struct SGD: Trainer {
  /// The number of factors a row; 1 or more.
  public var rank = 32
  /// The most passes over the data.
  public var epochs = 60
  /// How far a step goes in the first epoch; above 0.
  public var learningRate: Float = 0.025
  /// The penalty on the size of the factors; 0 or more.
  public var regularization: Float = 1.5
  /// What the step is multiplied by after each epoch; in (0, 1].
  public var learningRateDecay: Float = 0.97
  /// The penalty on a row's bias, in units of that on its factors; 0 or more.
  public var biasScale: Float = 0.3
  /// How much stronger than in training people are regularized when they are folded in; chosen on a validation cut where there is one.
  public var foldInScale: Float = 1
  /// Whether to descend as the textbook does.
  public var plain = false

  public static let predictsRatings = true
  public var usesValidation: Bool { !plain }
  public static let searchSpace = [
    Hyperparameter("regularization", in: 0.4...4), Hyperparameter("learningRate", in: 0.008...0.05),
    Hyperparameter("biasScale", in: 0.05...1), Hyperparameter("rank", in: 8...128, isInteger: true),
  ]

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer of a rank with otherwise default hyperparameters.
  public init(rank: Int) { self.rank = rank }

  /// The textbook's form: `learningRate` is its α (or η), `regularization` its β.
  public static func plain(rank: Int, epochs: Int, learningRate: Float, regularization: Float) -> SGD {
    var trainer = SGD(rank: rank)
    trainer.plain = true
    trainer.epochs = epochs
    trainer.learningRate = learningRate
    trainer.regularization = regularization
    return trainer
  }

  public func makeSession(
    for data: TrainingData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> SGDSession {
    try checkSettings()
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    return SGDSession(self, data, seed: seed)
  }

  public func refined(
    after session: SGDSession, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> SGD {
    var best = (scale: foldInScale, error: Float.infinity)
    for scale: Float in [0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2.2] {
      var candidate = session
      candidate.trainer.foldInScale = scale
      let error = validation.rootMeanSquaredError(of: candidate.makeModel(using: parallel), using: parallel)
      if error < best.error { best = (scale, error) }
    }
    var chosen = self
    chosen.foldInScale = best.scale
    return chosen
  }

  /// A step to try where this one is too long.
  fileprivate var calmerRate: Float { min(learningRate / 4, plain ? 0.001 : 0.025) }

  private func checkSettings() throws(TrainingError) {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require(epochs >= 1, "there must be at least one epoch")
    try require(learningRate > 0 && learningRate.isFinite, "the learning rate must be above 0")
    try require(
      learningRateDecay > 0 && learningRateDecay <= 1, "the learning rate's decay must be above 0 and at most 1")
    try require(regularization >= 0 && regularization.isFinite, "the regularization must be 0 or more")
    try require(biasScale >= 0 && biasScale.isFinite, "the scale of the biases' regularization must be 0 or more")
    try require(foldInScale > 0 && foldInScale.isFinite, "the fold-in's scale must be above 0")
  }
}

/// Throws an error about hyperparameters unless `condition` holds.
func require(_ condition: Bool, _ sentence: String) throws(TrainingError) {
  if !condition { throw TrainingError(.invalidSetting(sentence)) }
}

/// A training by stochastic gradient descent under way.
public struct SGDSession: TrainingSession {
  var trainer: SGD
  private let mean: Float
  /// What one is in the numbers that are descended on; 1 in the plain form.
  private let unit: Float
  private let scale: ClosedRange<Float>?
  private let histories: SparseMatrix
  private let strata: Strata
  private let step: GradientStep
  private let seed: UInt64
  private var state: GradientState
  private var epoch = 0

  public var isFinished: Bool { epoch >= trainer.epochs }

  init(_ trainer: SGD, _ data: TrainingData, seed: UInt64) {
    self.trainer = trainer
    self.seed = seed
    histories = data.rowsByUser()
    mean = trainer.plain ? 0 : data.mean
    scale = trainer.plain ? nil : data.scale
    unit = trainer.plain ? 1 : data.unit
    strata = trainer.plain ? Strata(inOrder: data) : Strata(of: data.standardized(mean: mean, unit: unit), seed: seed)
    step = GradientStep(
      mean: 0, rate: trainer.learningRate, biasScale: trainer.plain ? 0 : trainer.biasScale,
      userPenalties: Buffer(trainer.penalties(of: data.users, count: data.userCount, at: strata.userRows)),
      itemPenalties: Buffer(trainer.penalties(of: data.items, count: data.itemCount, at: strata.itemRows)))
    state = GradientState(
      users: trainer.initialFactors(data.userCount, .users, at: strata.userRows, seed: seed),
      items: trainer.initialFactors(data.itemCount, .items, at: strata.itemRows, seed: seed),
      userBiases: Buffer(repeating: 0, count: data.userCount), itemBiases: Buffer(repeating: 0, count: data.itemCount))
  }

  public mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let lastGood = state
    var step = step
    for _ in 0..<epoch where !trainer.plain { step.rate *= trainer.learningRateDecay }
    let total = state.withSteps(step, plain: trainer.plain, over: strata.ratings) { run in
      strata.forEachBlock(shift: strata.shift(ofEpoch: epoch, seed: seed), using: parallel, run)
    }
    let loss = Float(total / Double(strata.ratings.count)) * unit * unit
    if parallel.isCancelled {
      state = lastGood
      throw TrainingError(.cancelled)
    }
    // A mean squared error of 10⁸ is no rating's: stop before the numbers overflow.
    guard loss < 1e8 * unit * unit, state.isFinite(using: parallel) else {
      state = lastGood
      throw TrainingError(.diverged(epoch: epoch + 1, cure: "try a learning rate of \(trainer.calmerRate)"))
    }
    epoch += 1
    return loss
  }

  public func makeModel(using parallel: Parallel) -> RatingModel {
    let items = state.items.reordered(by: strata.itemRows).scaled(by: unit)
    let itemBiases = Buffer(state.itemBiases.reordered(by: strata.itemRows).map { $0 * unit })
    let foldIn = trainer.foldIn(unit: unit)
    if trainer.plain {
      let factors = FactorModel(
        mean: mean, foldIn: foldIn, users: state.users.reordered(by: strata.userRows),
        userBiases: Buffer(repeating: 0, count: state.users.count), items: items, itemBiases: itemBiases,
        using: parallel)
      return RatingModel(factors: factors, scale: scale)
    }
    let factors = FactorModel(
      mean: mean, foldIn: foldIn, items: items, itemBiases: itemBiases, foldingIn: histories, using: parallel)
    return RatingModel(factors: factors, scale: scale)
  }
}

extension SGD {
  /// The law under which a person's factors minimise the very loss that the descent minimises, times `foldInScale`.
  ///
  /// The descent is on values in a unit, and the items' factors were brought back from it: errors are `unit` times as large, their
  /// squares `unit²`, and so must be the penalty; a person's bias is itself `unit` times as large.
  func foldIn(unit: Float) -> FoldIn {
    plain
      ? .ridge(regularization: max(0.1, regularization) * foldInScale, exponent: 0, biasScale: nil)
      : .ridge(
        regularization: regularization * foldInScale * unit * unit, exponent: 0.5, biasScale: biasScale / (unit * unit))
  }

  /// A step sees each row n times an epoch, so a penalty of λ√n in all is λ/√n a step.
  fileprivate func penalties(of rows: [Int32], count: Int, at places: [Int32]) -> [Float] {
    var counts = [Int32](repeating: 0, count: count)
    for row in rows { counts[Int(row)] += 1 }
    var penalties = [Float](repeating: 0, count: count)
    for row in 0..<count {
      penalties[Int(places[row])] = plain ? regularization : regularization / Float(max(1, counts[row])).squareRoot()
    }
    return penalties
  }

  fileprivate func initialFactors(
    _ count: Int, _ purpose: RandomStream.Purpose, at places: [Int32], seed: UInt64
  ) -> Factors {
    var factors = Factors(count: count, rank: rank)
    let deviation = 0.1
    for row in 0..<count {
      var stream = RandomStream(seed: seed, purpose, row)
      factors[Int(places[row])] = (0..<rank).map { _ in
        Float(plain ? stream.uniform() : stream.normal() * deviation)
      }
    }
    return factors
  }
}

extension TrainingData {
  /// The data with values around 0, in a unit.
  fileprivate func standardized(mean: Float, unit: Float) -> TrainingData {
    var result = self
    result.values = values.map { ($0 - mean) / unit }
    return result
  }
}

extension Factors {
  fileprivate func scaled(by factor: Float) -> Factors {
    Factors(count: count, rank: rank, elements: Buffer(elements.map { $0 * factor }))
  }
}

extension GradientState {
  func isFinite(using parallel: Parallel) -> Bool {
    [users.elements, items.elements, userBiases, itemBiases].allSatisfy { $0.isFinite(parallel: parallel) }
  }
}
