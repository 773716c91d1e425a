/// The best of several algorithms by one figure, and the differences of the others from it on the same users.
public struct Standing: Sendable {
  /// The name of the best algorithm.
  public let best: String
  /// The figure of the best algorithm.
  public let value: Double
  /// The 95 % interval of that figure; nil if there is none.
  public let interval: ClosedRange<Double>?
  /// The difference of each other algorithm from the best, by the algorithm's name.
  public let comparisons: [String: Comparison]

  /// Ranks algorithms by the root mean squared error of their ratings; nil if none predicts any.
  ///
  /// - Parameters:
  ///   - results: One evaluation per algorithm, over the same test ratings.
  ///   - intervals: The intervals of each result, in the same order.
  ///   - seed: The seed of the resamples.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Complexity: O(1000 · users · algorithms).
  public init?(byErrorOf results: [Evaluation], _ intervals: [Evaluation.Intervals], seed: UInt64, threads: Int?) {
    self.init(
      results, isBetter: <, figure: { $0.ratings?.rootMeanSquaredError },
      interval: { intervals[$0].rootMeanSquaredError },
      comparison: { $0.errorComparison(with: $1, seed: seed, threads: threads) })
  }

  /// Ranks algorithms by NDCG at the first cutoff; nil if none has lists.
  ///
  /// - Parameters:
  ///   - results: One evaluation per algorithm, over the same test interactions.
  ///   - intervals: The intervals of each result, in the same order.
  ///   - seed: The seed of the resamples.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Complexity: O(1000 · users · algorithms).
  public init?(byListsOf results: [Evaluation], _ intervals: [Evaluation.Intervals], seed: UInt64, threads: Int?) {
    self.init(
      results, isBetter: >, figure: { $0.ndcg },
      interval: { index in results[index].firstCutoff.flatMap { intervals[index].ndcg(at: $0) } },
      comparison: { $0.ndcgComparison(with: $1, seed: seed, threads: threads) })
  }

  private init?(
    _ results: [Evaluation], isBetter: (Double, Double) -> Bool, figure: (Evaluation) -> Double?,
    interval: (Int) -> ClosedRange<Double>?, comparison: (Evaluation, Evaluation) -> Comparison?
  ) {
    let figures = results.map(figure)
    let known = results.indices.filter { figures[$0] != nil }
    guard let first = known.first else { return nil }
    let winner = known.dropFirst().reduce(first) { isBetter(figures[$1] ?? 0, figures[$0] ?? 0) ? $1 : $0 }
    best = results[winner].algorithm
    value = figures[winner] ?? 0
    self.interval = interval(winner)
    var comparisons: [String: Comparison] = [:]
    for index in results.indices where index != winner {
      comparisons[results[index].algorithm] = comparison(results[index], results[winner])
    }
    self.comparisons = comparisons
  }
}

extension Evaluation {
  fileprivate var firstCutoff: Int? { ranking?.cutoffs.first }
  /// NDCG at the first cutoff.
  fileprivate var ndcg: Double? { firstCutoff.flatMap { ranking?.mean(.ndcg, at: $0) } }
}
