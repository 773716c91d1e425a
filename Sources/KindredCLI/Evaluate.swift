import ArgumentParser
import Foundation
import Kindred
import KindredReport

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure algorithms and the baselines on held-out ratings.",
    usage: "kindred evaluate [<algorithm> ...] --ratings <file> [--split <split>] [<options>]",
    discussion: """
      EXAMPLE:
        kindred evaluate sgd implicit-als --ratings ratings.csv
        kindred evaluate sgd --rank 64 --ratings train.csv --test test.csv
      """)

  @Argument(
    help: ArgumentHelp("The algorithms; sgd, implicit-als, ease and blend if none is named.", valueName: "algorithm"))
  var algorithms: [Algorithm] = []

  @OptionGroup var data: DataOptions

  @Option(help: ArgumentHelp("A file of ratings to test on.", valueName: "file"))
  var test: String?

  @Option(
    help:
      "What to hold out: random:0.1, user:0.2, leave-last, time:0.1, people:0.1 or folds:10; random:0.1 if not given.")
  var split: String?

  @Option(help: "The list lengths to measure, separated by commas.")
  var cutoffs = "10,20"

  @Flag(help: "Show results by activity and popularity, calibration, and p-values of the differences.")
  var details = false

  @Option(help: ArgumentHelp("Also write an HTML page with tables and figures.", valueName: "file"))
  var report: String?

  @Flag(help: "Print one JSON object per algorithm, for programs.")
  var json = false

  @OptionGroup(title: "Options of the algorithm, if exactly one is named") var settings: AllSettings

  func validate() throws {
    if test != nil, split != nil { throw ValidationError("Give --test or --split, not both.") }
    if lengths.isEmpty || !lengths.allSatisfy({ (1...100_000).contains($0) }) {
      throw ValidationError("--cutoffs takes whole numbers from 1 to 100000, such as 10,20.")
    }
    if algorithms.count != 1, !settings.settings.isEmpty {
      throw ValidationError("Options of an algorithm need exactly one algorithm; \(algorithms.count) are named.")
    }
  }

  private var lengths: [Int] { cutoffs.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 } }

  func run() async throws {
    let trainers = try trainers()
    if let report { try checkWritable(report) }
    let (folds, protocolName) = try data.folds(test: test, split: split ?? "random:0.1")
    var evaluator = Evaluator(cutoffs: lengths, seed: data.seed, threads: data.threads)
    evaluator.rule = try data.rule()
    var results: [Evaluation] = []
    for trainer in trainers {
      let name = type(of: trainer).name
      let result = try await evaluator.evaluation(of: trainer, on: folds) { fold, progress in
        guard !Algorithm.baselines.contains(where: { $0.rawValue == name }) else { return }
        let label = name + (folds.count > 1 ? " fold \(fold)" : "") + progress.stageNote
        Terminal.show(label, done: progress.epoch, of: progress.epochs, detail: "")
      }
      Terminal.endProgress()
      results.append(result)
    }
    try show(
      EvaluationReport(
        split: protocolName, cutoffs: lengths, results: results, seed: data.seed, threads: data.threads,
        isDetailed: details),
      warnings: report == nil || test == nil
        ? [] : folds.flatMap { LeakCheck.leaks(train: $0.train, test: $0.test) })
  }

  /// Prints the results, and writes the page of `--report`.
  private func show(_ results: EvaluationReport, warnings: [LeakCheck.Leak]) throws {
    if json { results.printJSON() } else { results.printTables() }
    guard let report else { return }
    let names = data.ratings.map { URL(fileURLWithPath: $0).lastPathComponent }
    let page = HTMLReport(
      report: results, dataSet: names.joined(separator: ", "), command: ["kindred"] + CommandLine.arguments.dropFirst(),
      version: KindredCommand.configuration.version, warnings: warnings.map(\.description))
    try page.write(to: report)
    Terminal.note("The report is in \(report).")
  }

  /// The trainers of the named algorithms, without duplicates, then of the other baselines.
  private func trainers() throws -> [any Trainer] {
    var named: [Algorithm] = []
    for algorithm in algorithms.isEmpty ? [.sgd, .implicitALS, .ease, .blend] : algorithms
    where !named.contains(algorithm) {
      named.append(algorithm)
    }
    let baselines = Algorithm.baselines.filter { !named.contains($0) }
    return try named.map { try $0.trainer(setting: settings.settings) } + baselines.map { try $0.trainer() }
  }
}
