/// The result of one algorithm on data that it was not trained on.
public struct Evaluation: Sendable {
  /// The name of the algorithm.
  public var algorithm: String
  /// The hyperparameters of the training by name, including those chosen on a validation cut; of the first fold.
  public var parameters: [String: String]
  /// The numbers of users and items in the data set, including those without a training interaction.
  public var userCount, itemCount: Int
  /// The numbers of interactions trained on and tested on, of the first fold.
  public var trainCount, testCount: Int
  /// The mean number of epochs over the folds.
  public var epochs: Int
  /// The number of threads used.
  public var threads: Int
  /// The errors of predicted ratings; nil if the algorithm predicts none, or the data has none.
  public var ratings: RatingMetrics?
  /// The quality of lists; nil if the algorithm gives every item the same score.
  public var ranking: RankingMetrics?
  /// The quality of lists for items with and without a training interaction; nil if no items were held out whole.
  public var itemParts: ItemParts?
  /// The losses and validation errors of the training, one per epoch; of the first fold.
  public var curve: [TrainingProgress]
  /// The durations of all trainings, of one epoch on average, and of making all lists, in seconds.
  public var fitSeconds, epochSeconds, recommendSeconds: Double
  /// The peak memory of the process so far, in bytes.
  public var peakMemory: Int
}

extension Evaluation {
  /// The quality of lists, apart for warm items, which have a training interaction, and cold ones, which have none.
  public struct ItemParts: Sendable {
    /// The lists of warm items alone, with warm test items relevant.
    public var warm: RankingMetrics
    /// The lists of cold items alone, with cold test items relevant.
    public var cold: RankingMetrics
    /// The lists of all items, with cold test items relevant.
    public var coldAmongAll: RankingMetrics
  }

  /// Joins the results of several folds: users follow each other, and times are added up.
  init(joining folds: [Evaluation], threads: Int) {
    precondition(!folds.isEmpty)
    self = folds[0]
    self.threads = threads
    epochs = folds.map(\.epochs).reduce(0, +) / folds.count
    ratings = RatingMetrics(joining: folds.compactMap(\.ratings))
    ranking = RankingMetrics(joining: folds.compactMap(\.ranking))
    itemParts = ItemParts(joining: folds.compactMap(\.itemParts))
    fitSeconds = folds.map(\.fitSeconds).reduce(0, +)
    epochSeconds = folds.map(\.epochSeconds).reduce(0, +) / Double(folds.count)
    recommendSeconds = folds.map(\.recommendSeconds).reduce(0, +)
    peakMemory = folds.map(\.peakMemory).max() ?? 0
  }

  /// The 95 % intervals of the main figures, over resamples of the users.
  public struct Intervals: Sendable {
    /// The intervals of the root mean squared error and of the mean absolute error; nil without predicted ratings.
    public var rootMeanSquaredError, meanAbsoluteError: ClosedRange<Double>?
    /// The intervals of NDCG and recall, by cutoff.
    var ndcg, recall: [Int: ClosedRange<Double>]

    /// The interval of the mean NDCG of lists of `cutoff` items; nil if it was not measured, or has no interval.
    public func ndcg(at cutoff: Int) -> ClosedRange<Double>? { ndcg[cutoff] }
    /// The interval of the mean recall of lists of `cutoff` items; nil if it was not measured, or has no interval.
    public func recall(at cutoff: Int) -> ClosedRange<Double>? { recall[cutoff] }
  }

  /// The 95 % intervals of the main figures, by bootstrap over the users.
  ///
  /// - Parameters:
  ///   - seed: The seed of the resamples.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Complexity: O(1000 · users).
  public func intervals(seed: UInt64 = 0, threads: Int? = nil) -> Intervals {
    let parallel = Parallel(threads: threads)
    var intervals = Intervals(ndcg: [:], recall: [:])
    if let ratings {
      let sums = Bootstrap.sums(of: [ratings.squared, ratings.absolute, ratings.counts], seed: seed, using: parallel)
      intervals.rootMeanSquaredError = Bootstrap.interval(
        of: sums.map { RatingMetrics.rootMeanSquaredError($0[0], $0[2]) })
      intervals.meanAbsoluteError = Bootstrap.interval(of: sums.map { $0[1] / max(1, $0[2]) })
    }
    if let ranking {
      let columns = [RankingMetrics.Metric.ndcg, .recall].flatMap { metric in
        ranking.cutoffs.compactMap { ranking.values(metric, at: $0) }
      }.map { Bootstrap.sumsByUser(of: $0, ranking.users) }
      let counts = columns.first?.counts ?? []
      let sums = Bootstrap.sums(of: columns.map(\.sums) + [counts], seed: seed, using: parallel)
      let all = columns.indices.map { column in Bootstrap.interval(of: sums.map { $0[column] / $0[columns.count] }) }
      for (index, cutoff) in ranking.cutoffs.enumerated() {
        intervals.ndcg[cutoff] = all[index]
        intervals.recall[cutoff] = all[ranking.cutoffs.count + index]
      }
    }
    return intervals
  }

