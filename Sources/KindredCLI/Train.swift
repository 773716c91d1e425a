import ArgumentParser
import Foundation
import Kindred

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model from files of ratings, or from a store.",
    usage: "kindred train [<algorithm>] (--ratings <file> ... | --store <file>) [--model <file>]".wrappedUsage,
    discussion: """
      Without an algorithm, trains the default pair: one model that orders lists and, if the values are ratings, one \
      that predicts them.

      EXAMPLE:
        kindred train --ratings ratings.csv --items movies.csv --model films.kindred
        kindred train --store films.sqlite
      """,
    subcommands: [
      TrainAlgorithm<SGDSettings>.self, TrainAlgorithm<ALSSettings>.self, TrainAlgorithm<ImplicitALSSettings>.self,
      TrainAlgorithm<EASESettings>.self, TrainAlgorithm<NextItemSettings>.self,
      TrainAlgorithm<GraphFilterSettings>.self, TrainAlgorithm<ItemKNNSettings>.self,
      TrainAlgorithm<PopularitySettings>.self, TrainAlgorithm<RecentPopularitySettings>.self,
      TrainAlgorithm<BiasBaselineSettings>.self,
      TrainAlgorithm<BlendSettings>.self, TrainAlgorithm<BayesianSettings>.self,
      TrainAlgorithm<MeanSettings>.self,
    ])

  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Training") var search: BudgetSettings
  @OptionGroup(title: "Model") var output: TrainingOutput

  func run() async throws {
    if output.spark != nil {
      throw Failure(.usage, "--spark needs an algorithm, such as 'kindred train als --spark sc://host:15002'")
    }
    let budget = Float(search.budget?.seconds ?? 20)
    let trainers = { (ratings: RatingData) -> (ranking: any Trainer, rating: (any Trainer)?) in
      var ranking = Blend()
      ranking.budget = budget
      return (ranking, Recommender.defaultRating(for: ratings.interactions, rule: ratings.rule, budget: budget))
    }
    try await output.train(data, with: trainers) { ratings, progress throws(TrainingError) in
      let (interactions, rule) = (ratings.interactions, ratings.rule)
      return try await Recommender.train(
        on: interactions, rule: rule, budget: budget, validation: data.training.validation ?? .latest,
        seed: data.training.seed,
        threads: data.training.threads,
        checkpoint: output.checkpoint(of: data), progress: progress)
    }
  }
}

/// One algorithm as a subcommand, with its own options.
struct TrainAlgorithm<Settings: AlgorithmSettings>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    let name = Settings.algorithm.rawValue
    return CommandConfiguration(
      commandName: name, abstract: Settings.abstract,
      usage: "kindred train \(name) (--ratings <file> ... | --store <file>) [--model <file>]".wrappedUsage,
      discussion: "EXAMPLE:\n  kindred train \(name) \(Settings.example)--ratings ratings.csv --model films.kindred")
  }

  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Algorithm") var settings: Settings
  @OptionGroup(title: "Model") var output: TrainingOutput

  func run() async throws {
    let trainer = try Settings.algorithm.trainer(setting: settings.settings)
    if let spark = output.spark { return try await output.train(trainer, on: data, sparkAt: spark) }
    let isPlain = settings.settings["plain"] == "true"
    try await output.train(data, showsEachLoss: isPlain, with: { _ in (trainer, nil) }) {
      ratings, progress throws(TrainingError) in
      return try await Recommender.train(
        on: ratings.interactions, ranking: trainer, rule: ratings.rule, validation: data.training.validation ?? .latest,
        seed: data.training.seed,
        threads: data.training.threads,
        checkpoint: output.checkpoint(of: data), progress: progress)
    }
  }
}
