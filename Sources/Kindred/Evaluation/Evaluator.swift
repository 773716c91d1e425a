import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Measures algorithms on data that they were not trained on.
public struct Evaluator: Sendable {
  /// The data to train on, the data to test on, and the histories that are known at the test.
  public struct Fold<UserID: Identifier, ItemID: Identifier>: Sendable {
    /// The interactions to train on.
    public var train: Interactions<UserID, ItemID>
    /// The interactions to test on.
    public var test: Interactions<UserID, ItemID>
    /// The histories of users who are not in the training data, to be folded in; nil if all tested users are trained
    /// on.
    public var given: Interactions<UserID, ItemID>?
    /// Whether items were held out whole, so that warm and cold items are measured apart.
    public var holdsOutItems = false

    /// Creates a fold.
    ///
    /// - Parameters:
    ///   - train: The interactions to train on.
    ///   - test: The interactions to test on, over the same users and items.
    ///   - given: The histories of users who are not in the training data; nil if all tested users are trained on.
    public init(
      train: Interactions<UserID, ItemID>, test: Interactions<UserID, ItemID>,
      given: Interactions<UserID, ItemID>? = nil
    ) {
      self.train = train
      self.test = test
      self.given = given
    }
  }

  /// The lengths of the lists to measure; each 1 or more.
  public var cutoffs: [Int]
  /// The seed of every training and resampling.
  public var seed: UInt64
  /// The rule of what counts as liked: rankings are trained and tested on it. Other items of a history are left out of
  /// its lists, too. A rule that compares values with those of the data, and has no reference, gets that of each fold's
  /// training data.
  public var rule = FeedbackRule()
  /// The part of the training data that rankers choose their settings by.
  public var validation = ValidationMethod.latest
  /// The held-out events to predict one by one, each from what its user did before; nil makes one list per user, for
  /// all of their held-out events.
  public var next: NextEvents?
  /// Whether lists may hold items of the user's history.
  public var includesObserved = false
  /// The number of lists above which some of them, at even steps, stand for all; nil makes all.
  public var mostLists: Int?
  /// The number of times that the lists are made again from histories in a random order, which shows whether order
  /// matters to the model; 0 or more.
  public var shuffles = 0
  /// The number of threads; nil takes one per core.
  public var threads: Int?

  /// Creates an evaluator.
  ///
  /// - Parameters:
  ///   - cutoffs: The lengths of the lists to measure.
  ///   - seed: The seed of every training and resampling.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Precondition: Every cutoff is 1 or more.
  public init(cutoffs: [Int] = [10, 20], seed: UInt64 = 0, threads: Int? = nil) {
    precondition(cutoffs.allSatisfy { $0 > 0 })
    self.cutoffs = cutoffs
    self.seed = seed
    self.threads = threads
  }

  /// Trains an algorithm on one part of a data set and measures it on another.
  ///
  /// - Parameters:
  ///   - trainer: The algorithm and its hyperparameters.
  ///   - train: The interactions to train on.
  ///   - test: The interactions to test on, over the same users and items.
  /// - Throws: ``TrainingError``.
  public func evaluation<UserID, ItemID>(
    of trainer: any Trainer, train: Interactions<UserID, ItemID>, test: Interactions<UserID, ItemID>
  ) async throws(TrainingError) -> Evaluation {
    try await evaluation(of: trainer, on: [Fold(train: train, test: test)])
  }

