/// Searches for good hyperparameters on validation cuts of the data, and on nothing else.
///
/// The first half of the trials covers the whole ranges evenly, by a seeded low-discrepancy sequence (Halton 1960,
/// <https://doi.org/10.1007/BF01386213>). Two further rounds search around the mean of the best three trials, each at
/// half the width of the one before. All of these trials train for half of the epochs and are measured on one cut.
///
/// The best fifth of the trials train for all epochs on three cuts, and the mean over these decides (successive
/// halving: Jamieson, Talwalkar 2016, <https://proceedings.mlr.press/v51/jamieson16.html>). The figure is the root mean
/// squared error for a rating predictor, and NDCG@10 over all items for any other algorithm.
public struct Tuner: Sendable {
  /// The number of settings to try; 1 or more.
  public var trials: Int
  /// Whether the first trial is the defaults. Without it the result does not depend on how the defaults were chosen.
  public var triesDefaults = true
  /// The seed of the search, of the cuts and of every training.
  public var seed: UInt64
  /// The number of trials in parallel, each on one thread; nil runs one per core.
  public var threads: Int?
  /// The part of each cut's training data that rankers choose their settings by.
  public var validation = ValidationMethod.latest
  /// The rule of what counts as liked in a ranking.
  public var rule = FeedbackRule()

  /// Creates a tuner.
  ///
  /// - Parameters:
  ///   - trials: The number of settings to try.
  ///   - seed: The seed of the search, of the cuts and of every training.
  ///   - threads: The number of trials in parallel; nil runs one per core.
  /// - Precondition: `trials` is 1 or more.
  public init(trials: Int = 30, seed: UInt64 = 0, threads: Int? = nil) {
    precondition(trials >= 1)
    self.trials = trials
    self.seed = seed
    self.threads = threads
  }

  /// The number of trials that fit a time. It depends on the size of the data alone, so it is the same on every
  /// machine.
  ///
  /// - Parameters:
  ///   - seconds: The time, in seconds.
  ///   - interactions: The number of interactions in the data.
  /// - Returns: From 1 to 1,000.
  public static func trials(forSeconds seconds: Double, interactions: Int) -> Int {
    Int(max(1, min(1000, seconds / (Double(max(1, interactions)) * 4e-6 + 0.05))))
  }

  /// One setting and its result.
  public struct Trial: Sendable, Equatable {
    /// The number of the trial; 0 is the defaults.
    public var number: Int
    /// The hyperparameters that were set, as text by name.
    public var settings: [String: String]
    /// The number of epochs that were run.
    public var epochs: Int
    /// The number of validation cuts that it was measured on.
    public var cuts: Int
    /// The mean over the cuts of NDCG@10 or of the root mean squared error; nil if a training diverged.
    public var score: Double?
  }

  /// The result of a search.
  public struct Result: Sendable {
    /// The trials, first those that were measured on all cuts, then the others; each part from the best to the worst.
    public var trials: [Trial]
    /// The figure that they were compared by: `ndcg@10` or `rmse`.
    public var metric: String
  }

