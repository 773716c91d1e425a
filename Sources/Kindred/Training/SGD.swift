/// Matrix factorization of ratings by stochastic gradient descent: each rating moves its user's and its item's factors
/// by a small step.
///
/// The fast form, the default, learns a mean, biases and factors. Its step shrinks from epoch to epoch, and its
/// regularization grows with the root of a user's number of ratings. It divides the ratings into a grid of blocks, and
/// blocks without a common user or item run in parallel (Gemulla, Nijkamp, Haas, Sismanis 2011,
/// <https://doi.org/10.1145/2020408.2020426>). The grid depends on the size of the data and the rank alone.
///
/// The plain form is the textbook's: no biases, a constant step, initial factors in [0, 1), and ratings in the order of
/// the data.
public struct SGD: IterativeTrainer {
  /// The number of factors per row; from 1 to 4,096.
  public var rank = 32
  /// The maximum number of passes over the data; 1 or more.
  public var epochs = 60
  /// The size of a step in the first epoch; above 0.
  public var learningRate: Float = 0.025
  /// The penalty on the size of the factors; 0 or more.
  public var regularization: Float = 1.5
  /// The exponent e of the penalty on a row with n ratings, `regularization` · nᵉ; from 0 to 1.
  public var regularizationExponent: Float = 0.5
  /// The factor by which the step shrinks after each epoch; in (0, 1].
  public var learningRateDecay: Float = 0.97
  /// The penalty on a row's bias, relative to that on its factors; 0 or more.
  public var biasScale: Float = 0.3
  /// The standard deviation of the initial factors; 0 or more. The plain form draws them from [0, 1).
  public var initialDeviation: Float = 0.1
  /// The regularization of fold-in relative to that of training; above 0. It is chosen on the validation cut, if there
  /// is one.
  public var foldInScale: Float = 1
  /// Whether to use the plain form.
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
  ///
  /// - Parameter rank: The number of factors per row; from 1 to 4,096.
  public init(rank: Int) { self.rank = rank }

  /// Creates a trainer of the plain, textbook form.
  ///
  /// - Parameters:
  ///   - rank: The number of factors per row; from 1 to 4,096.
  ///   - epochs: The number of passes over the data; 1 or more.
  ///   - learningRate: The size of a step, α or η in textbooks; above 0.
  ///   - regularization: The penalty on the size of the factors, β or λ in textbooks; 0 or more.
  public static func plain(rank: Int, epochs: Int, learningRate: Float, regularization: Float) -> SGD {
    var trainer = SGD(rank: rank)
    trainer.plain = true
    trainer.epochs = epochs
    trainer.learningRate = learningRate
    trainer.regularization = regularization
    return trainer
  }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<RatingModel> {
    try checkSettings()
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    return SGDSession(self, data, seed: seed, using: parallel)
  }

  public func sizeEstimate(for data: PreparedData) -> Int { 4 * (rank + 1) * (data.userCount + data.itemCount) }

  public func stageTimes(for data: PreparedData, threads: Int) -> StageTimes {
    // Seconds on one core: a step per rating, and the fold-in of a user's ratings.
    let epoch = Double(data.count) * (4e-9 + Double(rank) * 0.35e-9)
    let rows = Double(data.userCount) * 4e-6 + Double(data.count) * Double(rank) * 2e-9
    let sample = Double(min(data.count / 10, 20_000)) * 3e-6
    let epochs = Double(expectedEpochs)
    let cores = Double(threads)
    return StageTimes(
      validating: epochs * (epoch + sample) / cores, choosing: 8 * sample / cores,
      training: (epochs * epoch + rows + Double(data.count) * 1e-7) / cores)
  }

  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> SGD {
    guard let session = session as? SGDSession else { preconditionFailure("a trainer refines after its own session") }
    var best = (scale: foldInScale, error: Float.infinity)
    for scale: Float in [0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2.2] {
      var candidate = session
      candidate.trainer.foldInScale = scale
      let error = validation.rootMeanSquaredError(of: candidate.makeValidationModel(using: parallel), using: parallel)
      if error < best.error { best = (scale, error) }
    }
    var chosen = self
    chosen.foldInScale = best.scale
    return chosen
  }