  /// Trains an algorithm on each fold's train part and measures it on the test part.
  ///
  /// Several folds run in parallel, each on one thread. The figures are the same at any number of threads.
  ///
  /// - Parameters:
  ///   - trainer: The algorithm and its hyperparameters.
  ///   - folds: The folds, at least one.
  ///   - progress: Called after each epoch, on no particular thread, with the number of the fold from 1.
  /// - Throws: ``TrainingError``.
  public func evaluation<UserID, ItemID>(
    of trainer: any Trainer, on folds: [Fold<UserID, ItemID>],
    progress: @escaping @Sendable (_ fold: Int, TrainingProgress) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Evaluation {
    let all = Parallel(threads: threads)
    let each = folds.count > 1 ? Parallel(threads: 1) : all
    let evaluations = try await all.sideBySide(folds.count) { number throws(TrainingError) in
      try await evaluation(
        of: trainer,
        on: PreparedFold(
          folds[number], rule: rule, validation: validation, includesObserved: includesObserved,
          for: type(of: trainer), threads: each.threads),
        each
      ) {
        progress(number + 1, $0)
      }
    }
    return Evaluation(joining: evaluations, threads: all.threads)
  }

  /// Trains an algorithm on a fold that was prepared for it, and measures it.
  func evaluation<T: Trainer>(
    of trainer: T, on fold: PreparedFold, _ parallel: Parallel,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws(TrainingError) -> Evaluation {
    let curve = Curve()
    let clock = ContinuousClock()
    let start = clock.now
    let fit = try await trainer.fit(on: fold.train, seed: seed, using: parallel) { step in
      curve.add(step)
      progress(step)
    }
    let fitSeconds = (clock.now - start) / .seconds(1)
    let (ratings, ranking, itemParts) = try await parallel.detached { (parallel) throws(TrainingError) in
      let predictor = fold.known.columns.hasRatings ? fit.model as? any RatingPredictor : nil
      let ratings = predictor.map {
        RatingMetrics(of: $0, histories: fold.histories, test: fold.ratedTest, using: parallel)
      }
      // If all scores are equal, a figure would measure the order of items in the file.
      let ranking = T.ranksItems ? self.ranking(of: fit.model, on: fold, parallel) : nil
      let itemParts = T.ranksItems && fold.holdsOutItems ? self.itemParts(of: fit.model, on: fold, parallel) : nil
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      return (ratings, ranking, itemParts)
    }.get()
    return Evaluation(
      algorithm: T.name, parameters: fit.trainer.parameters, userCount: fold.known.userCount,
      itemCount: fold.known.itemCount,
      trainCount: fold.known.events.count, testCount: fold.test.events.count, epochs: fit.epochs,
      threads: parallel.threads,
      ratings: ratings,
      ranking: ranking, itemParts: itemParts, curve: curve.steps, fitSeconds: fitSeconds,
      epochSeconds: fit.epochSeconds,
      recommendSeconds: (ranking?.seconds ?? 0) / Double(parallel.threads), peakMemory: peakMemory)
  }

  private func ranking(of model: some Scorer, on fold: PreparedFold, _ parallel: Parallel) -> RankingMetrics {
    var queries = fold.queries(next: next, includesObserved: includesObserved)
    if let mostLists { queries = queries.thinned(to: mostLists) }
    let counts = fold.known.itemCounts
    var ranking = RankingMetrics(of: model, on: queries, counts: counts, cutoffs: cutoffs, using: parallel)
    let shuffled = (0..<shuffles).map {
      RankingMetrics.ndcg(
        of: model, on: queries.shuffled($0, seed: seed), counts: counts, cutoffs: cutoffs, using: parallel)
    }
    if shuffles > 0 {
      ranking.shuffledNDCG = cutoffs.indices.map { index in
        shuffled.reduce(0) { $0 + $1[index] } / Double(shuffles)
      }
    }
    return ranking
  }
}

extension Evaluator {
  private func itemParts(
    of model: some Scorer, on fold: PreparedFold, _ parallel: Parallel
  ) -> Evaluation.ItemParts {
    let queries = fold.queries(next: next, includesObserved: includesObserved)
    let counts = fold.known.itemCounts
    var (warm, cold) = (ItemSet(itemCount: counts.count), ItemSet(itemCount: counts.count))
    for item in counts.indices {
      if counts[item] > 0 { warm[Int32(item)] = true } else { cold[Int32(item)] = true }
    }
    let metrics = { RankingMetrics(of: model, on: $0, counts: counts, cutoffs: cutoffs, using: parallel) }
    return Evaluation.ItemParts(
      warm: metrics(queries.restricted(to: warm, amongItems: warm)),
      cold: metrics(queries.restricted(to: cold, amongItems: cold)),
      coldAmongAll: metrics(queries.restricted(to: cold)))
  }
}

/// A fold with prepared data, shared by all trainings of one algorithm on it.
struct PreparedFold: Sendable {
  /// All interactions to train on.
  let known: PreparedData
  /// The interactions that the algorithm is trained on: those that count as liked, if it ranks.
  let train: PreparedData
  /// All interactions to test on.
  let test: PreparedData
  /// The interactions to test on that are ratings.
  let ratedTest: PreparedData
  /// Whether items were held out whole.
  let holdsOutItems: Bool
  /// The test interactions with the weights that the rule gives them.
  private let weightedTest: TrainingData
  /// The histories of users who are not in the training data.
  private let given: PreparedData?
  /// The rule that restricts a history to what is liked; nil if the algorithm predicts ratings and learns from all of
  /// it.
  private let rule: FeedbackRule?
  /// The middle of the scale; nil if values are not ratings.
  private let middle: Float?

  init<UserID, ItemID>(
    _ fold: Evaluator.Fold<UserID, ItemID>, rule: FeedbackRule, validation: ValidationMethod = .latest,
    includesObserved: Bool = false, for trainer: any Trainer.Type, sharesValidation: Bool = false, threads: Int = 1,
    noting observer: PreparedData.GroupingObserver? = nil
  ) {
    let known = PreparedData(
      fold.train.trainingData, validation: validation, includesObserved: includesObserved,
      sharesValidation: sharesValidation, threads: threads, noting: observer)
    self.known = known
    test = known.deriving(fold.test.data)
    let rule = rule.resolved(for: known)
    let rated = rule.notRated == nil ? known : known.deriving(fold.train.trainingData.rated(by: rule))
    train = trainer.predictsRatings ? rated : known.weighted(by: rule).liked
    ratedTest = rule.notRated == nil ? test : known.deriving(fold.test.data.rated(by: rule))
    weightedTest = fold.test.data.weighted(by: rule, knowing: (fold.given ?? fold.train).data)
    given = fold.given.map { known.deriving($0.data) }
    holdsOutItems = fold.holdsOutItems
    self.rule = trainer.predictsRatings ? nil : rule
    let isRated = rule.kinds.isEmpty && known.columns.hasRatings
    middle = isRated ? rule.reference?.middle ?? known.scale.map { ($0.lowerBound + $0.upperBound) / 2 } : nil
  }

  /// The histories of all users as they are known at the test.
  var histories: Histories {
    var histories = (given ?? known).histories
    histories.areStrangers = given != nil
    return histories
  }

  /// The lists to ask of a model.
  func queries(next: NextEvents?, includesObserved: Bool) -> RankingQueries {
    RankingQueries(
      known: given ?? known, test: weightedTest, next: next, rule: rule, middle: middle, areStrangers: given != nil,
      includesObserved: includesObserved)
  }
}

/// Collects the progress of a training.
private final class Curve: Sendable {
  private let collected = Mutex<[TrainingProgress]>([])
  func add(_ step: TrainingProgress) { collected.withLock { $0.append(step) } }
  var steps: [TrainingProgress] { collected.withLock { $0 } }
}

/// The peak memory of this process, in bytes.
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
