import Kindred
import KindredJSON

@_cdecl("kindred_evaluate")
public func kindredEvaluate(
  _ data: Int64, _ options: UnsafePointer<CChar>?, _ progress: ProgressFunction?, _ context: UnsafeMutableRawPointer?
) -> UnsafeMutablePointer<CChar>? {
  answering(failed: nil) {
    let data = try Handles.data(data)
    var options = try Options(options)
    let names = try options.texts("algorithms") ?? ["sgd", "implicit-als", "ease", "blend", "popularity"]
    let settings = try options.settings()
    let cutoffs = try options.integers("cutoffs", in: 1...100_000) ?? [10, 20]
    var evaluator = Evaluator(cutoffs: cutoffs, seed: try options.seed(), threads: try options.threads())
    evaluator.rule = try options.rule(for: data)
    evaluator.validation = try options.validation()
    evaluator.includesObserved = try options.flag("include_observed") ?? false
    if let next = try options.text("next") {
      guard let events = NextEvents(rawValue: next) else {
        throw Failure(.badArgument, "the option 'next' is '\(next)', and must be last or all")
      }
      evaluator.next = events
    }
    let split = try options.text("split").map { text throws(Split.ParsingError) in try Split(parsing: text) }
    try options.checkNames()
    try require(!names.isEmpty, "no algorithm is named")
    try require(!cutoffs.isEmpty, "no cutoff is given")
    try require(settings.isEmpty || names.count == 1, "settings need exactly one algorithm")
    let trainers = try names.map { try algorithm(named: $0).trainer(setting: settings) }
    let (chosen, folds) = try folds(of: data, split, seed: evaluator.seed)
    let measured = evaluator
    let results = try waiting(telling: progress, context) { queue in
      var results: [Evaluation] = []
      for trainer in trainers {
        let name = type(of: trainer).name
        results.append(try await measured.evaluation(of: trainer, on: folds) { _, step in queue.add(name, step) })
      }
      return results
    }
    return allocated(
      JSON.object([
        ("split", .string(chosen.description)),
        ("results", .array(results.map { figures(of: $0, seed: measured.seed, threads: measured.threads) })),
      ]).text())
  }
}

/// The folds of a split, of the data's default split if it is nil.
private func folds(
  of data: Interactions<String, String>, _ split: Split?, seed: UInt64
) throws -> (split: Split, folds: [Evaluator.Fold<String, String>]) {
  try require(!data.isEmpty, "the data set is empty")
  let split = split ?? data.defaultSplit.split
  if case .time = split {
    try require(data.hasTimes, "the split \(split) needs times, and the data has none; use leave-last or user:0.2")
  }
  if case .folds(let count) = split {
    try require(count <= data.count, "\(data.count) interactions are too few for \(count) folds")
  }
  let folds = data.evaluationFolds(split, seed: seed)
  if folds.contains(where: { $0.train.isEmpty || $0.test.isEmpty }) {
    throw Failure(.badData, "there are too few interactions for the split \(split): a part of it is empty")
  }
  return (split, folds)
}

/// The figures of an evaluation, by the names that the command gives them.
private func figures(of result: Evaluation, seed: UInt64, threads: Int?) -> JSON {
  func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
  func interval(_ range: ClosedRange<Double>?) -> JSON {
    range.map { .array([number($0.lowerBound), number($0.upperBound)]) } ?? .null
  }
  let intervals = result.intervals(seed: seed, threads: threads)
  var members: [(String, JSON)] = [
    ("algorithm", .string(result.algorithm)), ("parameters", settings(result.parameters)),
    ("users", .integer(result.userCount)), ("items", .integer(result.itemCount)),
    ("train_ratings", .integer(result.trainCount)), ("test_ratings", .integer(result.testCount)),
    ("epochs", .integer(result.epochs)), ("rmse", number(result.ratings?.rootMeanSquaredError)),
    ("rmse_ci95", interval(intervals.rootMeanSquaredError)), ("mae", number(result.ratings?.meanAbsoluteError)),
    ("mae_ci95", interval(intervals.meanAbsoluteError)), ("mrr", number(result.ranking?.meanReciprocalRank)),
    ("tested_users", .integer(result.ranking?.userCount ?? result.ratings?.users.count ?? 0)),
    ("fit_seconds", number(result.fitSeconds)), ("recommend_seconds", number(result.recommendSeconds)),
  ]
  for cutoff in result.ranking?.cutoffs ?? [] {
    for metric in RankingMetrics.Metric.allCases {
      members.append(("\(metric.rawValue)@\(cutoff)", number(result.ranking?.mean(metric, at: cutoff))))
    }
    members.append(("coverage@\(cutoff)", number(result.ranking?.coverage(at: cutoff))))
    members.append(("novelty@\(cutoff)", number(result.ranking?.novelty(at: cutoff))))
    members.append(("ndcg@\(cutoff)_ci95", interval(intervals.ndcg(at: cutoff))))
    members.append(("recall@\(cutoff)_ci95", interval(intervals.recall(at: cutoff))))
  }
  return .object(members)
}
