/// Matrix factorization of implicit feedback by alternating least squares over all pairs of user and item: the factor
/// model for ranking.
///
/// It minimises Σ_S w (p·q − 1)² + α Σ_all (p·q)² + λ (Σ_u (|S_u| + α·items) ‖p_u‖² + Σ_i (|S_i| + α·users) ‖q_i‖²),
/// where S are the observed pairs, one row after another (Hu, Koren, Volinsky 2008,
/// <https://doi.org/10.1109/ICDM.2008.22>). The scaling of the penalty and the defaults follow Rendle, Krichene, Zhang,
/// Koren 2021 (<https://doi.org/10.1145/3523227.3548486>).
///
/// A row of at most `blockSize` factors is solved exactly. A longer row is solved in blocks of that many factors
/// (iALS++; Rendle, Krichene, Zhang, Koren 2021, <https://doi.org/10.48550/arXiv.2110.14044>), which makes large ranks
/// affordable: O(interactions · rank · blockSize + (users + items) · rank · (rank + blockSize²)) per epoch. The users
/// of the final model are solved exactly at every rank.
public struct ImplicitALS: IterativeTrainer {
  /// The number of factors per row, at most 4,096; 0 takes 64, or 128 where less than one pair in 500 was observed.
  ///
  /// The fewer items users share, the more factors it takes to tell their tastes apart.
  public var rank = 0
  /// The number of passes over both sides; 1 or more.
  public var epochs = 12
  /// λ, the penalty on the size of the factors; above 0.
  public var regularization: Float = 0.009
  /// α, the weight of a pair that was not observed; above 0.
  public var unobservedWeight: Float = 0.4
  /// Whether α is at most 16 times the share of pairs that were observed.
  ///
  /// In sparse data the many pairs that were not observed would outweigh the observed ones, and shrink a user's factors
  /// to nothing.
  public var adaptsToDensity = true
  /// The maximum number of factors of a row that are solved for at once, rounded up to a multiple of 16; from 1 to
  /// 4,096.
  public var blockSize = 64
  /// Whether a value is the weight w of its pair, as for counts of plays or purchases; if false, w is 1.
  public var weighted = false

  public static let predictsRatings = false
  public static let searchSpace = [
    // The rank is not searched: a higher one is better up to a limit, so it is a matter of time and memory.
    Hyperparameter("regularization", in: 0.0003...0.3), Hyperparameter("unobservedWeight", in: 0.003...3),
  ]

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer of a rank with otherwise default hyperparameters.
  ///
  /// - Parameter rank: The number of factors per row; from 1 to 4,096.
  public init(rank: Int) { self.rank = rank }

  public func sizeEstimate(for data: PreparedData) -> Int {
    4 * (rank > 0 ? rank : 128) * (data.userCount + data.itemCount)
  }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<FactorModel> {
    try require(rank >= 0 && rank <= 4096, "the rank must be between 0 and 4096")
    try require((1...SettingBound.epochs).contains(epochs), "there must be between 1 and 100,000 epochs")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(unobservedWeight > 0 && unobservedWeight.isFinite, "the unobserved weight must be above 0")
    try require(blockSize >= 1 && blockSize <= 4096, "the block size must be between 1 and 4096")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let weighted = weighted || data.columns.valuesAreWeights
    if weighted, data.columns.values.contains(where: { $0 < 0 }) {
      throw TrainingError(.unsuitableData("values are negative, so they cannot be weights; set weighted to false"))
    }
    let (rank, unobservedWeight) = settled(
      density: Float(Double(data.count) / (Double(data.userCount) * Double(data.itemCount))))
    let law = FoldIn.implicit(
      regularization: regularization, unobservedWeight: unobservedWeight, weighted: weighted)
    return AlternatingSession(
      law, data, mean: 0, rank: rank, blockSize: rank > blockSize ? Factors.stride(for: blockSize) : nil,
      epochs: epochs,
      seed: seed
    ) { $0 }
  }

  /// The rank and α for data of which this share of pairs was observed.
  package func settled(density: Float) -> (rank: Int, unobservedWeight: Float) {
    (
      rank > 0 ? rank : density < 0.002 ? 128 : 64,
      adaptsToDensity ? min(unobservedWeight, 16 * density) : unobservedWeight
    )
  }
}