  /// A learning rate to advise after divergence.
  var calmerRate: Float { min(learningRate / 4, plain ? 0.001 : 0.025) }

  private func checkSettings() throws(TrainingError) {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require((1...SettingBound.epochs).contains(epochs), "there must be between 1 and 100,000 epochs")
    try require(learningRate > 0 && learningRate.isFinite, "the learning rate must be above 0")
    try require(
      learningRateDecay > 0 && learningRateDecay <= 1, "the learning rate's decay must be above 0 and at most 1")
    try require(regularization >= 0 && regularization.isFinite, "the regularization must be 0 or more")
    try require((0...1).contains(regularizationExponent), "the regularization's exponent must be between 0 and 1")
    try require(biasScale >= 0 && biasScale.isFinite, "the scale of the biases' regularization must be 0 or more")
    try require(initialDeviation >= 0 && initialDeviation.isFinite, "the initial deviation must be 0 or more")
    try require(foldInScale > 0 && foldInScale.isFinite, "the fold-in's scale must be above 0")
  }
}

extension SGD {
  /// The fold-in that minimises the loss of the descent, with the penalty times `foldInScale`.
  ///
  /// The descent divides values by `unit`, and the items' factors are multiplied by it afterwards. Squared errors are
  /// thus `unit²` times as large, and the penalty must be, too. A user's bias is `unit` times as large, so its penalty
  /// is not multiplied.
  func foldIn(unit: Float) -> FoldIn {
    plain
      ? .ridge(regularization: max(0.1, regularization) * foldInScale, exponent: 0, biasScale: nil)
      : .ridge(
        regularization: regularization * foldInScale * unit * unit, exponent: regularizationExponent,
        biasScale: biasScale / (unit * unit))
  }

  /// The penalties per step, by row. A row with n ratings takes n steps per epoch, so λnᵉ per epoch is λnᵉ⁻¹ per step.
  func penalties(_ counts: [Int32], at places: [Int32]) -> Buffer<Float> {
    var penalties = Buffer<Float>(repeating: 0, count: counts.count)
    for row in counts.indices {
      let count = Float(max(1, counts[row]))
      penalties[Int(places[row])] = regularization * FoldIn.power(count, regularizationExponent) / count
    }
    return penalties
  }

  /// The initial state: random factors, those of row i at `places[i]`, and biases of 0.
  func initialState(
    _ users: [Int32], _ items: [Int32], seed: UInt64, using parallel: Parallel
  ) -> GradientState {
    GradientState(
      users: initialFactors(.users, at: users, seed: seed, using: parallel),
      items: initialFactors(.items, at: items, seed: seed, using: parallel),
      userBiases: Buffer(repeating: 0, count: users.count), itemBiases: Buffer(repeating: 0, count: items.count))
  }

  private func initialFactors(
    _ purpose: RandomStream.Purpose, at places: [Int32], seed: UInt64, using parallel: Parallel
  ) -> Factors {
    var factors = Factors(count: places.count, rank: rank, threads: parallel.threads)
    let stride = factors.stride
    let (rank, plain) = (rank, plain)
    // The width of a uniform distribution is √12 times its standard deviation.
    let width = plain ? 1 : Double(initialDeviation) * 12.0.squareRoot()
    let start = plain ? 0 : -width / 2
    let rowsOfBlock = 1024
    factors.elements.withSharedWriter { out in
      parallel.forEach((places.count + rowsOfBlock - 1) / rowsOfBlock) { block in
        for row in block * rowsOfBlock..<min(places.count, (block + 1) * rowsOfBlock) {
          var stream = RandomStream(seed: seed, purpose, row)
          let first = Int(places[row]) * stride
          for column in 0..<rank { out[first + column] = Float(start + width * stream.uniform()) }
        }
      }
    }
    return factors
  }
}
