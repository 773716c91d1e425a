/// Looks for good hyperparameters, on validation cuts of the data it is given and of nothing else.
///
/// The first half of the trials covers all of the ranges, evenly, by a seeded low-discrepancy sequence (Halton 1960,
/// <https://doi.org/10.1007/BF01386213>); two further rounds look closer around the mean of the best three, each at half the width of the
/// one before. All of them train for half of the epochs and are judged on one cut. The best fifth train for all of the epochs on three
/// cuts, and the mean over these decides (successive halving: Jamieson, Talwalkar 2016, <https://proceedings.mlr.press/v51/jamieson16.html>).
/// A rating predictor is judged by its root mean squared error, any other algorithm by NDCG@10 over all items.
public struct Tuner: Sendable {
  /// How many settings to try; 1 or more.
  public var trials: Int
  /// Whether the defaults are the first of the trials; without them the result owes nothing to how they were found.
  public var triesDefaults = true
  /// The seed of the search, of the cuts and of every training.
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
    /// The validation cuts it was judged on.
    public var cuts: Int
    /// The mean over the cuts of NDCG@10 or of the root mean squared error; nil where a training diverged.
    public var score: Double?
  }

  /// What a search came to.
  public struct Result: Sendable {
    /// The trials: those that were judged on all cuts, the best first; then the others.
    public var trials: [Trial]
    /// What they were judged by: `ndcg@10` or `rmse`.
    public var metric: String
  }

  /// Searches the space of an algorithm's hyperparameters, starting from its defaults.
  ///
  /// - Throws: ``TrainingError`` if a setting is refused, or the data holds nothing to learn from.
  public func search<UserID, ItemID>(
    _ algorithm: Algorithm, on interactions: Interactions<UserID, ItemID>, setting settings: [String: String] = [:],
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Result {
    try await search(algorithm.trainer(), on: interactions, setting: settings, progress: progress)
  }

  /// Searches the space of a trainer's hyperparameters, its ``Trainer/searchSpace``, from the values that it has.
  ///
  /// - Parameters:
  ///   - start: The trainer, whose other hyperparameters stay as they are.
  ///   - interactions: The data set.
  ///   - settings: Hyperparameters that are not searched but set.
  ///   - progress: Called after each training with the trainings done and those there will be.
  /// - Throws: ``TrainingError`` if a setting is refused, or the data holds nothing to learn from.
  public func search<UserID, ItemID>(
    _ start: any Trainer, on interactions: Interactions<UserID, ItemID>, setting settings: [String: String] = [:],
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws(TrainingError) -> Result {
    let trainer: any Trainer = try start.setting(settings)
    let isRating = type(of: trainer).predictsRatings
    let space = type(of: trainer).searchSpace.filter { settings[$0.name] == nil }
    guard interactions.count >= 20 else {
      throw TrainingError(
        .unsuitableData("\(interactions.count) interactions are too few to hold some back and tune on"))
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

  /// The numbers of the trials of each round: half of them, a quarter, the rest.
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
          Evaluator.Fold(train: split.train, test: split.test), rule: rule, for: trainer,
          sharesValidation: true)
      }
    }.get()
  }

  private static func isBetter(_ left: Trial, _ right: Trial, lowerIsBetter: Bool) -> Bool {
    guard let first = left.score else { return right.score == nil && left.number < right.number }
    guard let second = right.score else { return true }
    return first == second ? left.number < right.number : (first < second) == lowerIsBetter
  }

  /// Judges trials on cuts, side by side; their order and their scores do not depend on how many run at once.
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

  /// What one training came to and its epochs; no score where it diverged.
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
