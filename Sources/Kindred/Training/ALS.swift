/// Matrix factorization of ratings by alternating least squares: with one side held fixed, each row of the other side
/// is a ridge regression with an exact solution.
///
/// A row's factors are regularized in proportion to its number of ratings (Zhou, Wilkinson, Schreiber, Pan 2008,
/// <https://doi.org/10.1007/978-3-540-68880-8_32>), and its bias is solved for along with them.
public struct ALS: IterativeTrainer {
  /// The number of factors per row; from 1 to 4,096.
  public var rank = 32
  /// The maximum number of passes over both sides; 1 or more.
  public var epochs = 20
  /// The penalty on the size of the factors, per rating of the row; above 0.
  public var regularization: Float = 0.12
  /// The penalty on a row's bias, relative to that on its factors; 0 or more.
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
  ///
  /// - Parameter rank: The number of factors per row; from 1 to 4,096.
  public init(rank: Int) { self.rank = rank }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<RatingModel> {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require((1...SettingBound.epochs).contains(epochs), "there must be between 1 and 100,000 epochs")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(biasScale >= 0 && biasScale.isFinite, "the scale of the biases' regularization must be 0 or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    // On a scale of values twice as wide, squared errors and squared biases are 4 times as large and the squared
    // factors of both sides twice. The penalties are scaled accordingly.
    let values = data.summary(using: parallel)
    let law = FoldIn.ridge(
      regularization: regularization * values.unit, exponent: 1, biasScale: biasScale / values.unit)
    return AlternatingSession(
      law, data, mean: values.mean, unit: values.unit, rank: rank, epochs: epochs, seed: seed
    ) { model in
      RatingModel(factors: model, scale: values.scale)
    }
  }
}
