/// The part of the training data that a ranker's settings are chosen by.
public enum ValidationMethod: String, Sendable, CaseIterable {
  /// The latest tenth of the interactions, each predicted from what its user did before; without times, the last
  /// interaction of each user.
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

  /// The lists that models are asked for: all that are held back, or some of them at even steps.
  let queries: RankingQueries

  /// Holds back about a tenth of the interactions.
  ///
  /// - Parameters:
  ///   - data: The data to cut.
  ///   - method: The interactions that are held back.
  ///   - seed: The seed of a random cut.
  init(of data: PreparedData, _ method: ValidationMethod, seed: UInt64) {
    let events = data.events
    let isHeld = Self.marks(events, method, seed: seed)
    let train = data.deriving(events.selecting((0..<events.count).filter { !isHeld[$0] }))
    let test = data.deriving(events.selecting((0..<events.count).filter { isHeld[$0] }))
    (self.train, self.test) = (train, test)
    let next: NextEvents? = method == .latest ? .all : nil
    queries = RankingQueries(
      known: train, test: test.events, next: next, includesObserved: data.includesObserved
    ).thinned(to: Self.mostQueries)
  }

  /// The number of lists above which a part of them stands for all: their mean NDCG then has a standard error of less
  /// than 0.006.
  private static var mostQueries: Int { 3000 }

  private static func marks(_ data: TrainingData, _ method: ValidationMethod, seed: UInt64) -> [Bool] {
    switch method {
    case .random:
      var stream = RandomStream(seed: seed, .validation)
      return (0..<data.count).map { _ in stream.uniform() < 0.1 }
    case .latest where data.times.isEmpty: return data.testMarks(.leaveLast(1), seed: seed)
    case .latest:
      let marks = data.testMarks(.time(holdingOut: 0.1), seed: seed)
      // Where most times are equal, hardly anything or nearly everything is the latest tenth.
      let share = Double(marks.count { $0 }) / Double(max(1, data.count))
      return (0.02...0.3).contains(share) ? marks : data.testMarks(.leaveLast(1), seed: seed)
    }
  }

  /// The root mean squared error of a model's predictions of the ratings that are held back; 0 if there are none.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - parallel: The threads to use.
  public func rootMeanSquaredError(of model: some RatingPredictor, using parallel: Parallel) -> Float {
    Float(RatingMetrics(of: model, histories: histories, test: test, using: parallel).rootMeanSquaredError)
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
