import Foundation
import Kindred

/// What an evaluation shows: an object an algorithm for programs, tables for people.
struct EvaluationReport {
  var split: String
  var cutoffs: [Int]
  var results: [Evaluation]
  var seed: UInt64
  var threads: Int?
  /// Whether classes of people and items, calibration and comparisons are shown too.
  var isDetailed = false

  private var intervals: [Evaluation.Intervals] { results.map { $0.intervals(seed: seed, threads: threads) } }

  func printJSON() {
    for (result, intervals) in zip(results, intervals) { printLine(line(result, intervals).text) }
  }

  private func line(_ result: Evaluation, _ intervals: Evaluation.Intervals) -> JSONLine {
    var line = JSONLine([
      ("algorithm", .text(result.algorithm)), ("parameters", .settings(result.parameters)), ("split", .text(split)),
      ("users", .integer(result.users)), ("items", .integer(result.items)),
      ("train_ratings", .integer(result.trainRatings)), ("test_ratings", .integer(result.testRatings)),
      ("epochs", .integer(result.epochs)), ("threads", .integer(result.threads)),
      ("rmse", .number(result.ratings?.rootMeanSquaredError)), ("rmse_ci95", .interval(intervals.rootMeanSquaredError)),
      ("mae", .number(result.ratings?.meanAbsoluteError)), ("mae_ci95", .interval(intervals.meanAbsoluteError)),
      ("mrr", .number(result.ranking?.meanReciprocalRank)),
      ("fit_seconds", .number(result.fitSeconds)), ("epoch_seconds", .number(result.epochSeconds)),
      ("recommend_seconds", .number(result.recommendSeconds)),
      ("peak_memory_mb", .number(Double(result.peakMemory) / 1_048_576)),
    ])
    if isDetailed { addDetails(of: result, to: &line) }
    for (index, cutoff) in cutoffs.enumerated() {
      for metric in RankingMetrics.Metric.allCases {
        line.append("\(metric.rawValue)@\(cutoff)", .number(result.ranking?.mean(metric, at: index)))
      }
      line.append("coverage@\(cutoff)", .number(result.ranking?.coverage[index]))
      line.append("gini@\(cutoff)", .number(result.ranking?.gini[index]))
      line.append("novelty@\(cutoff)", .number(result.ranking?.novelty[index]))
      line.append("ndcg@\(cutoff)_ci95", .interval(result.ranking.flatMap { _ in intervals.ndcg[index] }))
      line.append("recall@\(cutoff)_ci95", .interval(result.ranking.flatMap { _ in intervals.recall[index] }))
    }
    return line
  }

  private func addDetails(of result: Evaluation, to line: inout JSONLine) {
    line.append("tested_users", .integer(result.ranking?.people.count ?? result.ratings?.people.count ?? 0))
    line.append("users_left_out", .integer(result.ranking?.peopleLeftOut ?? 0))
    line.append("by_activity", .objects(activity(result)))
    line.append("by_popularity", .objects(popularity(result)))
    line.append("calibration", .objects(calibration(result)))
    line.append("comparisons", .objects(comparisons(of: result)))
  }

  private func activity(_ result: Evaluation) -> [JSONLine] {
    result.byActivity.map {
      JSONLine([
        ("people", .text($0.name)), ("count", .integer($0.people)), ("least", .integer($0.activity.lowerBound)),
        ("most", .integer($0.activity.upperBound)), ("ndcg@\(cutoffs[0])", .number($0.ndcg)),
      ])
    }
  }

  private func popularity(_ result: Evaluation) -> [JSONLine] {
    zip(["tail", "middle", "head"], result.ranking?.byPopularity ?? []).map { name, part in
      JSONLine([
        ("items", .text(name)), ("count", .integer(part.items)), ("relevant", .integer(part.relevant)),
        ("recall@\(cutoffs[0])", .number(part.relevant > 0 ? Double(part.hits) / Double(part.relevant) : nil)),
      ])
    }
  }

  private func calibration(_ result: Evaluation) -> [JSONLine] {
    (result.ratings?.calibration ?? []).filter { $0.count > 0 }.map {
      JSONLine([("count", .integer($0.count)), ("predicted", .number($0.predicted)), ("given", .number($0.given))])
    }
  }

  /// How a result differs from each other one, on the same people.
  private func comparisons(of result: Evaluation) -> [JSONLine] {
    results.filter { $0.algorithm != result.algorithm }.flatMap { other in
      [
        ("ndcg@\(cutoffs[0])", result.ndcgComparison(with: other, seed: seed, threads: threads)),
        ("squared_error", result.errorComparison(with: other, seed: seed, threads: threads)),
      ].compactMap { metric, comparison in
        comparison.map {
          JSONLine([
            ("with", .text(other.algorithm)), ("metric", .text(metric)), ("difference", .number($0.difference)),
            ("ci95", .interval($0.interval)), ("p_bootstrap", .number($0.bootstrapP)),
            ("p_wilcoxon", .number($0.wilcoxonP)),
          ])
        }
      }
    }
  }

