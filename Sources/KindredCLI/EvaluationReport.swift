import Foundation
import Kindred

/// What an evaluation shows: an object an algorithm for programs, a table for people.
struct EvaluationReport {
  var split: String
  var cutoffs: [Int]

  func line(_ result: Evaluation) -> JSONLine {
    var line = JSONLine([
      ("algorithm", .text(result.algorithm.rawValue)), ("parameters", .settings(result.parameters)),
      ("split", .text(split)), ("users", .integer(result.users)), ("items", .integer(result.items)),
      ("train_ratings", .integer(result.trainRatings)), ("test_ratings", .integer(result.testRatings)),
      ("epochs", .integer(result.epochs)), ("threads", .integer(result.threads)),
      ("rmse", .float(result.ratings?.rootMeanSquaredError)),
      ("rmse_ci95", .float(result.ratings?.rootMeanSquaredErrorInterval)),
      ("mae", .float(result.ratings?.meanAbsoluteError)), ("mrr", .number(result.ranking?.meanReciprocalRank)),
      ("fit_seconds", .number(result.fitSeconds)), ("epoch_seconds", .number(result.epochSeconds)),
      ("recommend_seconds", .number(result.recommendSeconds)),
      ("peak_memory_mb", .number(Double(result.peakMemory) / 1_048_576)),
    ])
    for (name, values) in Self.metrics {
      for (index, cutoff) in cutoffs.enumerated() {
        let suffix = name.hasSuffix(Self.interval) ? Self.interval : ""
        line.append(
          "\(name.dropLast(suffix.count))@\(cutoff)\(suffix)", .number(result.ranking?[keyPath: values][index]))
      }
    }
    return line
  }

  private static let interval = "_ci95"
  private static var metrics: [(String, KeyPath<RankingMetrics, [Double]>)] {
    [
      ("precision", \.precision), ("recall", \.recall), ("recall_min", \.cappedRecall), ("ndcg", \.ndcg),
      ("map", \.averagePrecision), ("hit_rate", \.hitRate), ("coverage", \.coverage), ("gini", \.gini),
      ("novelty", \.novelty), ("recall" + interval, \.recallInterval), ("ndcg" + interval, \.ndcgInterval),
    ]
  }

  func show(_ results: [Evaluation]) {
    let first = results[0]
    printSentence(
      "Trained on \(first.trainRatings.grouped) ratings, tested on \(first.testRatings.grouped) (\(split)).")
    printSentence("\(first.users.grouped) people, \(first.items.grouped) items.")
    printLine()
    var table = Table(
      [("", .left), ("RMSE", .right), ("MAE", .right)] + cutoffs.map { ("NDCG@\($0)", .right) }
        + cutoffs.map { ("recall@\($0)", .right) } + [("fit", .right)])
    for result in results {
      let errors = [result.ratings?.rootMeanSquaredError, result.ratings?.meanAbsoluteError].map { $0.map(Double.init) }
      let ndcg = cutoffs.indices.map { result.ranking?.ndcg[$0] }
      let recall = cutoffs.indices.map { result.ranking?.recall[$0] }
      table.append([result.algorithm.rawValue] + (errors + ndcg + recall).map(number) + [duration(result.fitSeconds)])
    }
    table.print()
    printLine()
    for line in "RMSE, MAE: lower is better. NDCG, recall over all items: higher is better.".wrapped() {
      printLine(Terminal.dim(line))
    }
  }

  private func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }
}
