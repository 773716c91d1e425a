/// A Bayesian factorization machine, sampled by Gibbs: the most accurate ratings, with their uncertainty.
///
/// Every user, item and day has a bias and factors. A rating is a mean plus the three biases plus the products of the
/// three sides' factors, with normal noise. The noise's precision differs per user and per item, since some users rate
/// more erratically and some items divide opinion more (gamma priors, as in Lakshminarayanan, Bouchard, Archambeau
/// 2011, <https://proceedings.mlr.press/v15/lakshminarayanan11a.html>).
///
/// A user's row is drawn around a prior mean that the user's features determine: the items they rated, and their
/// attributes. An item's row is drawn likewise, around the users who rated it and the item's attributes. Each group of
/// features has a prior mean and precision per factor, which are drawn too, so nothing is left to tune.
///
/// With `user,item` alone it is Bayesian matrix factorization (Salakhutdinov, Mnih 2008,
/// <https://doi.org/10.1145/1390156.1390267>). With all features it is close to the model called timeSVD++ flipped
/// (Rendle, Zhang, Koren 2019, <https://arxiv.org/abs/1905.01395>), sampled as in Rendle 2012
/// (<https://doi.org/10.1145/2168752.2168771>), but one whole row at a time.
public struct BayesianFM: IterativeTrainer {
  /// The number of factors per row, at most 512; 0 chooses by the number of ratings: 10 for 80,000, 32 from 820,000 up.
  public var rank = 0
  /// The sweeps over all rows, the warm-up included; 1 or more.
  public var epochs = 2048
  /// The number of chains, each with a start of its own, that share the sweeps; at most `epochs`. 0 chooses one chain
  /// per 128 sweeps at 80,000 ratings; for more ratings the sweeps per chain grow with the square root of their number.
  ///
  /// The posterior of a factorization has many modes of about equal quality, and a chain stays near the one it found.
  /// Several chains predict better than one chain as long, if each is long enough to find a mode.
  public var chains = 0
  /// The number of draws that the model keeps, spread evenly over the sweeps of each chain after its first few; 0
  /// chooses as many as have 2,048 factors together. The factors of all draws together are at most 4,096.
  public var samples = 0
  /// What a rating depends on: user and item, and any of the others. Days count if the data have times, `side` if users
  /// or items have attributes.
  public var features = Set(Feature.allCases)

  /// Whether ratings are levels of an ordinal scale with learned cut points, instead of numbers with normal noise
  /// (Albert, Chib 1993, <https://doi.org/10.1080/01621459.1993.10476321>).
  public var probit = false

  /// Something that a rating depends on.
  public enum Feature: String, CaseIterable, Sendable {
    /// The user who gives it.
    case user
    /// The item.
    case item
    /// The day on which it is given.
    case day
    /// The items that the user rated.
    case userItems = "user-items"
    /// The users who rated the item.
    case itemUsers = "item-users"
    /// The attributes of the user and of the item.
    case side
  }

  public static let predictsRatings = true
  public static let searchSpace = [Hyperparameter("rank", in: 4...64, isInteger: true)]

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer with a rank and features, and otherwise default hyperparameters.
  public init(rank: Int, features: Set<Feature> = Set(Feature.allCases)) {
    self.rank = rank
    self.features = features
  }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<RatingModel> {
    try require(rank >= 0 && rank <= 512, "the rank must be between 1 and 512, or 0 to choose by the number of ratings")
    try require(epochs >= 1 && epochs <= 1_000_000, "there must be between 1 and 1,000,000 sweeps")
    let chosen = chosen(for: data)
    try require(
      chains >= 0 && chosen.chains <= epochs, "there must be at most as many chains as sweeps, or 0 to choose by them")
    try require(
      samples >= 0 && samples <= 4096 && chosen.samples * chosen.rank <= 4096,
      "the samples times the rank must be at most 4096")
    try require(features.isSuperset(of: [.user, .item]), "the features must hold user and item")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no rating to learn from")) }
    guard data.count <= Int(Int32.max) else {
      throw TrainingError(.unsuitableData("more than 2147483647 ratings are too many for this algorithm"))
    }
    // If all ratings are equal there is no scale to learn.
    let columns = data.columns
    let ordinal = probit && columns.hasRatings ? OrdinalScale(of: columns.values) : nil
    if probit, columns.hasRatings, ordinal == nil {
      throw TrainingError(
        .unsuitableData("the ratings have more than 20 different values, too many for levels; set probit to false"))
    }
    return BayesianSession(
      chosen, features, columns, ordinal: ordinal, values: data.summary(using: parallel), seed: seed)
  }

  /// The trainer with every 0 replaced by a choice that depends on the data.
  private func chosen(for data: PreparedData) -> BayesianFM {
    var chosen = self
    if rank == 0 { chosen.rank = min(32, max(4, Int((Double(data.count) / 800).squareRoot().rounded()))) }
    if chains == 0 {
      chosen.chains = max(1, Int(Double(epochs) / (128 * max(1, (Double(data.count) / 80_000).squareRoot()))))
    }
    if samples == 0 { chosen.samples = max(1, min(256, 2048 / max(1, chosen.rank))) }
    return chosen
  }

  public func timeEstimate(for data: PreparedData, threads: Int) -> Double? {
    let r = Double(chosen(for: data).rank)
    // Nanoseconds measured on one core: per cell of one side, and per row.
    let cell = 12 + 0.03 * r * r + (probit ? 120 : 0)
    let row = 300 + 2 * r * r + 0.03 * r * r * r
    let sides = data.columns.times.isEmpty ? 2.0 : 3.0
    let sweep = (Double(data.count) * cell * sides + Double(data.userCount + data.itemCount) * row) * 1e-9
    return Double(epochs) * (sweep / Double(threads) + 2e-4)
  }

  public func memoryEstimate(for data: PreparedData) -> Int? {
    let rows = data.userCount + data.itemCount
    // Numbers that are out of range are refused later, by the training.
    let chosen = chosen(for: data)
    let (rank, samples) = (min(max(chosen.rank, 0), 512), min(max(chosen.samples, 0), 4096))
    return 4 * (data.count * 12 + rows * (4 * (rank + 16) + 2 * samples * (rank + 1)))
  }
}
