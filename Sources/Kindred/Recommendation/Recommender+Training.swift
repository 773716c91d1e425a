extension Recommender {
  /// The progress of a recommender's training.
  public struct Progress: Sendable {
    /// The name of the algorithm that is being trained, as in ``Trainer/name``.
    public var algorithm: String
    /// The progress of that algorithm's training.
    public var training: TrainingProgress
    /// What the whole training is expected to take; nil but in the first report, which comes before any epoch.
    public var cost: TrainingCost?
  }

  /// Trains a recommender with the default algorithms.
  ///
  /// A blend orders the lists. If the values are ratings, ``SGD`` predicts them, or ``BayesianFM`` if the budget is ten
  /// minutes or more.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - rule: The meaning of feedback for the ranking; nil takes ``Interactions/defaultRule``.
  ///   - budget: The time for the search for settings, in seconds. The data's size turns it into a number of trials, so
  ///     the search is the same on every machine.
  ///   - validation: The part of the data that a ranker's settings are chosen by.
  ///   - seed: The seed of every random choice. The same seed and data give the same model file, byte for byte, at any
  ///     number of threads.
  ///   - threads: The number of threads; nil takes one per core.
  ///   - checkpoint: Where a ``ResumableSession`` saves its state, and resumes from; nil for nowhere.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``, also soon after the task is cancelled.
  public static func train(
    on interactions: Interactions<UserID, ItemID>, rule: FeedbackRule? = nil, budget: Float = 20,
    validation: ValidationMethod = .latest, seed: UInt64 = 0, threads: Int? = nil, checkpoint: Checkpoint? = nil,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(TrainingError) -> Recommender {
    let rule = rule ?? interactions.defaultRule
    var ranking = Blend()
    ranking.budget = budget
    let rating = defaultRating(for: interactions, rule: rule, budget: budget)
    return try await train(
      on: interactions, ranking: ranking, rating: rating, rule: rule, validation: validation, seed: seed,
      threads: threads,
      checkpoint: checkpoint, progress: progress)
  }

  /// The default trainer of ratings.
  ///
  /// With a budget of ten minutes or more it is a ``BayesianFM``. Its number of sweeps is what two cores are estimated
  /// to run in the budget, at least 128.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - rule: The meaning of feedback for the ranking.
  ///   - budget: The time for the training, in seconds.
  /// - Returns: The trainer; nil if the values are no ratings.
  public static func defaultRating(
    for interactions: Interactions<UserID, ItemID>, rule: FeedbackRule, budget: Float
  ) -> (any Trainer)? {
    guard interactions.data.hasRatings, rule.kinds.isEmpty else { return nil }
    guard budget >= 600 else { return SGD() }
    var bayesian = BayesianFM()
    if let seconds = bayesian.timeEstimate(for: interactions, threads: 2), seconds > Double(budget) {
      bayesian.epochs = max(128, Int(Double(bayesian.epochs) * Double(budget) / seconds))
    }
    return bayesian
  }

  /// Trains a recommender with the given algorithms.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - ranking: The trainer of the model that orders lists. If it predicts ratings and `rating` is nil, its model
  ///     does both.
  ///   - rating: The trainer of a second model, which predicts ratings; nil trains none.
  ///   - rule: The meaning of feedback for the ranking.
  ///   - validation: The part of the data that a ranker's settings are chosen by.
  ///   - seed: The seed of every random choice. The same seed and data give the same model file, byte for byte, at any
  ///     number of threads.
  ///   - threads: The number of threads; nil takes one per core.
  ///   - checkpoint: Where a ``ResumableSession`` saves its state, and resumes from; nil for nowhere.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``, also if `rating` does not predict ratings.
  public static func train(
    on interactions: Interactions<UserID, ItemID>, ranking: any Trainer, rating: (any Trainer)? = nil,
    rule: FeedbackRule = FeedbackRule(), validation: ValidationMethod = .latest, seed: UInt64 = 0,
    threads: Int? = nil, checkpoint: Checkpoint? = nil, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(TrainingError) -> Recommender {
    guard !interactions.isEmpty else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    if let rating, !type(of: rating).predictsRatings {
      throw TrainingError(.invalidSetting("\(type(of: rating).name) does not predict ratings"))
    }
    if rating != nil || type(of: ranking).predictsRatings, interactions.data.holdsCounts {
      throw TrainingError(
        .unsuitableData(
          "the values are counts and no ratings to predict; train an algorithm that orders lists, such as "
            + "\(Blend.name)"))
    }
    DebugBuild.warning
    let parallel = Parallel(threads: threads)
    let (data, rated, rule, index) = await parallel.detached { (parallel) throws(Never) in
      let data = PreparedData(interactions.trainingData, validation: validation, threads: parallel.threads)
      let rule = rule.resolved(for: data)
      let rated = rule.notRated == nil ? data : data.deriving(data.events.rated(by: rule))
      let users = interactions.userCatalog
      let labels =
        users.count == 0 ? [] : (0..<data.userCount).map { users[interactions.userIDs[$0]]?.attributeLabels ?? [] }
      return (data, rated, rule, Index(data, rule, labelsOfUsers: labels, parallel))
    }.get()
    let meter = WorkMeter(
      [ranking.expectedTimes(on: index.liked, threads: parallel.threads)]
        + (rating.map { [$0.expectedTimes(on: rated, threads: parallel.threads)] } ?? []))
    let metered = parallel.metered(by: meter)
    progress(
      Progress(
        algorithm: type(of: ranking).name,
        training: TrainingProgress(
          stage: ranking.usesValidation(on: index.liked) ? .validating : .training, epoch: 0,
          epochs: ranking.epochLimit),
        cost: TrainingCost(meter, ranking, index.liked, rating, rated)))
    var provenance = Provenance()
    provenance.seed = seed
    provenance.interactionCount = interactions.count
    provenance.fingerprint = index.fingerprint
    provenance.processorLevel = processorLevel
    let rankingModel = try await fit(
      ranking, type(of: ranking).predictsRatings ? rated : index.liked, seed, metered, checkpoint, &provenance,
      \.ranking, progress)
    var ratingModel: (any RatingPredictor)?
    if let rating {
      // Training on ratings does not use the ranking's rows.
      index.liked.releaseRows(of: .items)
      if index.liked !== data { index.liked.releaseRows(of: .users) }
      let model = try await fit(rating, rated, seed, metered, checkpoint, &provenance, \.rating, progress)
      guard let predictor = model as? any RatingPredictor else {
        throw TrainingError(.invalidSetting("the model of \(type(of: rating).name) is not a RatingPredictor"))
      }
      ratingModel = predictor
    }
    return Recommender(
      userIDs: interactions.userIDs, itemIDs: interactions.itemIDs, itemCatalog: interactions.itemCatalog,
      ranking: rankingModel,
      rating: ratingModel, histories: index.histories, rule: rule, popularity: index.popularity,
      fame: index.fame, audiences: index.audiences, provenance: provenance
    ).placing(
      interactions.itemCatalog.inOrder.lazy.compactMap { id, entry in ItemID(id).map { ($0, entry) } })
  }

  private static func fit<T: Trainer>(
    _ trainer: T, _ data: PreparedData, _ seed: UInt64, _ parallel: Parallel, _ checkpoint: Checkpoint?,
    _ provenance: inout Provenance, _ role: WritableKeyPath<Provenance, Provenance.Training?>,
    _ progress: @escaping @Sendable (Progress) -> Void
  ) async throws(TrainingError) -> any Scorer {
    let fit = try await trainer.fit(on: data, seed: seed, using: parallel, checkpoint: checkpoint) { step in
      progress(Progress(algorithm: T.name, training: step))
    }
    provenance[keyPath: role] = Provenance.Training(algorithm: T.name, settings: fit.trainer.parameters)
    if let error = fit.validationError { provenance.validationError = error }
    if let ndcg = fit.validationNDCG { provenance.validationNDCG = ndcg }
    return fit.model
  }
}

/// The data that a recommender keeps besides its models.
private struct Index: Sendable {
  let liked: PreparedData
  private let data: PreparedData
  private let weights: Buffer<Float>
  let popularity: [Int32]
  let fame: [Float]
  let audiences: Audiences?
  let fingerprint: String

  init(_ data: PreparedData, _ rule: FeedbackRule, labelsOfUsers labels: [[String]], _ parallel: Parallel) {
    self.data = data
    (liked, weights) = data.weighted(by: rule)
    // The weights were sorted by user; the training does without these rows, and the histories make them anew.
    if liked !== data { data.releaseRows(of: .users) }
    popularity = data.itemCounts
    fame = Popularity.scores(of: liked)
    audiences = labels.isEmpty ? nil : Audiences(liked, labelsOfUsers: labels, using: parallel)
    fingerprint = data.events.fingerprint(using: parallel)
  }

  /// The histories of all users.
  var histories: HistoryTable { data.table(weights: weights) }
}
