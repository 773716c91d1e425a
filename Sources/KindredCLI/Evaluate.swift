import ArgumentParser
import Foundation
import Kindred

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure algorithms on ratings they were not trained on, beside the baselines.",
    discussion: """
      EXAMPLE:
        kindred evaluate sgd implicit-als --ratings ratings.csv --split random:0.1
        kindred evaluate sgd --rank 64 --ratings train.csv --test test.csv --json
      """)

  @Argument(help: "The algorithms: \(Algorithm.allCases.filter { $0.type != nil }.map(\.rawValue).joined(separator: ", ")).")
  var algorithms: [Algorithm] = []

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("A file of ratings to test on.", valueName: "file"))
  var test: String?

  @Option(help: "What to hold out: random:0.1, user:0.2, leave-last, time:0.1 or folds:10.")
  var split: String?

  @Option(help: "The lengths of lists to measure.")
  var cutoffs = "10,20"

  @Flag(help: "Print one JSON object an algorithm, for programs.")
  var json = false

  @OptionGroup(title: "Options of the algorithm, where just one is named") var settings: AllSettings

  func run() async throws {
    let lengths = cutoffs.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard !lengths.isEmpty, lengths.allSatisfy({ $0 > 0 && $0 <= 100_000 }) else {
      throw ValidationError("--cutoffs takes whole numbers of 1 or more, such as 10,20.")
    }
    let named = algorithms.isEmpty ? [.sgd, .implicitALS] : algorithms
    if !settings.settings.isEmpty, named.count != 1 {
      throw ValidationError("Options of an algorithm go with one algorithm; \(named.count) are named.")
    }
    let trainers = try trainers(named)
    let (folds, protocolName) = try folds()
    let evaluator = Evaluator(cutoffs: lengths, seed: data.seed, threads: data.threads)
    var results: [Evaluation] = []
    for trainer in trainers {
      let name = type(of: trainer).name
      let result = try await evaluator.evaluation(of: trainer, on: folds) { fold, progress in
        let stage = progress.stage == .validating ? " (validation)" : ""
        let place = folds.count > 1 ? " fold \(fold)" : ""
        if progress.epochs > 1 {
          Terminal.show("\(name)\(place)\(stage)", done: progress.epoch, of: progress.epochs, detail: "")
        }
      }
      results.append(result)
      if json { printLine(line(result, protocolName).text) }
    }
    Terminal.endProgress()
    if !json { show(results, protocolName) }
  }

  /// The algorithms named, then the baselines that were not.
  private func trainers(_ named: [Algorithm]) throws -> [any Trainer] {
    let baselines = Algorithm.baselines.filter { !named.contains($0) }
    return try named.map { try $0.trainer(setting: settings.settings) } + baselines.map { try $0.trainer() }
  }

  private typealias Fold = Evaluator.Fold<String, String>

  private func folds() throws -> ([Fold], String) {
    switch (test, split) {
    case (let test?, nil):
      let train = try data.read()
      let aligned = train.aligned(with: try data.read([test]))
      return ([Fold(train: aligned.0, test: aligned.1)], "files")
    case (nil, let text):
      let split = try Split(parsing: text ?? "random:0.1")
      let interactions = try data.read()
      return (interactions.evaluationFolds(split, seed: data.seed), split.description)
    case (_?, _?):
      throw ValidationError("Give --test or --split, not both.")
    }
  }

  private func line(_ result: Evaluation, _ split: String) -> JSONLine {
    var line = JSONLine([("algorithm", .text(result.algorithm.rawValue)), ("parameters", .settings(result.parameters))])
    line.append("split", .text(split))
    line.append("users", .integer(result.users))
    line.append("items", .integer(result.items))
    line.append("train_ratings", .integer(result.trainRatings))
    line.append("test_ratings", .integer(result.testRatings))
    line.append("epochs", .integer(result.epochs))
    line.append("threads", .integer(result.threads))
    line.append("rmse", .number(result.ratings?.rootMeanSquaredError))
    line.append("mae", .number(result.ratings?.meanAbsoluteError))
    for (index, cutoff) in lengths(of: result).enumerated() {
      line.append("ndcg@\(cutoff)", .number(result.ranking?.mean(.ndcg, at: index)))
      line.append("recall@\(cutoff)", .number(result.ranking?.mean(.recall, at: index)))
    }
    line.append("fit_seconds", .number(result.fitSeconds))
    line.append("epoch_seconds", .number(result.epochSeconds))
    line.append("recommend_seconds", .number(result.recommendSeconds))
    line.append("peak_memory_mb", .number(Double(result.peakMemory) / 1_048_576))
    return line
  }

  private func lengths(of result: Evaluation) -> [Int] {
    result.ranking?.cutoffs ?? cutoffs.split(separator: ",").compactMap { Int($0) }
  }

  private func show(_ results: [Evaluation], _ split: String) {
    let first = results[0]
    printLine(
      "\(first.trainRatings.grouped) ratings to train on, \(first.testRatings.grouped) to test on (\(split)); "
        + "\(first.users.grouped) people, \(first.items.grouped) items.")
    printLine()
    let cutoffs = lengths(of: first)
    var table = Table(
      [("", .left), ("RMSE", .right), ("MAE", .right)] + cutoffs.map { ("NDCG@\($0)", .right) }
        + cutoffs.map { ("recall@\($0)", .right) } + [("fit", .right)])
    for result in results {
      let ratings = [result.ratings?.rootMeanSquaredError, result.ratings?.meanAbsoluteError].map { number($0) }
      let lists = cutoffs.indices.map { number(result.ranking?.mean(.ndcg, at: $0)) } + cutoffs.indices.map { number(result.ranking?.mean(.recall, at: $0)) }
      table.append([result.algorithm.rawValue] + ratings + lists + [duration(result.fitSeconds)])
    }
    table.print()
    printLine()
    printLine(Terminal.dim("RMSE, MAE: lower is better. NDCG, recall over all items: higher is better."))
  }

  private func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }
}
