#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Measures algorithms on what they were not trained on.
public struct Evaluator: Sendable {
  /// The lengths of the lists that are looked at.
  public var cutoffs: [Int]
  /// The seed of every training.
  public var seed: UInt64
  /// How many threads; nil takes one a core.
  public var threads: Int?

  /// Creates an evaluator.
  ///
  /// - Precondition: every cutoff is 1 or more.
  public init(cutoffs: [Int] = [10, 20], seed: UInt64 = 0, threads: Int? = nil) {
    precondition(cutoffs.allSatisfy { $0 > 0 })
    self.cutoffs = cutoffs
    self.seed = seed
    self.threads = threads
  }

  /// Trains an algorithm on each fold's train part and measures it on the test part; figures are means over the folds.
  ///
  /// - Throws: ``TrainingError``.
  public func evaluation<User, Item>(
    of trainer: any Trainer, on folds: [(train: Interactions<User, Item>, test: Interactions<User, Item>)],
    progress: @escaping @Sendable (_ fold: Int, TrainingProgress) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Evaluation {
    var results: [Evaluation] = []
    for (number, fold) in folds.enumerated() {
      results.append(
        try await evaluation(of: trainer, train: fold.train.data, test: fold.test.data) { progress(number + 1, $0) })
    }
    return Evaluation(meanOf: results)
  }

  private func evaluation<T: Trainer>(
    of trainer: T, train: TrainingData, test: TrainingData, progress: @escaping @Sendable (TrainingProgress) -> Void
  ) async throws(TrainingError) -> Evaluation {
    let parallel = Parallel(threads: threads)
    let clock = ContinuousClock()
    let start = clock.now
    let fit = try await trainer.fit(on: train, seed: seed, using: parallel, progress: progress)
    let fitSeconds = (clock.now - start) / .seconds(1)
    let cutoffs = cutoffs
    let measured = try await parallel.detached { (parallel) throws(TrainingError) in
      let histories = train.rowsByUser()
      let ratings = (fit.model as? any RatingPredictor).map {
        RatingMetrics(of: $0, histories: histories, test: test, using: parallel)
      }
      let start = clock.now
      let ranking = RankingMetrics(of: fit.model, histories: histories, test: test, cutoffs: cutoffs, using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      return (ratings, ranking, (clock.now - start) / .seconds(1))
    }.get()
    return Evaluation(
      algorithm: Algorithm(of: trainer), parameters: fit.trainer.parameters, users: train.userCount,
      items: train.itemCount,
      trainRatings: train.count, testRatings: test.count, epochs: fit.epochs, threads: parallel.threads,
      ratings: test.hasRatings || train.hasRatings ? measured.0 : nil,
      ranking: T.self == Mean.self ? nil : measured.1, fitSeconds: fitSeconds, epochSeconds: fit.epochSeconds,
      recommendSeconds: measured.2, peakMemory: peakMemory)
  }
}

/// What an algorithm showed on a test set, or the mean over several.
public struct Evaluation: Sendable {
  /// The algorithm.
  public var algorithm: Algorithm
  /// The hyperparameters it was trained with, those that a validation cut decided included.
  public var parameters: [String: String]
  /// The people and items of the data set, those without a training interaction included.
  public var users, items: Int
  /// The interactions trained on and tested on.
  public var trainRatings, testRatings: Int
  /// The epochs that were run.
  public var epochs: Int
  /// The threads that were used.
  public var threads: Int
  /// The error of predicted ratings; nil where the algorithm, or the data, has none.
  public var ratings: RatingMetrics?
  /// The quality of lists; nil where every item has the same score.
  public var ranking: RankingMetrics?
  /// Seconds of the training as a whole, of an epoch, and of making a list for everyone tested.
  public var fitSeconds, epochSeconds, recommendSeconds: Double
  /// The most memory the process has held so far, in bytes.
  public var peakMemory: Int
}

extension Evaluation {
  /// Means over folds; sizes and settings are the first fold's, times are summed.
  init(meanOf folds: [Evaluation]) {
    precondition(!folds.isEmpty)
    self = folds[0]
    guard folds.count > 1 else { return }
    epochs = folds.map(\.epochs).reduce(0, +) / folds.count
    ratings = RatingMetrics(meanOf: folds.compactMap(\.ratings))
    ranking = RankingMetrics(meanOf: folds.compactMap(\.ranking))
    fitSeconds = folds.map(\.fitSeconds).reduce(0, +)
    epochSeconds = folds.map(\.epochSeconds).reduce(0, +) / Double(folds.count)
    recommendSeconds = folds.map(\.recommendSeconds).reduce(0, +)
    peakMemory = folds.map(\.peakMemory).max() ?? 0
  }
}

extension RatingMetrics {
  init?(meanOf folds: [RatingMetrics]) {
    guard !folds.isEmpty else { return nil }
    count = folds.map(\.count).reduce(0, +)
    rootMeanSquaredError = folds.map(\.rootMeanSquaredError).reduce(0, +) / Float(folds.count)
    meanAbsoluteError = folds.map(\.meanAbsoluteError).reduce(0, +) / Float(folds.count)
    rootMeanSquaredErrorInterval =
      folds.map(\.rootMeanSquaredErrorInterval).reduce(0) { $0 + $1 * $1 }.squareRoot() / Float(folds.count)
  }
}

extension RankingMetrics {
  init?(meanOf folds: [RankingMetrics]) {
    guard let first = folds.first else { return nil }
    self = first
    let count = Double(folds.count)
    people = folds.map(\.people).reduce(0, +) / folds.count
    peopleLeftOut = folds.map(\.peopleLeftOut).reduce(0, +) / folds.count
    meanReciprocalRank = folds.map(\.meanReciprocalRank).reduce(0, +) / count
    let means: [WritableKeyPath<RankingMetrics, [Double]>] = [
      \.ndcg, \.recall, \.precision, \.cappedRecall, \.averagePrecision, \.hitRate, \.coverage, \.gini, \.novelty,
    ]
    for metric in means {
      self[keyPath: metric] = cutoffs.indices.map { cutoff in
        folds.map { $0[keyPath: metric][cutoff] }.reduce(0, +) / count
      }
    }
    for interval in [\.ndcgInterval, \.recallInterval] as [WritableKeyPath<RankingMetrics, [Double]>] {
      self[keyPath: interval] = cutoffs.indices.map { cutoff in
        folds.map { $0[keyPath: interval][cutoff] }.reduce(0) { $0 + $1 * $1 }.squareRoot() / count
      }
    }
  }
}

/// The most memory this process has held, in bytes.
private var peakMemory: Int {
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  #else
    getrusage(RUSAGE_SELF, &usage)
    return Int(usage.ru_maxrss)
  #endif
}
