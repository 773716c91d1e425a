import Kindred

/// The results of an evaluation with their intervals, as the command and the page show them.
package struct EvaluationReport {
  package var split: String
  /// The held-out events that were predicted one by one; nil if all of a user's were.
  package var next: NextEvents?
  package var cutoffs: [Int]
  package var results: [Evaluation]
  package var seed: UInt64
  package var threads: Int?
  /// Whether classes of users and items, calibration and comparisons are shown too.
  package var isDetailed: Bool
  /// The 95 % intervals of each result.
  package let intervals: [Evaluation.Intervals]

  package init(
    split: String, next: NextEvents? = nil, cutoffs: [Int], results: [Evaluation], seed: UInt64, threads: Int?,
    isDetailed: Bool = false
  ) {
    (self.split, self.next, self.cutoffs, self.results) = (split, next, cutoffs, results)
    (self.seed, self.threads, self.isDetailed) = (seed, threads, isDetailed)
    intervals = results.map { $0.intervals(seed: seed, threads: threads) }
  }

  /// Whether the best algorithm of a standing is significantly ahead of the others; nil without others.
  package func sureness(of standing: Standing) -> String? {
    if standing.comparisons.isEmpty { return nil }
    let rivals = results.map(\.algorithm).filter { standing.comparisons[$0].map { $0.bootstrapP >= 0.05 } ?? false }
    return rivals.isEmpty
      ? "ahead of all others, each with p < 0.05" : "not significantly ahead of \(rivals.joined(separator: ", "))"
  }

  /// How the algorithms compare by the error of ratings; nil if none predicts ratings.
  package var errorStanding: Standing? { Standing(byErrorOf: results, intervals, seed: seed, threads: threads) }

  /// How the algorithms compare by NDCG at the first cutoff; nil if none has lists.
  package var listStanding: Standing? { Standing(byListsOf: results, intervals, seed: seed, threads: threads) }
}
