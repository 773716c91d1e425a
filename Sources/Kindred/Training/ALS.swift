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
/// It minimises Σ_S w (p·q − 1)² + α Σ_all (p·q)² + λ (Σ_u (|S_u| + α·items) ‖p_u‖² + Σ_i (|S_i| + α·people) ‖q_i‖²), a row at a time
/// (Hu, Koren, Volinsky 2008, <https://doi.org/10.1109/ICDM.2008.22>; the scaling and the settings that work are those of Rendle, Krichene,
/// Zhang, Koren 2021, <https://doi.org/10.1145/3523227.3548486>). A row of at most `blockSize` factors is solved exactly; of a longer one,
/// so many at a time (iALS++, Rendle, Krichene, Zhang, Koren 2021, <https://doi.org/10.48550/arXiv.2110.14044>), which makes large ranks
/// affordable: O(interactions · rank · blockSize + (people + items) · rank · (rank + blockSize²)) an epoch. The people of the model are solved
/// for exactly either way.
public struct ImplicitALS: Trainer {
  /// The number of factors a row; 1 or more.
  public var rank = 64
  /// The passes over both sides.
  public var epochs = 12
  /// λ, the penalty on the size of the factors; above 0.
  public var regularization: Float = 0.009
  /// α, the weight of a pair that was not observed; above 0.
  public var unobservedWeight: Float = 0.4
  /// The most factors of a row that are solved for at once, rounded up to a multiple of 16; 1 or more.
  public var blockSize = 64
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
    try require(blockSize >= 1 && blockSize <= 4096, "the block size must be between 1 and 4096")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let weighted = weighted || data.valuesAreWeights
    if weighted, data.values.contains(where: { $0 < 0 }) {
      throw TrainingError(.unsuitableData("values are negative, so they cannot be weights; leave out --weighted"))
    }
    let law = FoldIn.implicit(regularization: regularization, unobservedWeight: unobservedWeight, weighted: weighted)
    return AlternatingSession(
      law, data, mean: 0, rank: rank, blockSize: rank > blockSize ? Factors.stride(for: blockSize) : nil,
      epochs: epochs,
      seed: seed
    ) { $0 }
  }
}

/// A training by alternating least squares under way: a half-step of the people, then one of the items, an epoch.
public struct AlternatingSession<Model: Scorer>: TrainingSession {
  private let law: FoldIn
  private let byUser: SparseMatrix
  private let byItem: SparseMatrix
  private let mean: Float
  /// The factors solved for at once; nil for all of them.
  private let blockSize: Int?
  private let epochs: Int
  private let wrap: @Sendable (FactorModel) -> Model
  /// Where the next epoch starts from, with blocks; otherwise without rows.
  private var people: Factors
  private var items: Factors
  private var itemBiases: Buffer<Float>
  private var epoch = 0

  public var isFinished: Bool { epoch >= epochs }

  init(
    _ law: FoldIn, _ data: TrainingData, mean: Float, unit: Float = 1, rank: Int, blockSize: Int? = nil, epochs: Int,
    seed: UInt64, wrap: @escaping @Sendable (FactorModel) -> Model
  ) {
    self.law = law
    self.mean = mean
    self.blockSize = blockSize
    self.epochs = epochs
    self.wrap = wrap
    people = Factors(count: blockSize == nil ? 0 : data.userCount, rank: rank)
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

  /// Returns what is minimised, over the number of observed pairs: their squared errors, what the law adds for the other pairs, and the
  /// penalties. It never rises.
  public mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    var users = halfStep(of: byUser, from: people, against: items, biases: itemBiases, using: parallel)
    if descends { users.factors = users.factors.onPrincipalAxes(using: parallel) }
    var solved = halfStep(of: byItem, from: items, against: users.factors, biases: users.biases, using: parallel)
    if descends { solved.factors = solved.factors.onPrincipalAxes(using: parallel) }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let objective = solved.objective + law.penalty(on: users.factors, users.biases, of: byUser)
    let loss = Float(objective / Double(max(1, byUser.count)))
    guard loss.isFinite, solved.factors.elements.isFinite(parallel: parallel),
      solved.biases.isFinite(parallel: parallel)
    else {
      throw TrainingError(.diverged(epoch: epoch + 1, cure: "try a larger regularization"))
    }
    if blockSize != nil { people = users.factors }
    items = solved.factors
    itemBiases = solved.biases
    epoch += 1
    return max(0, loss)  // where everything fits exactly, rounding decides its sign
  }

  /// Whether rows are solved for by conjugate gradients, which want what they are solved against on its principal axes.
  private var descends: Bool {
    if case .ridge = law { true } else { false }
  }

  private func halfStep(
    of rows: SparseMatrix, from start: Factors, against columns: Factors, biases: Buffer<Float>,
    using parallel: Parallel
  ) -> RowProblems.Solution {
    let gram = law.gram(of: columns, using: parallel)
    let problems = law.problems(of: rows, against: columns, biases: biases, mean: mean, gram: gram)
    guard let blockSize else { return problems.solved(using: parallel) }
    return problems.improved(from: start, block: blockSize, using: parallel)
  }

  public func makeModel(using parallel: Parallel) -> Model {
    wrap(
      FactorModel(
        mean: mean, foldIn: law, items: items, itemBiases: itemBiases, foldingIn: byUser, using: parallel))
  }
}

extension FoldIn {
  /// The penalty that a side held fixed adds to the objective.
  fileprivate func penalty(on factors: Factors, _ biases: Buffer<Float>, of rows: SparseMatrix) -> Double {
    var scale: Float = 0
    if case .ridge(_, _, let biasScale) = self { scale = biasScale ?? 0 }
    return (0..<factors.count).reduce(0.0) { total, row in
      let squares = factors.squaredLength(ofRow: row) + scale * biases[row] * biases[row]
      return total + Double(penalty(of: row, in: rows)) * Double(squares)
    }
  }
}
