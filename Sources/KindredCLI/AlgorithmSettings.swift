import ArgumentParser
import Kindred

/// Options that set an algorithm's hyperparameters, keyed by the library's names.
protocol SettingOptions: ParsableArguments {
  var settings: [String: String] { get }
}

struct FactorSettings: SettingOptions {
  @Option(help: "The number of factors.")
  var rank: Int?
  @Option(help: "The maximum number of passes over the data.")
  var epochs: Int?
  @Option(help: "The penalty on the size of the factors.")
  var regularization: Float?

  var settings: [String: String] {
    ["rank": rank?.description, "epochs": epochs?.description, "regularization": regularization?.description]
      .compactMapValues { $0 }
  }
}

struct DescentSettings: SettingOptions {
  @Option(help: "The step size of the first epoch.")
  var learningRate: Float?
  @Flag(
    help: "Textbook gradient descent: no biases, a constant step, the file's order; prints the loss per pass.")
  var plain = false

  var settings: [String: String] {
    ["learningRate": learningRate?.description, "plain": plain ? "true" : nil].compactMapValues { $0 }
  }
}

struct BiasSettings: SettingOptions {
  @Option(help: "The penalty on biases, as a multiple of the penalty on factors.")
  var biasScale: Float?

  var settings: [String: String] { ["biasScale": biasScale?.description].compactMapValues { $0 } }
}

struct DampingSettings: SettingOptions {
  @Option(help: "The number of pseudo-ratings at the mean that are added to each user.")
  var userDamping: Float?
  @Option(help: "The number of pseudo-ratings at the mean that are added to each item.")
  var itemDamping: Float?

  var settings: [String: String] {
    ["userDamping": userDamping?.description, "itemDamping": itemDamping?.description].compactMapValues { $0 }
  }
}

struct UnobservedSettings: SettingOptions {
  @Option(help: "The weight of a pair that was not observed.")
  var unobservedWeight: Float?
  @Option(help: "The number of factors solved for at once; a smaller block makes epochs of large ranks faster.")
  var blockSize: Int?
  @Flag(help: "Use the values as weights, such as counts of plays or purchases.")
  var weighted = false

  var settings: [String: String] {
    [
      "unobservedWeight": unobservedWeight?.description, "blockSize": blockSize?.description,
      "adaptsToDensity": unobservedWeight == nil ? nil : "false",
      "weighted": weighted ? "true" : nil,
    ].compactMapValues { $0 }
  }
}

/// A duration such as 90s, 5m or 1h.
struct Budget: ExpressibleByArgument {
  var seconds: Double

  init?(argument: String) {
    guard let unit = ["s": 1.0, "m": 60, "h": 3600][argument.suffix(1)], let count = Double(argument.dropLast()),
      count >= 0, count * unit <= 1e9
    else { return nil }
    seconds = count * unit
  }
}

struct BudgetSettings: SettingOptions {
  @Option(
    help: ArgumentHelp(
      "The time limit of the search for settings, such as 20s or 5m; 0s skips the search.", valueName: "time"))
  var budget: Budget?

  var settings: [String: String] { ["budget": budget?.seconds.description].compactMapValues { $0 } }
}

struct FeatureSettings: SettingOptions {
  @Option(
    help: ArgumentHelp(
      "The features, separated by commas, from \(BayesianFM.Feature.allCases.map(\.rawValue).joined(separator: ",")).",
      valueName: "features"))
  var features: String?
  @Option(help: "The number of chains that share the sweeps; 0 chooses by sweeps and ratings.")
  var chains: Int?
  @Option(help: "The number of draws that the model keeps; 0 chooses by the rank.")
  var samples: Int?
  @Flag(help: "Treat ratings as levels of an ordinal scale, not as numbers.")
  var probit = false

  var settings: [String: String] {
    [
      "features": features, "chains": chains?.description, "samples": samples?.description,
      "probit": probit ? "true" : nil,
    ].compactMapValues { $0 }
  }
}

struct RecencySettings: SettingOptions {
  @Option(help: ArgumentHelp("The days after which a user counts half; 0 tunes it.", valueName: "days"))
  var popularityHalfLife: Float?

  var settings: [String: String] {
    ["popularityHalfLife": popularityHalfLife?.description].compactMapValues { $0 }
  }
}

/// The options of all algorithms, for commands that accept any algorithm.
struct AllSettings: SettingOptions {
  @OptionGroup var factors: FactorSettings
  @OptionGroup var descent: DescentSettings
  @OptionGroup var biases: BiasSettings
  @OptionGroup var damping: DampingSettings
  @OptionGroup var unobserved: UnobservedSettings
  @OptionGroup var neighbors: NeighborSettings
  @OptionGroup var dropout: DropoutSettings
  @OptionGroup var similarity: SimilaritySettings
  @OptionGroup var spectral: SpectralSettings
  @OptionGroup var bayesian: FeatureSettings
  @OptionGroup var budget: BudgetSettings
  @OptionGroup var recency: RecencySettings
  @OptionGroup var steps: StepSettings

