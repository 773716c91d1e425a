/// Matrix factorization of what users did, by alternating least squares over all pairs of user and item: the model for ranking.
///
/// It minimises Σ_S w (p·q − 1)² + α Σ_all (p·q)² + λ (Σ_u (|S_u| + α·items) ‖p_u‖² + Σ_i (|S_i| + α·users) ‖q_i‖²), a row at a time
/// (Hu, Koren, Volinsky 2008, <https://doi.org/10.1109/ICDM.2008.22>; the scaling and the settings that work are those of Rendle, Krichene,
/// Zhang, Koren 2021, <https://doi.org/10.1145/3523227.3548486>). A row of at most `blockSize` factors is solved exactly; of a longer one,
/// so many at a time (iALS++, Rendle, Krichene, Zhang, Koren 2021, <https://doi.org/10.48550/arXiv.2110.14044>), which makes large ranks
/// affordable: O(interactions · rank · blockSize + (users + items) · rank · (rank + blockSize²)) an epoch. The users of the model are solved
/// for exactly either way.
public struct ImplicitALS: IterativeTrainer {
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
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<FactorModel> {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require(epochs >= 1, "there must be at least one epoch")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(unobservedWeight > 0 && unobservedWeight.isFinite, "the unobserved weight must be above 0")
    try require(blockSize >= 1 && blockSize <= 4096, "the block size must be between 1 and 4096")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let weighted = weighted || data.columns.valuesAreWeights
    if weighted, data.columns.values.contains(where: { $0 < 0 }) {
      throw TrainingError(.unsuitableData("values are negative, so they cannot be weights; set weighted to false"))
    }
    let law = FoldIn.implicit(regularization: regularization, unobservedWeight: unobservedWeight, weighted: weighted)
    return AlternatingSession(
      law, data, mean: 0, rank: rank, blockSize: rank > blockSize ? Factors.stride(for: blockSize) : nil,
      epochs: epochs,
      seed: seed
    ) { $0 }
  }
}
