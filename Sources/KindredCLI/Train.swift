import ArgumentParser
import Foundation
import Kindred

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model from a file of ratings.",
    discussion: """
      Without an algorithm it trains the default pair: one model that orders lists and, where the values are ratings, one that \
      predicts them.

      EXAMPLE:
        kindred train --ratings ratings.csv --items movies.csv --model films.kindred
      """,
    subcommands: [
      TrainAlgorithm<SGDSettings>.self, TrainAlgorithm<ALSSettings>.self, TrainAlgorithm<ImplicitALSSettings>.self,
      TrainAlgorithm<EASESettings>.self, TrainAlgorithm<GraphFilterSettings>.self, TrainAlgorithm<ItemKNNSettings>.self,
      TrainAlgorithm<PopularitySettings>.self, TrainAlgorithm<BiasSettings>.self, TrainAlgorithm<MeanSettings>.self,
    ])

  @OptionGroup var data: DataOptions
  @OptionGroup var output: TrainingOutput

  func run() async throws {
    try await output.train(data) { interactions, progress throws(TrainingError) in
      try await Recommender.train(on: interactions, seed: data.seed, threads: data.threads, progress: progress)
    }
  }
}

/// One algorithm as a subcommand, with its own options.
struct TrainAlgorithm<Settings: AlgorithmSettings>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    let name = Settings.algorithm.rawValue
    return CommandConfiguration(
      commandName: name, abstract: Settings.abstract,
      discussion: "EXAMPLE:\n  kindred train \(name) \(Settings.example)--ratings ratings.csv --model films.kindred")
  }

  @OptionGroup(title: "Algorithm") var settings: Settings
  @OptionGroup var data: DataOptions
  @OptionGroup var output: TrainingOutput

  func run() async throws {
    let trainer = try Settings.algorithm.trainer(setting: settings.settings)
    let isPlain = settings.settings["plain"] == "true"
    try await output.train(data, showsEachLoss: isPlain) { interactions, progress throws(TrainingError) in
      if let memory = trainer.memoryEstimate(for: interactions) {
        Terminal.note("\(Settings.algorithm.rawValue) on \(interactions.itemCount.grouped) items takes up to \(memory) of memory.")
      }
      return try await Recommender.train(
        on: interactions, ranking: trainer, seed: data.seed, threads: data.threads, progress: progress)
    }
  }
}

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

  var settings: [String: String] {
    let given = factors.settings.merging(descent.settings) { $1 }
    return descent.plain ? AllSettings.textbook.merging(given) { $1 } : given
  }
}

struct ALSSettings: AlgorithmSettings {
  static let algorithm = Algorithm.als
  static let abstract = "Matrix factorization of ratings by alternating least squares."
  static let example = "--rank 32 "
  @OptionGroup var factors: FactorSettings
  var settings: [String: String] { factors.settings }
}

struct ImplicitALSSettings: AlgorithmSettings {
  static let algorithm = Algorithm.implicitALS
  static let abstract = "Matrix factorization for ranking, of who chose what, by alternating least squares."
  static let example = "--rank 64 "
  @OptionGroup var factors: FactorSettings
  @OptionGroup var unobserved: UnobservedSettings
  var settings: [String: String] { factors.settings.merging(unobserved.settings) { $1 } }
}

struct EASESettings: AlgorithmSettings {
  static let algorithm = Algorithm.ease
  static let abstract = "A linear model for ranking, of items from items, in closed form."
  static let example = "--regularization 250 "
  @Option(help: "The penalty on large weights.")
  var regularization: Float?
  @OptionGroup var dropout: DropoutSettings
  @OptionGroup var neighbors: NeighborSettings

  var settings: [String: String] {
    ["regularization": regularization?.description].compactMapValues { $0 }
      .merging(dropout.settings) { $1 }.merging(neighbors.settings) { $1 }
  }
}

struct GraphFilterSettings: AlgorithmSettings {
  static let algorithm = Algorithm.graphFilter
  static let abstract = "A filter on the graph of people and items, for ranking; nothing to train but singular vectors."
  static let example = "--rank 256 "
  @Option(help: "The number of singular vectors.")
  var rank: Int?
  @OptionGroup var spectral: SpectralSettings
  @OptionGroup var neighbors: NeighborSettings

  var settings: [String: String] {
    ["rank": rank?.description].compactMapValues { $0 }.merging(spectral.settings) { $1 }.merging(neighbors.settings) { $1 }
  }
}

struct ItemKNNSettings: AlgorithmSettings {
  static let algorithm = Algorithm.itemKNN
  static let abstract = "The nearest items by the people they share: the classic for ranking."
  static let example = "--similarity cosine "
  @OptionGroup var similarity: SimilaritySettings
  @OptionGroup var neighbors: NeighborSettings
  var settings: [String: String] { similarity.settings.merging(neighbors.settings) { $1 } }
}

struct PopularitySettings: AlgorithmSettings {
  static let algorithm = Algorithm.popularity
  static let abstract = "What most people had: the baseline for rankings."
  static let example = ""
  var settings: [String: String] { [:] }
}

struct BiasSettings: AlgorithmSettings {
  static let algorithm = Algorithm.bias
  static let abstract = "What each person and each item deviates from the mean: the baseline for ratings."
  static let example = ""
  var settings: [String: String] { [:] }
}

struct MeanSettings: AlgorithmSettings {
  static let algorithm = Algorithm.mean
  static let abstract = "The mean of all ratings."
  static let example = ""
  var settings: [String: String] { [:] }
}