  var settings: [String: String] {
    let groups: [any SettingOptions] = [
      factors, descent, biases, damping, unobserved, neighbors, dropout, similarity, spectral,
      bayesian, budget, recency, steps,
    ]
    let all = groups.reduce(into: [:]) { all, group in all.merge(group.settings) { $1 } }
    return descent.plain ? Self.textbook.merging(all) { $1 } : all
  }

  /// The defaults of `--plain`: the settings of the tutorial that it repeats.
  static let textbook = ["rank": "10", "epochs": "20", "learningRate": "0.001", "regularization": "0.02"]
}

/// The options of one algorithm, and the parts of its help.
protocol AlgorithmSettings: SettingOptions {
  static var algorithm: Algorithm { get }
  static var abstract: String { get }
  static var example: String { get }
}

struct SGDSettings: AlgorithmSettings {
  static let algorithm = Algorithm.sgd
  static let abstract = "Matrix factorization of ratings by stochastic gradient descent."
  static let example = "--rank 32 "
  @OptionGroup var factors: FactorSettings
  @OptionGroup var descent: DescentSettings
  @OptionGroup var biases: BiasSettings

  var settings: [String: String] {
    let given = factors.settings.merging(descent.settings) { $1 }.merging(biases.settings) { $1 }
    return descent.plain ? AllSettings.textbook.merging(given) { $1 } : given
  }
}

struct ALSSettings: AlgorithmSettings {
  static let algorithm = Algorithm.als
  static let abstract = "Matrix factorization of ratings by alternating least squares."
  static let example = "--rank 32 "
  @OptionGroup var factors: FactorSettings
  @OptionGroup var biases: BiasSettings
  var settings: [String: String] { factors.settings.merging(biases.settings) { $1 } }
}

struct ImplicitALSSettings: AlgorithmSettings {
  static let algorithm = Algorithm.implicitALS
  static let abstract = "Matrix factorization of implicit feedback, for ranking, by alternating least squares."
  static let example = "--rank 64 "
  @OptionGroup var factors: FactorSettings
  @OptionGroup var unobserved: UnobservedSettings
  var settings: [String: String] { factors.settings.merging(unobserved.settings) { $1 } }
}

struct PopularitySettings: AlgorithmSettings {
  static let algorithm = Algorithm.popularity
  static let abstract = "The most popular items: the baseline for rankings."
  static let example = ""
  var settings: [String: String] { [:] }
}

struct RecentPopularitySettings: AlgorithmSettings {
  static let algorithm = Algorithm.recentPopularity
  static let abstract = "The most popular items of late: the baseline for rankings of data with times."
  static let example = "--popularity-half-life 30 "
  @OptionGroup var recency: RecencySettings
  var settings: [String: String] { recency.settings }
}

struct BiasBaselineSettings: AlgorithmSettings {
  static let algorithm = Algorithm.bias
  static let abstract = "The mean plus one deviation per user and per item: the baseline for ratings."
  static let example = ""
  @OptionGroup var damping: DampingSettings
  var settings: [String: String] { damping.settings }
}

struct MeanSettings: AlgorithmSettings {
  static let algorithm = Algorithm.mean
  static let abstract = "The mean of all ratings."
  static let example = ""
  var settings: [String: String] { [:] }
}

struct BlendSettings: AlgorithmSettings {
  static let algorithm = Algorithm.blend
  static let abstract = "A weighted blend of rankers, with weights chosen on a validation cut: the default for lists."
  static let example = "--budget 1m "
  @Option(help: "The number of factors of the implicit ALS model in the blend.")
  var rank: Int?
  @OptionGroup var budget: BudgetSettings

  var settings: [String: String] {
    budget.settings.merging(["rank": rank?.description].compactMapValues { $0 }) { $1 }
  }
}

struct BayesianSettings: AlgorithmSettings {
  static let algorithm = Algorithm.bayesian
  static let abstract = "A Bayesian factorization machine: the most accurate ratings, with their uncertainty."
  static let example = "--rank 32 "
  @Option(help: "The number of factors; 0 chooses by the number of ratings.")
  var rank: Int?
  @Option(help: "The number of sweeps of the sampler.")
  var epochs: Int?
  @OptionGroup var features: FeatureSettings

  var settings: [String: String] {
    ["rank": rank?.description, "epochs": epochs?.description].compactMapValues { $0 }.merging(features.settings) { $1 }
  }
}
