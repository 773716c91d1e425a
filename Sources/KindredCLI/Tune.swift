import ArgumentParser
import Foundation
import Kindred
import KindredJSON
import KindredReport

struct Tune: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search for good options of an algorithm, by validation on parts of the ratings.",
    usage: "kindred tune <algorithm> --ratings <file> [--trials <n> | --budget <time>] [<options>]".wrappedUsage,
    discussion: """
      The search uses all ratings given; keep test data in a separate file.

      EXAMPLE:
        kindred tune implicit-als --ratings ratings.csv --trials 30
        kindred tune sgd --rank 64 --ratings ratings.csv --budget 2m
      """)

  @Argument(help: "The algorithm.") var algorithm: Algorithm
  @OptionGroup var data: DataOptions
  @Option(help: "The number of settings to try; 30 if not given.") var trials: Int?
  @Flag(inversion: .prefixedNo, help: "Whether to try the defaults as well.") var defaults = true
  @Flag(help: "Print one JSON object per trial, the best first, for programs.") var json = false
  @OptionGroup(title: "Options that are fixed, not searched") var settings: AllSettings

  func validate() throws {
    if trials != nil, settings.budget.budget != nil { throw ValidationError("Give --trials or --budget, not both.") }
    if let trials, !(1...10_000).contains(trials) { throw ValidationError("--trials must be between 1 and 10,000.") }
  }

  func run() async throws {
    let ratings = try data.read()
    let interactions = ratings.interactions
    if type(of: try algorithm.trainer()).predictsRatings, !interactions.hasRatings {
      throw Failure(
        .badData,
        "the values are all the same or counts, so there is no rating to predict; tune implicit-als or ease instead")
    }
    let count = settings.budget.budget.map { Tuner.trials(forSeconds: $0.seconds, interactions: interactions.count) }
    let fixed = settings.settings.filter { $0.key != "budget" }
    var tuner = Tuner(trials: count ?? trials ?? 30, seed: data.training.seed, threads: data.training.threads)
    tuner.rule = ratings.rule
    tuner.validation = data.training.validation ?? .latest
    tuner.triesDefaults = defaults
    let (name, tried) = (algorithm.rawValue, tuner.trials)
    let result = try await tuner.search(algorithm, on: interactions, setting: fixed) { done, total in
      // The best trials are trained again on further cuts.
      if done <= tried {
        Terminal.show("tuning \(name)", done: done, of: tried, detail: "")
      } else {
        Terminal.show("measuring the best", done: done - tried, of: total - tried, detail: "")
      }
    }
    Terminal.endProgress()
    if result.trials.allSatisfy({ $0.score == nil }) {
      throw Failure(.badData, "every trial diverged; try smaller learning rates or a larger regularization")
    }
    if let best = result.trials.first, result.trials.contains(where: { $0.cuts < best.cuts }) {
      Terminal.note(
        "Trials on \(best.cuts) cuts come first: a figure from fewer cuts varies more, so it may look better by chance."
      )
    }
    if json { show(result) } else { showTable(result) }
  }

  private func show(_ result: Tuner.Result) {
    for trial in result.trials {
      printLine(
        JSONLine([
          ("trial", .integer(trial.number)), ("algorithm", .text(algorithm.rawValue)),
          ("settings", .settings(trial.settings)),
          ("epochs", .integer(trial.epochs)), ("cuts", .integer(trial.cuts)), ("metric", .text(result.metric)),
          ("score", .number(trial.score)),
        ]).text)
    }
  }

  private func showTable(_ result: Tuner.Result) {
    let names = Set(result.trials.flatMap(\.settings.keys)).sorted()
    var table = Table(
      [("", .left), (result.metric, .right), ("epochs", .right), ("cuts", .right)] + names.map { (option($0), .right) })
    for trial in result.trials.prefix(20) {
      let label = trial.number == 0 ? "defaults" : "trial \(trial.number)"
      let score = trial.score.map { String(format: "%.4f", $0) } ?? "diverged"
      table.append([label, score, "\(trial.epochs)", "\(trial.cuts)"] + names.map { trial.settings[$0] ?? "" })
    }
    let winner = result.trials.first { $0.score != nil }
    table.print { result.trials[$0] == winner }
    if result.trials.count > 20 { printLine(Terminal.dim("and \(result.trials.count - 20) more")) }
    guard let best = winner, let score = best.score else { return }
    printLine()
    printSentence(Self.verdict(on: best, score, result))
    printLine()
    let options = best.settings.sorted { $0.key < $1.key }.flatMap { ["--\(option($0.key))", $0.value] }
    printLine(
      shellCommand(
        ["kindred", "train", algorithm.rawValue] + options + ["--ratings"] + data.files.ratings + ["--model", "FILE"]))
  }

  /// A sentence with the best trial and its difference from the defaults, where both were measured on the same cuts.
  static func verdict(on best: Tuner.Trial, _ score: Double, _ result: Tuner.Result) -> String {
    let figure = "\(result.metric) \(fixed(score, 4))"
    if best.number == 0 { return "The defaults are the best: \(figure)." }
    let defaults = result.trials.first { $0.number == 0 && $0.cuts == best.cuts }?.score
    let gain = defaults.map { ", \(fixed(abs(score - $0), 4)) better than the defaults" } ?? ""
    return "Trial \(best.number) is the best: \(figure)\(gain)."
  }

  /// The option's name for a hyperparameter: `learning-rate` for `learningRate`.
  private func option(_ name: String) -> String {
    name.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
  }
}
