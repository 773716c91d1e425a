/// Looks for good hyperparameters: a seeded random search with successive halving, on a validation cut of the data it is given.
///
/// Every trial trains for a third of the epochs; the best third of them go on to all (Jamieson, Talwalkar 2016,
/// <https://proceedings.mlr.press/v51/jamieson16.html>). The first trial is the defaults. A rating predictor is judged by its root mean
/// squared error, any other algorithm by NDCG@10 over all items.
public struct Tuner: Sendable {
  /// How many settings to try; 1 or more.
  public var trials: Int
  /// The seed of the search, of the cut and of every training.
  public var seed: UInt64
  /// How many trials run side by side, each on one thread; nil takes one a core.
  public var threads: Int?
  /// What counts as liked in a ranking.
  public var rule = FeedbackRule()

  /// Creates a tuner.
  public init(trials: Int = 30, seed: UInt64 = 0, threads: Int? = nil) {
    precondition(trials >= 1)
    self.trials = trials
    self.seed = seed
    self.threads = threads
  }

  /// The number of trials that fit a time, by the size of the data alone, so that the same command does the same everywhere.
  public static func trials(forSeconds seconds: Double, interactions: Int) -> Int {
    max(1, min(1000, Int(seconds / (Double(max(1, interactions)) * 4e-6 + 0.05))))
  }

  /// One setting and what it came to.
  public struct Trial: Sendable, Equatable {
    /// The number of the trial; 0 is the defaults.
    public var number: Int
    /// The hyperparameters that were set.
    public var settings: [String: String]
    /// The epochs it was judged after.
    public var epochs: Int
    /// NDCG@10 or the root mean squared error on the validation cut; nil where the training diverged.
    public var score: Double?
  }

  /// What a search came to.
  public struct Result: Sendable {
    /// The trials, the best first.
    public var trials: [Trial]
    /// What they were judged by: `ndcg@10` or `rmse`.
    public var metric: String
  }

  /// Searches the space of an algorithm's hyperparameters.
  ///
  /// - Parameters:
  ///   - settings: Hyperparameters that are not searched but set.
  ///   - progress: Called after each trial with the trials done and the trials there will be, halves included.
  /// - Throws: ``TrainingError`` if a setting is refused, or the data holds nothing to learn from.
  public func search<User, Item>(
    _ algorithm: Algorithm, on interactions: Interactions<User, Item>, setting settings: [String: String] = [:],
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Result {
    let trainer = try algorithm.trainer(setting: settings)
    let isRating = type(of: trainer).predictsRatings
    let space = type(of: trainer).searchSpace.filter { settings[$0.name] == nil }
    guard interactions.count >= 20 else {
      throw TrainingError(
        .unsuitableData("\(interactions.count) interactions are too few to hold some back and tune on"))
    }
    guard !space.isEmpty else { throw TrainingError(.invalidSetting("\(algorithm.rawValue) has nothing to tune")) }
    let split = await Parallel(threads: 1).detached { (_) throws(Never) in
      interactions.split(.random(holdingOut: 0.1), seed: seed &+ 0x7475_6E65)
    }.get()
    let fold = Evaluator.Fold(train: split.train, test: split.test)
    let candidates = (0..<trials).map { number in
      var stream = RandomStream(seed: seed, .tuning, number)
      var own = settings
      for hyperparameter in space where number > 0 { own[hyperparameter.name] = hyperparameter.sample(&stream) }
      return Trial(number: number, settings: own, epochs: trainer.epochs, score: nil)
    }
    let isIterative = trainer.epochs > 2
    let finalists = isIterative ? (trials + 2) / 3 : trials
    let total = isIterative ? trials + finalists : trials
    let isBetter = { (left: Trial, right: Trial) in Self.isBetter(left, right, lowerIsBetter: isRating) }
    var judged = candidates
    if isIterative {
      let short = candidates.map { Self.shortened($0, to: max(1, trainer.epochs / 3)) }
      judged = try await run(short, algorithm, fold, from: 0, of: total, progress).sorted(by: isBetter)
      let best = judged.prefix(finalists).map { Self.shortened($0, to: trainer.epochs) }
      let full = try await run(Array(best), algorithm, fold, from: trials, of: total, progress).sorted(by: isBetter)
      judged = full + judged.dropFirst(finalists)
    } else {
      judged = try await run(candidates, algorithm, fold, from: 0, of: total, progress).sorted(by: isBetter)
    }
    return Result(trials: judged, metric: isRating ? "rmse" : "ndcg@10")
  }

  private static func shortened(_ trial: Trial, to epochs: Int) -> Trial {
    var trial = trial
    trial.epochs = epochs
    return trial
  }

  private static func isBetter(_ left: Trial, _ right: Trial, lowerIsBetter: Bool) -> Bool {
    guard let first = left.score else { return false }
    guard let second = right.score else { return true }
    return first == second ? left.number < right.number : (first < second) == lowerIsBetter
  }

  /// Judges trials side by side; their order and their scores do not depend on how many run at once.
  private func run<User, Item>(
    _ trials: [Trial], _ algorithm: Algorithm, _ fold: Evaluator.Fold<User, Item>, from done: Int, of total: Int,
    _ progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws(TrainingError) -> [Trial] {
    var evaluator = Evaluator(cutoffs: [10], seed: seed, threads: 1)
    evaluator.rule = rule
    return try await Parallel(threads: threads).sideBySide(trials.count) { [evaluator] index throws(TrainingError) in
      try await Self.judge(trials[index], algorithm, fold, evaluator)
    } finished: { count in
      progress(done + count, total)
    }
  }

  private static func judge<User, Item>(
    _ trial: Trial, _ algorithm: Algorithm, _ fold: Evaluator.Fold<User, Item>, _ evaluator: Evaluator
  ) async throws(TrainingError) -> Trial {
    var trial = trial
    var trainer = try algorithm.trainer(setting: trial.settings)
    trainer.epochs = min(trainer.epochs, trial.epochs)
    do throws(TrainingError) {
      let result = try await evaluator.evaluation(of: trainer, on: [fold])
      trial.score =
        type(of: trainer).predictsRatings ? result.ratings?.rootMeanSquaredError : result.ranking?.mean(.ndcg, at: 0)
      trial.epochs = result.epochs
    } catch {
      guard case .diverged = error.reason else { throw error }
    }
    return trial
  }
}
