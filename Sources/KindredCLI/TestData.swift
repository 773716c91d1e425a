import Kindred
import KindredReport

/// What `evaluate` trains and tests on.
struct TestData {
  typealias Fold = Evaluator.Fold<String, String>

  var folds: [Fold]
  /// The rule by which ratings count in rankings.
  var rule: FeedbackRule
  /// The text of the split, or `files`.
  var name: String
  /// Whether the test follows what is trained on in time, or in the order of rows.
  var followsTime: Bool
  /// Whether what is tested is chosen at random.
  var isRandom = false
  /// What of a test file is in the training file.
  var leaks: [LeakCheck.Leak] = []
  /// What the file of ratings was taken for.
  var reading: ReadingReport?
  /// What the whole data set holds; nil unless it is described.
  var overview: DataOverview?

  /// Reads the data and splits it; without a test file or a split, by the default split. Says on standard error what
  /// makes the figures doubtful.
  ///
  /// - Parameters:
  ///   - test: The path of a file to test on.
  ///   - split: The text of a split.
  ///   - coldItems: The share of the items to hold out whole; nil holds out none.
  ///   - evaluator: The evaluator that measures on them.
  ///   - isDescribed: Whether to describe the whole data set.
  init(
    _ data: DataOptions, test: String?, split: String?, coldItems: Double? = nil, for evaluator: Evaluator,
    isDescribed: Bool = false
  ) throws {
    let isOrdered = evaluator.next != nil
    let requested = try split.map { text throws(Split.ParsingError) in try Split(parsing: text) }
    let ratings = try data.read()
    rule = ratings.rule
    reading = ratings.reading
    if isDescribed {
      overview = DataOverview(
        ratings.interactions, hasValues: reading?.hasValues ?? true,
        fingerprint: ratings.interactions.fingerprint(threads: data.training.threads))
    }
    if let test {
      let (known, test) = ratings.interactions.aligned(
        with: try data.readTest(test, keepingRepeats: ratings.interactions.keepsRepeats))
      leaks = LeakCheck.leaks(train: known, test: test).filter { leak in
        if case .testPairsInTraining = leak { !evaluator.includesObserved } else { true }
      }
      for leak in leaks { Terminal.note("Warning: \(leak).") }
      if isOrdered, !test.hasTimes { Self.sayOrderOfRows() }
      (folds, name, followsTime) = ([Fold(train: known, test: test)], "files", false)
      return
    }
    let (split, obstacle): (Split, Split.TimeObstacle?)
    if let requested {
      (split, obstacle) = (requested, nil)
    } else {
      (split, obstacle) = ratings.interactions.defaultSplit
    }
    if case .time? = requested { try ratings.reading?.requireTimes(for: "--split \(split)") }
    try Self.check(split, of: ratings.interactions)
    if let coldItems {
      if case .users = split {
        throw Failure(.usage, "--cold-items holds out items of known users; \(split) holds out users")
      }
      folds = ratings.interactions.evaluationFolds(split, holdingOutItems: coldItems, seed: data.training.seed)
    } else {
      folds = ratings.interactions.evaluationFolds(split, seed: data.training.seed)
    }
    if folds.contains(where: { $0.train.isEmpty || $0.test.isEmpty }) {
      throw Failure(.badData, "there are too few ratings for the split \(split): a part of it is empty")
    }
    (name, followsTime, isRandom) = (split.description, split.followsTime, split.flatters)
    let hasTimes = ratings.interactions.hasTimes
    if requested == nil {
      Self.sayDefault(split, obstacle)
    } else if hasTimes, split.flatters {
      Terminal.note("The split \(split) \(Self.flattery).")
    }
    if !hasTimes, followsTime || isOrdered { Self.sayOrderOfRows() }
  }

  private static func sayOrderOfRows() {
    Terminal.note("The ratings have no times, so the order of the rows counts as the order of events.")
  }

  /// Throws if the split needs more than the data has.
  private static func check(_ split: Split, of interactions: Interactions<String, String>) throws(Failure) {
    switch split {
    case .folds(let count) where count > interactions.count:
      throw Failure(.badData, "\(interactions.count.grouped) ratings are too few for \(count.grouped) folds")
    case .time where !interactions.hasTimes:
      throw Failure(
        .badData,
        "the split \(split) needs times, and the ratings have none; name their column, as in "
          + "--columns user=1,item=2,time=3, or use --split leave-last or user:0.2")
    default: return
    }
  }

  private static let flattery =
    "lets later events help to predict earlier ones, so its figures are better than those in use; time:0.1 avoids this"

  /// Says which split is the default, and why.
  private static func sayDefault(_ split: Split, _ obstacle: Split.TimeObstacle?) {
    switch obstacle {
    case nil: Terminal.note("The split is \(split): trained on the past, tested on the latest tenth.")
    case .noTimes: Terminal.note("The split is \(split), since the ratings have no times.")
    case .equalTimes:
      Terminal.note("The split is \(split), since more than half of the ratings have the same time.")
    case .fewUsers(let count):
      Terminal.note(
        "The split is \(split), since only \(count.grouped) user\(count == 1 ? "" : "s") of the latest tenth "
          + "\(count == 1 ? "is" : "are") known before it; it \(flattery).")
    }
  }
}

extension Split {
  /// Whether the choice of what is tested is random in time.
  fileprivate var flatters: Bool {
    switch self {
    case .random, .perUser, .folds: true
    case .leaveLast, .time, .users: false
    }
  }
}
