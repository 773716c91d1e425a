import Foundation
import Kindred
import KindredJSON
import KindredReport

/// The output of `evaluate`: one JSON object per algorithm, or tables.
extension EvaluationReport {
  /// Prints an object per algorithm.
  ///
  /// - Parameter members: The members that each object gets besides the figures.
  func printJSON(with members: [(String, JSON)]) {
    for (result, intervals) in zip(results, intervals) {
      var line = line(result, intervals)
      for (name, value) in members { line.append(name, value) }
      printLine(line.text)
    }
  }

  private func line(_ result: Evaluation, _ intervals: Evaluation.Intervals) -> JSONLine {
    var line = JSONLine([
      ("algorithm", .text(result.algorithm)), ("parameters", .settings(result.parameters)), ("split", .text(split)),
      ("next", .text(next?.rawValue)), ("relevance", .text(relevance)),
      ("users", .integer(result.userCount)), ("items", .integer(result.itemCount)),
      ("train_ratings", .integer(result.trainCount)), ("test_ratings", .integer(result.testCount)),
      ("epochs", .integer(result.epochs)), ("threads", .integer(result.threads)),
      ("rmse", .number(result.ratings?.rootMeanSquaredError)), ("rmse_ci95", .interval(intervals.rootMeanSquaredError)),
      ("mae", .number(result.ratings?.meanAbsoluteError)), ("mae_ci95", .interval(intervals.meanAbsoluteError)),
      ("mrr", .number(result.ranking?.meanReciprocalRank)),
      ("tested_users", .integer(result.ranking?.userCount ?? result.ratings?.users.count ?? 0)),
      ("users_left_out", .integer(result.ranking?.usersLeftOut ?? 0)),
      ("lists", .integer(result.ranking?.users.count ?? 0)),
      ("unpredicted_events", .integer(result.ranking?.unpredictedCount ?? 0)),
      ("warm", part(result.ranking, isWarm: true)), ("cold", part(result.ranking, isWarm: false)),
      ("fit_seconds", .number(result.fitSeconds)), ("epoch_seconds", .number(result.epochSeconds)),
      ("recommend_seconds", .number(result.recommendSeconds)),
      ("peak_memory_mb", .number(Double(result.peakMemory) / 1_048_576)),
    ])
    if let parts = result.itemParts {
      line.append("warm_items", figures(parts.warm))
      line.append("cold_items", figures(parts.cold))
      line.append("cold_among_all", figures(parts.coldAmongAll))
    }
    if isDetailed { addDetails(of: result, to: &line) }
    for cutoff in cutoffs {
      for metric in RankingMetrics.Metric.allCases {
        line.append("\(metric.rawValue)@\(cutoff)", .number(result.ranking?.mean(metric, at: cutoff)))
      }
      line.append("disliked@\(cutoff)", .number(result.ranking?.disliked(at: cutoff)))
      line.append("shuffled_ndcg@\(cutoff)", .number(result.ranking?.shuffledNDCG(at: cutoff)))
      line.append("coverage@\(cutoff)", .number(result.ranking?.coverage(at: cutoff)))
      line.append("gini@\(cutoff)", .number(result.ranking?.gini(at: cutoff)))
      line.append("novelty@\(cutoff)", .number(result.ranking?.novelty(at: cutoff)))
      line.append("ndcg@\(cutoff)_ci95", .interval(result.ranking.flatMap { _ in intervals.ndcg(at: cutoff) }))
      line.append("recall@\(cutoff)_ci95", .interval(result.ranking.flatMap { _ in intervals.recall(at: cutoff) }))
    }
    return line
  }

  /// The figures of users with a training event, or of those without one.
  private func part(_ ranking: RankingMetrics?, isWarm: Bool) -> JSON {
    guard let ranking else { return .null }
    var line = JSONLine([
      ("users", .integer(ranking.userCount(ofWarm: isWarm))),
      ("lists", .integer(ranking.isWarm.count { $0 == isWarm })),
    ])
    for cutoff in cutoffs {
      for metric in [RankingMetrics.Metric.ndcg, .recall, .hitRate, .mrr] {
        line.append("\(metric.rawValue)@\(cutoff)", .number(ranking.mean(metric, at: cutoff, ofWarm: isWarm)))
      }
    }
    return .line(line)
  }

  /// The figures of lists of some of the items, or for some of them.
  private func figures(_ ranking: RankingMetrics) -> JSON {
    var line = JSONLine([("lists", .integer(ranking.users.count))])
    for cutoff in cutoffs {
      for metric in [RankingMetrics.Metric.ndcg, .recall, .hitRate, .mrr] {
        line.append("\(metric.rawValue)@\(cutoff)", .number(ranking.mean(metric, at: cutoff)))
      }
    }
    return .line(line)
  }

