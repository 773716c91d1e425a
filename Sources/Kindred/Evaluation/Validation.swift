/// The part of the training data that a ranker's settings are chosen by.
public enum ValidationMethod: String, Sendable, CaseIterable {
  /// The latest tenth of the interactions, each predicted from what its user did before; without times, the last
  /// interaction of each user, or a random tenth where rows are sorted by item.
  case latest
  /// A random tenth of the interactions; all of a user's are predicted by one list.
  case random
}

/// A cut of the training data into a part to train on and a part that is held back to choose hyperparameters by.
///
/// Figures on the part that is held back are too good to report.
public struct Validation: Sendable {
  /// The interactions to train on.
  public let train: PreparedData
  /// The interactions that are held back.
  public let test: PreparedData
  /// The history of each user in `train`.
  public var histories: Histories { train.histories }

  /// The held-back interactions by which rating predictors are compared: all, or those of some users at even steps.
  private let rated: PreparedData

  /// The lists that models are asked for: all that are held back, or some of them at even steps.
  private(set) var queries: RankingQueries

  /// Holds back about a tenth of the interactions.
  ///
  /// - Parameters:
  ///   - data: The data to cut.
  ///   - method: The interactions that are held back.
  ///   - seed: The seed of a random cut.
  ///   - step: Every which user is in the cut.
  init(of data: PreparedData, _ method: ValidationMethod, seed: UInt64, everyUser step: Int = 1) {
    let events =
      step == 1
      ? data.events : data.events.selecting((0..<data.events.count).filter { Int(data.events.users[$0]) % step == 0 })
    let (isHeld, isOrdered) = Self.marks(events, method, seed: seed)
    let train = data.deriving(events.selecting((0..<events.count).filter { !isHeld[$0] }), forTrials: true)
    let test = data.deriving(events.selecting((0..<events.count).filter { isHeld[$0] }))
    (self.train, self.test) = (train, test)
    let stepOfRated = max(1, test.count / Self.mostRatings)
    rated =
      stepOfRated == 1
      ? test
      : test.deriving(
        test.columns.selecting((0..<test.count).filter { Int(test.columns.users[$0]) % stepOfRated == 0 }))
    queries = RankingQueries(
      known: train, test: test.events, next: isOrdered ? .all : nil, includesObserved: data.includesObserved
    ).thinned(to: Self.mostQueries)
  }

  /// The number of interactions above which those of some users stand for all.
  private static var mostSampled: Int { 5_000_000 }

  /// Every which user stands for all in data of some interactions.
  static func stepOfUsers(_ interactions: Int) -> Int { max(1, (interactions + mostSampled - 1) / mostSampled) }

  /// The number of lists above which a part of them stands for all: their mean NDCG then has a standard error of less
  /// than 0.008.
  static var mostQueries: Int { 2000 }

  /// The same cut with all histories made at once, for a comparison of many models.
  func keepingQueries(using parallel: Parallel) -> Validation {
    var validation = self
    validation.queries = queries.kept(using: parallel)
    return validation
  }

  /// About the number of ratings above which a part of them stands for all.
  private static var mostRatings: Int { 15_000 }

  /// Returns whether each interaction is held back, and whether those are the latest ones.
  private static func marks(
    _ data: TrainingData, _ method: ValidationMethod, seed: UInt64
  ) -> (isHeld: [Bool], isOrdered: Bool) {
    if method == .latest, let split = data.latestSplit { return (data.testMarks(split, seed: seed), true) }
    var stream = RandomStream(seed: seed, .validation)
    return ((0..<data.count).map { _ in stream.uniform() < 0.1 }, false)
  }

  /// The root mean squared error of a model's predictions of the ratings that are held back, or of a part of them; 0
  /// if there are none.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - parallel: The threads to use.
  public func rootMeanSquaredError(of model: some RatingPredictor, using parallel: Parallel) -> Float {
    Float(RatingMetrics(of: model, histories: histories, test: rated, using: parallel).rootMeanSquaredError)
  }

  /// The mean NDCG of a model's lists on the interactions that are held back, or on a part of them; 0 if there are
  /// none. All items are ranked.
  ///
  /// - Parameters:
  ///   - scorer: The model.
  ///   - cutoff: The length of the lists.
  ///   - parallel: The threads to use.
  /// - Precondition: `cutoff` is 1 or more.
  public func ndcg(of scorer: any Scorer, at cutoff: Int = 10, using parallel: Parallel) -> Double {
    RankingMetrics.ndcg(
      of: scorer, on: queries, counts: train.itemCounts, cutoffs: [cutoff], using: parallel)[0]
  }
}
