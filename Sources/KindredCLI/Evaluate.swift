import ArgumentParser
import Foundation
import Kindred
import KindredReport

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure algorithms and the baselines on held-out ratings.",
    usage: "kindred evaluate [<algorithm> ...] --ratings <file> [--split <split>] [<options>]".wrappedUsage,
    discussion: """
      EXAMPLE:
        kindred evaluate sgd implicit-als --ratings ratings.csv
        kindred evaluate sgd --rank 64 --ratings train.csv --test test.csv
        kindred evaluate ease --ratings ratings.csv --split leave-last --next last
        kindred evaluate blend --ratings ratings.csv --items items.csv --cold-items 0.2

      SPLITS:
        time:0.1      the latest tenth of all ratings
        leave-last:2  the last two ratings of each user (leave-last: the last one)
        user:0.2      a fifth of each user's ratings, at random
        random:0.1    a tenth of all ratings, at random
        people:0.1    a tenth of the users, who are not trained on: a fifth of their ratings is tested, the rest known
        folds:10      every rating once, in ten trainings
      """)

  /// What is held out, and how it is measured.
  struct Measuring: ParsableArguments {
    @Option(
      help: ArgumentHelp("A file of ratings to test on; its users may be unknown to the training.", valueName: "file"))
    var test: String?

    @Option(
      help:
        """
        What to hold out: time:0.1, leave-last, leave-last:2, user:0.2, random:0.1, people:0.1 or folds:10; time:0.1 \
        if not given, or user:0.2 where times say little.
        """)
    var split: String?

    @Option(
      help: ArgumentHelp(
        "Hold out this share of the items whole, and measure items with and without training ratings apart.",
        valueName: "share"))
    var coldItems: Double?

    @Option(
      help: ArgumentHelp(
        "Predict each user's last held-out event, or all of them, from what the user did before it: last or all.",
        valueName: "events"))
    var next: NextEvents?

    @Flag(help: "Include items of the user's history in lists.")
    var includeObserved = false

    @Option(help: "The list lengths to measure, separated by commas.")
    var cutoffs = "10,20"
  }

  @Argument(
    help: ArgumentHelp("The algorithms; sgd, implicit-als, ease and blend if none is named.", valueName: "algorithm"))
  var algorithms: [Algorithm] = []

  @OptionGroup var data: DataOptions

  @OptionGroup(title: "Measuring") var measuring: Measuring

  @Flag(help: "Show results by activity and popularity, calibration, and p-values of the differences.")
  var details = false

  @Option(help: ArgumentHelp("Also write an HTML page with tables and figures.", valueName: "file"))
  var report: String?

  @Flag(help: "Print one JSON object per algorithm, for programs.")
  var json = false

  @OptionGroup(title: "Options of the algorithm, if exactly one is named") var settings: AllSettings

  func validate() throws {
    if measuring.test != nil, measuring.split != nil { throw ValidationError("Give --test or --split, not both.") }
    if let coldItems = measuring.coldItems {
      guard coldItems > 0, coldItems < 1 else { throw ValidationError("--cold-items is above 0 and below 1.") }
      if measuring.test != nil { throw ValidationError("--cold-items needs a split; give no --test.") }
    }
    if lengths.isEmpty || !lengths.allSatisfy({ (1...100_000).contains($0) }) {
      throw ValidationError("--cutoffs takes whole numbers from 1 to 100000, such as 10,20.")
    }
    if algorithms.count != 1, !settings.settings.isEmpty {
      throw ValidationError("Options of an algorithm need exactly one algorithm; \(algorithms.count) are named.")
    }
  }

  private var lengths: [Int] {
    measuring.cutoffs.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
  }

  func run() async throws {
    var trainers = try trainers()
    if let report { try checkWritable(report) }
    var evaluator = Evaluator(cutoffs: lengths, seed: data.training.seed, threads: data.training.threads)
    evaluator.next = measuring.next
    evaluator.includesObserved = measuring.includeObserved
    let testData = try TestData(
      data, test: measuring.test, split: measuring.split, coldItems: measuring.coldItems, for: evaluator,
      isDescribed: report != nil)
    let folds = testData.folds
    if !folds[0].train.hasRatings {
      // Without ratings there is nothing to predict; who names such an algorithm gets its lists.
      trainers.removeAll { trainer in
        type(of: trainer).predictsRatings && !algorithms.contains { $0.rawValue == type(of: trainer).name }
      }
    }
    evaluator.rule = testData.rule
    evaluator.validation = data.training.validation ?? (testData.isRandom && measuring.next == nil ? .random : .latest)
    // A random split takes events from between others, so that what is left of their order says little.
    evaluator.shuffles = testData.followsTime || measuring.next != nil ? 3 : 0
    var results: [Evaluation] = []
    for trainer in trainers {
      let name = type(of: trainer).name
      let all = folds.count > 1 ? FoldProgress(folds: folds.count) : nil
      let result = try await evaluator.evaluation(of: trainer, on: folds) { fold, progress in
        guard !Algorithm.baselines.contains(where: { $0.rawValue == name }) else { return }
        if let all {
          Terminal.show(name, all.joined(progress, ofFold: fold), detail: "fold \(fold) of \(folds.count)")
        } else {
          Terminal.show(name + progress.stageNote, progress, detail: "")
        }
      }
      Terminal.endProgress()
      results.append(result)
    }
    try show(
      EvaluationReport(
        split: testData.name, next: measuring.next, relevance: testData.rule.relevance, cutoffs: lengths,
        results: results, seed: data.training.seed,
        threads: data.training.threads,
        isDetailed: details),
      of: testData)
  }

  /// Prints the results, and writes the page of `--report`.
  private func show(_ results: EvaluationReport, of testData: TestData) throws {
    if json { results.printJSON(with: testData.reading?.members ?? []) } else { results.printTables() }
    guard let report else { return }
    let names = data.files.ratings.map { URL(fileURLWithPath: $0).lastPathComponent }
    let page = HTMLReport(
      report: results, dataSet: names.joined(separator: ", "), command: ["kindred"] + CommandLine.arguments.dropFirst(),
      version: KindredCommand.configuration.version, warnings: testData.leaks.map(\.description),
      data: testData.overview, examples: ExampleUser.all(in: results.results, of: testData.folds[0]))
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

extension NextEvents: ExpressibleByArgument {}