  private func addDetails(of result: Evaluation, to line: inout JSONLine) {
    line.append("by_activity", .objects(activity(result)))
    line.append("by_popularity", .objects(popularity(result)))
    line.append("calibration", .objects(calibration(result)))
    line.append("interval_coverage", .objects(coverage(result)))
    line.append("comparisons", .objects(comparisons(of: result)))
  }

  private func coverage(_ result: Evaluation) -> [JSONLine] {
    (result.ratings?.coverage ?? []).map {
      JSONLine([
        ("probability", .number($0.probability)), ("ratings", .integer($0.count)), ("share", .number($0.share)),
      ])
    }
  }

  private func activity(_ result: Evaluation) -> [JSONLine] {
    result.byActivity.map {
      JSONLine([
        ("people", .text($0.name)), ("count", .integer($0.userCount)), ("least", .integer($0.activity.lowerBound)),
        ("most", .integer($0.activity.upperBound)), ("ndcg@\(cutoffs[0])", .number($0.ndcg)),
      ])
    }
  }

  private func popularity(_ result: Evaluation) -> [JSONLine] {
    zip(["tail", "middle", "head"], result.ranking?.byPopularity ?? []).map { name, part in
      JSONLine([
        ("items", .text(name)), ("count", .integer(part.itemCount)), ("relevant", .integer(part.relevantCount)),
        ("recall@\(cutoffs[0])", .number(part.recall)),
      ])
    }
  }

  private func calibration(_ result: Evaluation) -> [JSONLine] {
    (result.ratings?.calibration ?? []).filter { $0.count > 0 }.map {
      JSONLine([("count", .integer($0.count)), ("predicted", .number($0.predicted)), ("given", .number($0.given))])
    }
  }

  /// The comparisons of a result with each other result, on the same users.
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
      "Trained on \(first.trainCount.grouped) ratings, tested on \(first.testCount.grouped) (\(split)).")
    printSentence("\(first.userCount.grouped) users, \(first.itemCount.grouped) items.")
    if let lists = listSummary { printSentence([lists, relevance].compactMap { $0 }.joined(separator: " ")) }
    let standings = [("Lists", listStanding), ("Ratings", errorStanding)]
    for (name, standing) in standings where results.count > 1 {
      guard let standing else { continue }
      let sureness = self.sureness(of: standing).map { ", \($0)" } ?? ""
      printSentence(Terminal.bold("\(name): \(standing.best), \(figure(standing.value))\(sureness)."))
    }
    printLine()
    let metrics: [(title: String, metric: RankingMetrics.Metric)] =
      next == nil ? [("NDCG", .ndcg), ("recall", .recall)] : [("NDCG", .ndcg), ("hit rate", .hitRate), ("MRR", .mrr)]
    let columns = metrics.flatMap { metric in cutoffs.map { (title: "\(metric.title)@\($0)", metric.metric, $0) } }
    // What a training took is summed over folds.
    let fit = split.hasPrefix("folds:") ? "fit, all folds" : "fit"
    var table = Table(
      [("", .left), ("RMSE", .right), ("MAE", .right)] + columns.map { ($0.title, .right) } + [(fit, .right)])
    let best = Set(standings.compactMap { $0.1?.best })
    for result in ranked {
      let errors = [result.ratings?.rootMeanSquaredError, result.ratings?.meanAbsoluteError]
      let lists = columns.map { result.ranking?.mean($0.1, at: $0.2) }
      table.append([result.algorithm] + (errors + lists).map { figure($0) } + [duration(result.fitSeconds)])
    }
    table.removeEmptyColumns()
    table.print { best.contains(ranked[$0].algorithm) }
    printLine()
    printParts()
    printItemParts()
    printIntervals()
    if isDetailed { printDetails() }
    let names = metrics.map(\.title).joined(separator: ", ")
    let errors = errorStanding == nil ? "" : "RMSE, MAE: lower is better. "
    let note = "\(errors)\(names) over all items: higher is better."
    for line in note.wrapped() { printLine(Terminal.dim(line)) }
  }

  /// The results, those with the best lists first, then those with the least errors.
  private var ranked: [Evaluation] {
    let lists = { (result: Evaluation) in result.ranking?.mean(.ndcg, at: cutoffs[0]) ?? -1 }
    let errors = { (result: Evaluation) in result.ratings?.rootMeanSquaredError ?? .infinity }
    return results.sorted { (lists($0), errors($1)) > (lists($1), errors($0)) }
  }

  /// NDCG of users with and without a training event and of shuffled histories, and the share of disliked items.
  private func printParts() {
    let columns = listParts
    guard columns.count > 1 else { return }
    var table = Table([("", .left)] + columns.map { ($0.title, .right) })
    for result in ranked where result.ranking != nil {
      table.append([result.algorithm] + columns.map { figure($0.value(result)) })
    }
    table.print()
    for line in listPartsNote.wrapped() { printLine(Terminal.dim(line)) }
    printLine()
  }

  /// NDCG and recall of items with and without training ratings, where items were held out whole.
  private func printItemParts() {
    guard results.contains(where: { $0.itemParts != nil }) else { return }
    let cutoff = cutoffs[cutoffs.count - 1]
    let columns = Self.itemLists
    var table = Table(
      [("", .left)] + columns.flatMap { [("\($0.title): NDCG@\(cutoff)", .right), ("recall@\(cutoff)", .right)] })
    for result in ranked {
      guard let parts = result.itemParts else { continue }
      table.append(
        [result.algorithm]
          + columns.flatMap { column in
            [RankingMetrics.Metric.ndcg, .recall].map {
              figure(parts[keyPath: column.lists].mean($0, at: cutoff))
            }
          })
    }
    table.print()
    for line in Self.itemListsNote.wrapped() { printLine(Terminal.dim(line)) }
    printLine()
  }

  /// The 95 % intervals, and the p-value of each algorithm's difference from the best.
  private func printIntervals() {
    let (errors, lists) = (errorStanding, listStanding)
    let ndcg = "NDCG@\(cutoffs[0])"
    let byAlgorithm = Dictionary(zip(results.map(\.algorithm), intervals)) { first, _ in first }
    var table = Table([
      ("95 % interval", .left), ("RMSE", .right), ("p of RMSE", .right), (ndcg, .right), ("p of \(ndcg)", .right),
    ])
    for name in ranked.map(\.algorithm) {
      let own = byAlgorithm[name]
      table.append([
        name, span(own?.rootMeanSquaredError), probability(errors?.comparisons[name]), span(own?.ndcg(at: cutoffs[0])),
        probability(lists?.comparisons[name]),
      ])
    }
    table.removeEmptyColumns()
    table.print()
    let note =
      "p: the probability of a difference from the best at least this large by chance (paired bootstrap)."
    for line in note.wrapped() { printLine(Terminal.dim(line)) }
    printLine()
  }

  private func probability(_ comparison: Comparison?) -> String { comparison.map { chance($0.bootstrapP) } ?? "–" }
}

