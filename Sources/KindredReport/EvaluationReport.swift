import Kindred

/// The results of an evaluation with their intervals, as the command and the page show them.
package struct EvaluationReport {
  package var split: String
  /// The held-out events that were predicted one by one; nil if all of a user's were.
  package var next: NextEvents?
  /// A sentence on what counts as relevant in lists; nil if it is not known.
  package var relevance: String?
  package var cutoffs: [Int]
  package var results: [Evaluation]
  package var seed: UInt64
  package var threads: Int?
  /// Whether classes of users and items, calibration and comparisons are shown too.
  package var isDetailed: Bool
  /// The 95 % intervals of each result.
  package let intervals: [Evaluation.Intervals]

  package init(
    split: String, next: NextEvents? = nil, relevance: String? = nil, cutoffs: [Int], results: [Evaluation],
    seed: UInt64, threads: Int?, isDetailed: Bool = false
  ) {
    (self.split, self.next, self.relevance, self.cutoffs) = (split, next, relevance, cutoffs)
    self.results = results
    (self.seed, self.threads, self.isDetailed) = (seed, threads, isDetailed)
    intervals = results.map { $0.intervals(seed: seed, threads: threads) }
  }

  /// Whether the best algorithm of a standing is significantly ahead of the others; nil without others.
  package func sureness(of standing: Standing) -> String? {
    if standing.comparisons.isEmpty { return nil }
    if standing.comparisons.values.allSatisfy({ $0.userCount < Comparison.leastUsers }) {
      return "of too few users to compare"
    }
    let rivals = results.map(\.algorithm).filter { standing.comparisons[$0].map { $0.bootstrapP >= 0.05 } ?? false }
    return rivals.isEmpty
      ? "ahead of all others, each with p < 0.05" : "not significantly ahead of \(rivals.joined(separator: ", "))"
  }

  /// A sentence on how much better the best lists are than those of what is popular; nil if either is not measured.
  var gainOverPopularity: String? {
    let metric = "NDCG@\(cutoffs[0])"
    let measured = results.compactMap { result in
      result.ranking?.mean(.ndcg, at: cutoffs[0]).map { (name: result.algorithm, value: $0) }
    }
    guard let popular = measured.first(where: { $0.name == Popularity.name }), popular.value > 0,
      let best = measured.max(by: { $0.value < $1.value })
    else { return nil }
    return best.name == popular.name
      ? "No algorithm has lists with a higher \(metric) than what is popular."
      : "The lists of \(best.name) have \(fixed(best.value / popular.value, 1)) times the \(metric) of what is popular."
  }

  /// How the algorithms compare by the error of ratings; nil if none predicts ratings.
  package var errorStanding: Standing? { Standing(byErrorOf: results, intervals, seed: seed, threads: threads) }

  /// How the algorithms compare by NDCG at the first cutoff; nil if none has lists.
  package var listStanding: Standing? { Standing(byListsOf: results, intervals, seed: seed, threads: threads) }
}
