/// Matrix factorization of ratings by alternating least squares: with one side held fixed, each row of the other is a ridge
/// regression with an exact answer.
///
/// A row's factors are regularized in proportion to its number of ratings (Zhou, Wilkinson, Schreiber, Pan 2008,
/// <https://doi.org/10.1007/978-3-540-68880-8_32>), and its bias is solved for along with them.
public struct ALS: Trainer {
  /// The number of factors a row; 1 or more.
  public var rank = 32
  /// The most passes over both sides.
  public var epochs = 20
  /// The penalty on the size of the factors, for each rating of the row; above 0.
  public var regularization: Float = 0.12
  /// The penalty on a row's bias, in units of that on its factors; 0 or more.
  public var biasScale: Float = 0.3

  public static let predictsRatings = true
  public static let searchSpace = [
    Hyperparameter("regularization", in: 0.03...0.4), Hyperparameter("biasScale", in: 0.03...3),
    Hyperparameter("rank", in: 8...64, isInteger: true),
  ]
  public var usesValidation: Bool { true }

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer of a rank with otherwise default hyperparameters.
  public init(rank: Int) { self.rank = rank }

  public func makeSession(
    for data: TrainingData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> AlternatingSession<RatingModel> {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require(epochs >= 1, "there must be at least one epoch")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(biasScale >= 0 && biasScale.isFinite, "the scale of the biases' regularization must be 0 or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    // Values in a unit twice as large make factors of both sides √2 as large and squared errors 4 times; biases are in that unit.
    let unit = data.unit
    let law = FoldIn.ridge(regularization: regularization * unit, exponent: 1, biasScale: biasScale / unit)
    let scale = data.scale
    return AlternatingSession(law, data, mean: data.mean, unit: unit, rank: rank, epochs: epochs, seed: seed) { model in
      RatingModel(factors: model, scale: scale)
    }
  }
}

/// Matrix factorization of what people did, by alternating least squares over all pairs of person and item: the model for ranking.
///
/// It minimises Σ_S w (p·q − 1)² + α Σ_all (p·q)² + λ (Σ_u (|S_u| + α·items) ‖p_u‖² + Σ_i (|S_i| + α·people) ‖q_i‖²) exactly, a row at a time
/// (Hu, Koren, Volinsky 2008, <https://doi.org/10.1109/ICDM.2008.22>; the scaling and the settings that work are those of Rendle, Krichene,
/// Zhang, Koren 2021, <https://doi.org/10.1145/3523227.3548486>).
public struct ImplicitALS: Trainer {
  /// The number of factors a row; 1 or more.
  public var rank = 64
  /// The passes over both sides.
  public var epochs = 12
  /// λ, the penalty on the size of the factors; above 0.
  public var regularization: Float = 0.009
  /// α, the weight of a pair that was not observed; above 0.
  public var unobservedWeight: Float = 0.4
  /// Whether a value is the weight of its pair, as for counts of plays or purchases; otherwise every pair weighs 1.
  public var weighted = false

  public static let predictsRatings = false
  public static let searchSpace = [
    // Not the rank: more of it is better until it no longer matters, so it is a choice of time and memory.
    Hyperparameter("regularization", in: 0.0003...0.3), Hyperparameter("unobservedWeight", in: 0.003...3),
  ]

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer of a rank with otherwise default hyperparameters.
  public init(rank: Int) { self.rank = rank }

  public func makeSession(
    for data: TrainingData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> AlternatingSession<FactorModel> {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require(epochs >= 1, "there must be at least one epoch")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(unobservedWeight > 0 && unobservedWeight.isFinite, "the unobserved weight must be above 0")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let weighted = weighted || data.valuesAreWeights
    if weighted, data.values.contains(where: { $0 < 0 }) {
      throw TrainingError(.unsuitableData("values are negative, so they cannot be weights; leave out --weighted"))
    }
    let law = FoldIn.implicit(regularization: regularization, unobservedWeight: unobservedWeight, weighted: weighted)
    return AlternatingSession(law, data, mean: 0, rank: rank, epochs: epochs, seed: seed) { $0 }
  }
}

/// A training by alternating least squares under way: a half-step of the people, then one of the items, an epoch.
public struct AlternatingSession<Model: Scorer>: TrainingSession {
  private let law: FoldIn
  private let byUser: SparseMatrix
  private let byItem: SparseMatrix
  private let mean: Float
  private let epochs: Int
  private let wrap: @Sendable (FactorModel) -> Model
  private var items: Factors
  private var itemBiases: Buffer<Float>
  private var epoch = 0

  public var isFinished: Bool { epoch >= epochs }

  init(
    _ law: FoldIn, _ data: TrainingData, mean: Float, unit: Float = 1, rank: Int, epochs: Int, seed: UInt64,
    wrap: @escaping @Sendable (FactorModel) -> Model
  ) {
    self.law = law
    self.mean = mean
    self.epochs = epochs
    self.wrap = wrap
    byUser = data.rowsByUser()
    byItem = data.rowsByItem()
    items = Factors(count: data.itemCount, rank: rank)
    itemBiases = Buffer(repeating: 0, count: data.itemCount)
    let deviation = 0.1 * (Double(unit) / Double(rank)).squareRoot()
    for item in 0..<data.itemCount {
      var stream = RandomStream(seed: seed, .items, item)
      items[item] = (0..<rank).map { _ in Float(stream.normal() * deviation) }
    }
  }

  /// Returns the mean of the squared errors over the observed pairs, with what the law adds for the others and for large factors.
  public mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let people = law.problems(
      of: byUser, against: items, biases: itemBiases, mean: mean, gram: law.gram(of: items, using: parallel)
    ).solved(using: parallel)
    let problems = law.problems(
      of: byItem, against: people.factors, biases: people.biases, mean: mean,
      gram: law.gram(of: people.factors, using: parallel))
    let solved = problems.solved(using: parallel)
    let observed = problems.squaredError(of: solved.factors, biases: solved.biases, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let loss = Float(
      (observed + law.penalty(of: people.factors, byUser, and: solved.factors, byItem, using: parallel))
        / Double(max(1, byUser.count)))
    guard loss.isFinite, solved.factors.elements.isFinite(parallel: parallel),
      solved.biases.isFinite(parallel: parallel)
    else {
      throw TrainingError(.diverged(epoch: epoch + 1, cure: "try a larger regularization"))
    }
    items = solved.factors
    itemBiases = solved.biases
    epoch += 1
    return loss
  }

  public func makeModel(using parallel: Parallel) -> Model {
    wrap(
      FactorModel(
        mean: mean, foldIn: law, items: items, itemBiases: itemBiases, foldingIn: byUser, using: parallel))
  }
}

extension FoldIn {
  /// What the objective holds besides the errors on observed pairs: α Σ_all (p·q)² = α ⟨PᵀP, QᵀQ⟩, and the penalties on the factors.
  fileprivate func penalty(
    of users: Factors, _ byUser: SparseMatrix, and items: Factors, _ byItem: SparseMatrix, using parallel: Parallel
  ) -> Double {
    var total = 0.0
    for (factors, rows) in [(users, byUser), (items, byItem)] {
      for row in 0..<factors.count {
        total += Double(penalty(of: row, in: rows)) * Double(factors.squaredLength(ofRow: row))
      }
    }
    guard case .implicit(_, let unobservedWeight, _) = self else { return total }
    let left = users.gram(using: parallel)
    let right = items.gram(using: parallel)
    var product = 0.0
    for row in 0..<users.rank {
      for column in row..<users.rank {
        let index = row * users.stride + column
        product += Double(left[index]) * Double(right[index]) * (row == column ? 1 : 2)
      }
    }
    return total + Double(unobservedWeight) * product
  }
}
