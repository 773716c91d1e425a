/// What an algorithm showed on what it was not trained on.
public struct Evaluation: Sendable {
  /// The name of the algorithm.
  public var algorithm: String
  /// The hyperparameters it was trained with, those that a validation cut decided included; the first fold's.
  public var parameters: [String: String]
  /// How many users and items the data set has, those without a training interaction included.
  public var userCount, itemCount: Int
  /// How many interactions were trained on and tested on, in one fold.
  public var trainCount, testCount: Int
  /// The epochs that were run, on average.
  public var epochs: Int
  /// The threads that were used.
  public var threads: Int
  /// The error of predicted ratings; nil where the algorithm, or the data, has none.
  public var ratings: RatingMetrics?
  /// The quality of lists; nil where every item has the same score.
  public var ranking: RankingMetrics?
  /// The losses and validation errors of the training, epoch by epoch; the first fold's.
  public var curve: [TrainingProgress]
  /// Seconds that the trainings took, one epoch on average, and the making of all lists.
  public var fitSeconds, epochSeconds, recommendSeconds: Double
  /// The most memory the process has held so far, in bytes.
  public var peakMemory: Int
}

extension Evaluation {
  /// The folds as one: their users one after another, times added up.
  init(joining folds: [Evaluation], threads: Int) {
    precondition(!folds.isEmpty)
    self = folds[0]
    self.threads = threads
    epochs = folds.map(\.epochs).reduce(0, +) / folds.count
    ratings = RatingMetrics(joining: folds.compactMap(\.ratings))
    ranking = RankingMetrics(joining: folds.compactMap(\.ranking))
    fitSeconds = folds.map(\.fitSeconds).reduce(0, +)
    epochSeconds = folds.map(\.epochSeconds).reduce(0, +) / Double(folds.count)
    recommendSeconds = folds.map(\.recommendSeconds).reduce(0, +)
    peakMemory = folds.map(\.peakMemory).max() ?? 0
  }

  /// The 95 % intervals of the headline figures, over resamples of the users.
  public struct Intervals: Sendable {
    /// Of the root mean squared and the mean absolute error.
    public var rootMeanSquaredError, meanAbsoluteError: ClosedRange<Double>?
    /// Of NDCG and recall, by cutoff.
    var ndcg, recall: [Int: ClosedRange<Double>]

    /// Of the mean NDCG of lists of this length; nil where it was not looked at, or there is no interval.
    public func ndcg(at cutoff: Int) -> ClosedRange<Double>? { ndcg[cutoff] }
    /// Of the mean recall of lists of this length; nil where it was not looked at, or there is no interval.
    public func recall(at cutoff: Int) -> ClosedRange<Double>? { recall[cutoff] }
  }

  /// The 95 % intervals of the headline figures by bootstrap over users. O(1000 · users).
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
      }
      let sums = Bootstrap.sums(of: columns, seed: seed, using: parallel)
      let users = Double(max(1, ranking.users.count))
      let all = columns.indices.map { column in Bootstrap.interval(of: sums.map { $0[column] / users }) }
      for (index, cutoff) in ranking.cutoffs.enumerated() {
        intervals.ndcg[cutoff] = all[index]
        intervals.recall[cutoff] = all[ranking.cutoffs.count + index]
      }
    }
    return intervals
  }

  /// How NDCG at our first cutoff differs from another algorithm's on the same users; nil where one has no such lists.
  public func ndcgComparison(with other: Evaluation, seed: UInt64 = 0, threads: Int? = nil) -> Comparison? {
    guard let ours = ranking, let theirs = other.ranking, ours.users == theirs.users, let cutoff = ours.cutoffs.first,
      let own = ours.values(.ndcg, at: cutoff), let others = theirs.values(.ndcg, at: cutoff)
    else { return nil }
    return Comparison(own, others, seed: seed, using: Parallel(threads: threads))
  }

  /// How each user's mean squared error differs from another algorithm's; nil where one predicts no ratings.
  public func errorComparison(with other: Evaluation, seed: UInt64 = 0, threads: Int? = nil) -> Comparison? {
    guard let ours = ratings, let theirs = other.ratings, ours.users == theirs.users else { return nil }
    return Comparison(
      zip(ours.squared, ours.counts).map { $0 / $1 }, zip(theirs.squared, theirs.counts).map { $0 / $1 }, seed: seed,
      using: Parallel(threads: threads))
  }

  /// A part of the tested users, by how much they had done.
  public struct ActivityClass: Sendable, Equatable {
    /// `cold`, `warm` or `heavy`.
    public var name: String
    /// The fewest and the most interactions that one of them had.
    public var activity: ClosedRange<Int>
    /// How many they are.
    public var userCount: Int
    /// Their mean NDCG at the first cutoff.
    public var ndcg: Double
  }

  /// The tested users in three parts of about the same size, by how much they had done: cold, warm, heavy. Parts without users are left out.
  public var byActivity: [ActivityClass] {
    guard let ranking, !ranking.users.isEmpty, let cutoff = ranking.cutoffs.first,
      let ndcg = ranking.values(.ndcg, at: cutoff)
    else { return [] }
    let sorted = ranking.activity.sorted()
    let bounds = [sorted[sorted.count / 3], sorted[sorted.count * 2 / 3]]
    return ["cold", "warm", "heavy"].enumerated().compactMap { part, name in
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