extension EvaluationReport {
  /// Prints tables of the classes of users and items, and of calibration.
  func printDetails() {
    var users = Table([
      ("NDCG@\(cutoffs[0])", .left), ("light", .right), ("middle", .right), ("heavy", .right),
    ])
    var items = Table([
      ("recall@\(cutoffs[0])", .left), ("tail items", .right), ("middle", .right), ("head items", .right),
    ])
    for result in results where result.ranking != nil {
      let classes = Dictionary(uniqueKeysWithValues: result.byActivity.map { ($0.name, $0.ndcg) })
      users.append([result.algorithm] + ["light", "middle", "heavy"].map { figure(classes[$0]) })
      items.append(
        [result.algorithm]
          + (result.ranking?.byPopularity ?? []).map { figure($0.recall) })
    }
    users.print()
    let activity = results.first { !$0.byActivity.isEmpty }?.byActivity ?? []
    for part in activity {
      let range = "\(part.activity.lowerBound.grouped) to \(part.activity.upperBound.grouped)"
      printSentence(Terminal.dim("\(part.name): \(part.userCount.grouped) users with \(range) known ratings"))
    }
    printLine()
    items.print()
    printLine()
    for result in results where result.ratings != nil {
      var bins = Table([("\(result.algorithm), predicted", .right), ("given", .right), ("ratings", .right)])
      for bin in result.ratings?.calibration ?? [] where bin.count > 0 {
        bins.append([fixed(bin.predicted, 2), fixed(bin.given, 2), bin.count.grouped])
      }
      bins.print()
      let shares = (result.ratings?.coverage ?? []).map { "\(percent($0.probability)) \(fixed($0.share * 100, 1)) %" }
      if !shares.isEmpty {
        printSentence(Terminal.dim("Ratings inside intervals of each probability: \(shares.joined(separator: ", "))."))
      }
      printLine()
    }
  }

  private func percent(_ probability: Double) -> String { "\(Int((probability * 100).rounded())) %:" }
}