  func printTables() {
    let first = results[0]
    printSentence(
      "Trained on \(first.trainRatings.grouped) ratings, tested on \(first.testRatings.grouped) (\(split)).")
    printSentence("\(first.users.grouped) people, \(first.items.grouped) items.")
    printLine()
    var table = Table(
      [("", .left), ("RMSE", .right), ("MAE", .right)] + cutoffs.map { ("NDCG@\($0)", .right) }
        + cutoffs.map { ("recall@\($0)", .right) } + [("fit", .right)])
    for result in results {
      let errors = [result.ratings?.rootMeanSquaredError, result.ratings?.meanAbsoluteError]
      let ndcg = cutoffs.indices.map { result.ranking?.mean(.ndcg, at: $0) }
      let recall = cutoffs.indices.map { result.ranking?.mean(.recall, at: $0) }
      table.append([result.algorithm] + (errors + ndcg + recall).map(number) + [duration(result.fitSeconds)])
    }
    table.print()
    printLine()
    printIntervals()
    if isDetailed { printDetails() }
    for line in "RMSE, MAE: lower is better. NDCG, recall over all items: higher is better.".wrapped() {
      printLine(Terminal.dim(line))
    }
  }

  /// The 95 % intervals, and how sure it is that the best is better than each other one.
  private func printIntervals() {
    let bestError = results.filter { $0.ratings != nil }.min { error($0) < error($1) }
    let bestList = results.filter { $0.ranking != nil }.max { ndcg($0) < ndcg($1) }
    var table = Table([
      ("95 % interval", .left), ("RMSE", .right), ("worse by chance", .right), ("NDCG@\(cutoffs[0])", .right),
      ("worse by chance", .right),
    ])
    for (result, intervals) in zip(results, intervals) {
      table.append([
        result.algorithm, range(intervals.rootMeanSquaredError),
        chance(
          bestError.flatMap { $0.algorithm == result.algorithm ? nil : $0.errorComparison(with: result, seed: seed) }),
        range(intervals.ndcg.first ?? nil),
        chance(
          bestList.flatMap { $0.algorithm == result.algorithm ? nil : $0.ndcgComparison(with: result, seed: seed) }),
      ])
    }
    table.print()
    printLine()
  }

  private func error(_ result: Evaluation) -> Double { result.ratings?.rootMeanSquaredError ?? .infinity }
  private func ndcg(_ result: Evaluation) -> Double { result.ranking?.mean(.ndcg, at: 0) ?? 0 }

  fileprivate func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }

  private func range(_ interval: ClosedRange<Double>?) -> String {
    interval.map { String(format: "%.3f–%.3f", $0.lowerBound, $0.upperBound) } ?? "–"
  }

  /// How likely a difference like that from the best is where there is none, by paired bootstrap.
  private func chance(_ comparison: Comparison?) -> String {
    guard let comparison else { return "–" }
    return comparison.bootstrapP < 0.01 ? "under 1 %" : String(format: "%.0f %%", comparison.bootstrapP * 100)
  }
}

extension EvaluationReport {
  /// Classes of people and of items, and calibration, as tables.
  func printDetails() {
    var people = Table([
      ("NDCG@\(cutoffs[0])", .left), ("cold", .right), ("warm", .right), ("heavy", .right),
    ])
    var items = Table([
      ("recall@\(cutoffs[0])", .left), ("tail items", .right), ("middle", .right), ("head items", .right),
    ])
    for result in results where result.ranking != nil {
      let classes = Dictionary(uniqueKeysWithValues: result.byActivity.map { ($0.name, $0.ndcg) })
      people.append([result.algorithm] + ["cold", "warm", "heavy"].map { number(classes[$0]) })
      items.append(
        [result.algorithm]
          + (result.ranking?.byPopularity ?? []).map {
            number($0.relevant > 0 ? Double($0.hits) / Double($0.relevant) : nil)
          })
    }
    people.print()
    let activity = results.first { !$0.byActivity.isEmpty }?.byActivity ?? []
    for part in activity {
      let range = "\(part.activity.lowerBound.grouped) to \(part.activity.upperBound.grouped)"
      printSentence(Terminal.dim("\(part.name): \(part.people.grouped) people with \(range) ratings to go by"))
    }
    printLine()
    items.print()
    printLine()
    for result in results where result.ratings != nil {
      var bins = Table([("\(result.algorithm), predicted", .right), ("given", .right), ("ratings", .right)])
      for bin in result.ratings?.calibration ?? [] where bin.count > 0 {
        bins.append([String(format: "%.2f", bin.predicted), String(format: "%.2f", bin.given), bin.count.grouped])
      }
      bins.print()
      printLine()
    }
  }
}