  /// The difference in NDCG at the first cutoff from another algorithm on the same users.
  ///
  /// - Parameters:
  ///   - other: The result of the other algorithm.
  ///   - seed: The seed of the resamples.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Returns: The difference, this minus the other; nil if one has no lists of that length, or the users differ.
  /// - Complexity: O(1000 · users).
  public func ndcgComparison(with other: Evaluation, seed: UInt64 = 0, threads: Int? = nil) -> Comparison? {
    guard let ours = ranking, let theirs = other.ranking, ours.users == theirs.users, let cutoff = ours.cutoffs.first,
      let own = ours.values(.ndcg, at: cutoff), let others = theirs.values(.ndcg, at: cutoff)
    else { return nil }
    return Comparison(own, others, users: ours.users, seed: seed, using: Parallel(threads: threads))
  }

  /// The difference in the users' mean squared errors from another algorithm on the same users.
  ///
  /// - Parameters:
  ///   - other: The result of the other algorithm.
  ///   - seed: The seed of the resamples.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Returns: The difference, this minus the other; nil if one predicts no ratings, or the users differ.
  /// - Complexity: O(1000 · users).
  public func errorComparison(with other: Evaluation, seed: UInt64 = 0, threads: Int? = nil) -> Comparison? {
    guard let ours = ratings, let theirs = other.ratings, ours.users == theirs.users else { return nil }
    return Comparison(
      zip(ours.squared, ours.counts).map { $0 / $1 }, zip(theirs.squared, theirs.counts).map { $0 / $1 }, seed: seed,
      using: Parallel(threads: threads))
  }

  /// A part of the lists, by the number of items in their histories.
  public struct ActivityClass: Sendable, Equatable {
    /// `light`, `middle` or `heavy`.
    public var name: String
    /// The smallest and the largest number of items in one of these histories.
    public var activity: ClosedRange<Int>
    /// The number of these histories.
    public var userCount: Int
    /// The mean NDCG of their lists at the first cutoff.
    public var ndcg: Double
  }

  /// The lists in three parts of about the same size, by the number of items in their histories: light, middle, heavy.
  /// Parts without lists are left out.
  public var byActivity: [ActivityClass] {
    guard let ranking, !ranking.users.isEmpty, let cutoff = ranking.cutoffs.first,
      let ndcg = ranking.values(.ndcg, at: cutoff)
    else { return [] }
    let sorted = ranking.activity.sorted()
    let bounds = [sorted[sorted.count / 3], sorted[sorted.count * 2 / 3]]
    return ["light", "middle", "heavy"].enumerated().compactMap { part, name in
      let users = ndcg.indices.filter { user in
        let activity = ranking.activity[user]
        return (activity >= bounds[1] ? 2 : activity >= bounds[0] ? 1 : 0) == part
      }
      let counts = users.map { Int(ranking.activity[$0]) }
      guard let least = counts.min(), let most = counts.max() else { return nil }
      return ActivityClass(
        name: name, activity: least...most, userCount: users.count,
        ndcg: users.reduce(0) { $0 + ndcg[$1] } / Double(users.count))
    }
  }
}

extension Evaluation.ItemParts {
  init?(joining folds: [Self]) {
    guard let warm = RankingMetrics(joining: folds.map(\.warm)), let cold = RankingMetrics(joining: folds.map(\.cold)),
      let coldAmongAll = RankingMetrics(joining: folds.map(\.coldAmongAll))
    else { return nil }
    self.init(warm: warm, cold: cold, coldAmongAll: coldAmongAll)
  }
}