  /// Searches the space of an algorithm's hyperparameters, starting from its defaults.
  ///
  /// - Parameters:
  ///   - algorithm: The algorithm.
  ///   - interactions: The data set.
  ///   - settings: Hyperparameters that keep these values and are not searched.
  ///   - progress: Called after each training with the number of trainings done and the total.
  /// - Returns: The trials, the best first.
  /// - Throws: ``TrainingError`` if a setting is invalid, or the data holds too little to learn from.
  public func search<UserID, ItemID>(
    _ algorithm: Algorithm, on interactions: Interactions<UserID, ItemID>, setting settings: [String: String] = [:],
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Result {
    try await search(algorithm.trainer(), on: interactions, setting: settings, progress: progress)
  }

  /// Searches the space of a trainer's hyperparameters, its ``Trainer/searchSpace``, starting from its current values.
  ///
  /// - Parameters:
  ///   - start: The trainer. Hyperparameters outside the search space keep its values.
  ///   - interactions: The data set.
  ///   - settings: Hyperparameters that keep these values and are not searched.
  ///   - progress: Called after each training with the number of trainings done and the total.
  /// - Returns: The trials, the best first.
  /// - Throws: ``TrainingError`` if a setting is invalid, or the data holds too little to learn from.
  public func search<UserID, ItemID>(
    _ start: any Trainer, on interactions: Interactions<UserID, ItemID>, setting settings: [String: String] = [:],
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Result {
    let trainer: any Trainer = try start.setting(settings)
    let isRating = type(of: trainer).predictsRatings
    let space = type(of: trainer).searchSpace.filter { settings[$0.name] == nil }
    guard interactions.count >= 20 else {
      throw TrainingError(
        .unsuitableData("\(interactions.count) interactions are too few to tune on; at least 20 are needed"))
    }
    guard !space.isEmpty else { throw TrainingError(.invalidSetting("\(type(of: trainer).name) has nothing to tune")) }
    let cuts = await cuts(of: interactions, for: type(of: trainer))
    let finalists = (trials + 4) / 5
    let total = trials + finalists * cuts.count
    let isBetter = { (left: Trial, right: Trial) in Self.isBetter(left, right, lowerIsBetter: isRating) }
    let points = HaltonSequence(dimensions: space.count, seed: seed)
    var judged: [Trial] = []
    for (round, numbers) in rounds.enumerated() {
      let best = judged.filter { $0.score != nil }.prefix(3).map { trial in
        space.map { $0.place(of: trial.settings[$0.name] ?? trainer.parameters[$0.name] ?? "") }
      }
      let region = SearchRegion(round: round, around: best, dimensions: space.count)
      let candidates = numbers.map { number in
        var own = settings
        for (hyperparameter, place) in zip(space, region.place(points[number])) where number > 0 {
          own[hyperparameter.name] = hyperparameter.value(at: place)
        }
        return Trial(number: number, settings: own, epochs: (trainer.epochLimit + 1) / 2, cuts: 1, score: nil)
      }
      let new = try await run(candidates, start, Array(cuts.prefix(1)), from: judged.count, of: total, progress)
      judged = (judged + new).sorted(by: isBetter)
    }
    let best = judged.prefix(finalists).map { trial in
      var trial = trial
      (trial.epochs, trial.cuts) = (trainer.epochLimit, cuts.count)
      return trial
    }
    let final = try await run(best, start, cuts, from: trials, of: total, progress).sorted(by: isBetter)
    return Result(trials: final + judged.dropFirst(finalists), metric: isRating ? "rmse" : "ndcg@10")
  }

  /// The numbers of the trials of each round: half, a quarter, and the rest.
  private var rounds: [Range<Int>] {
    let first = triesDefaults ? 0 : 1
    let bounds = [0, (trials + 1) / 2, (trials * 3 + 3) / 4, trials].map { $0 + first }
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  private func cuts<UserID, ItemID>(
    of interactions: Interactions<UserID, ItemID>, for trainer: any Trainer.Type
  ) async -> [PreparedFold] {
    await Parallel(threads: 1).detached { (_) throws(Never) in
      (0..<3).map { number in
        let split = interactions.split(.random(holdingOut: 0.1), seed: seed &+ 0x7475_6E65 &+ UInt64(number))
        return PreparedFold(
          Evaluator.Fold(train: split.train, test: split.test), rule: rule, validation: validation, for: trainer,
          sharesValidation: true)
      }
    }.get()
  }

  private static func isBetter(_ left: Trial, _ right: Trial, lowerIsBetter: Bool) -> Bool {
    guard let first = left.score else { return right.score == nil && left.number < right.number }
    guard let second = right.score else { return true }
    return first == second ? left.number < right.number : (first < second) == lowerIsBetter
  }

  /// Measures trials on cuts in parallel. The order and the scores do not depend on the number of threads.
  private func run(
    _ trials: [Trial], _ start: any Trainer, _ cuts: [PreparedFold], from done: Int, of total: Int,
    _ progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws(TrainingError) -> [Trial] {
    let evaluator = Evaluator(cutoffs: [10], seed: seed, threads: 1)
    let results = try await Parallel(threads: threads).sideBySide(trials.count * cuts.count) {
      index throws(TrainingError) in
      try await Self.score(trials[index / cuts.count], start, cuts[index % cuts.count], evaluator)
    } finished: { count in
      progress(done + count, total)
    }
    return trials.indices.map { index in
      let own = results[(index * cuts.count)..<((index + 1) * cuts.count)]
      let scores = own.compactMap(\.score)
      var trial = trials[index]
      trial.epochs = own.map(\.epochs).max() ?? trial.epochs
      trial.score = scores.count == cuts.count ? scores.reduce(0, +) / Double(cuts.count) : nil
      return trial
    }
  }

  /// The score of one training, nil if it diverged, and the number of its epochs.
  private static func score(
    _ trial: Trial, _ start: any Trainer, _ cut: PreparedFold, _ evaluator: Evaluator
  ) async throws(TrainingError) -> (score: Double?, epochs: Int) {
    var trainer: any Trainer = try start.setting(trial.settings)
    trainer = trainer.limited(to: min(trainer.epochLimit, trial.epochs))
    do throws(TrainingError) {
      let result = try await evaluator.evaluation(of: trainer, on: cut, Parallel(threads: 1))
      let score =
        type(of: trainer).predictsRatings ? result.ratings?.rootMeanSquaredError : result.ranking?.mean(.ndcg, at: 10)
      return (score, result.epochs)
    } catch {
      guard case .diverged = error.reason else { throw error }
      return (nil, trial.epochs)
    }
  }
}
