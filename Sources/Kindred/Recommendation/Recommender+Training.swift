extension Recommender {
  /// What a training of a recommender is busy with.
  public struct Progress: Sendable {
    /// The algorithm under way.
    public var algorithm: String
    /// How far it is.
    public var training: TrainingProgress
  }

  /// Trains a recommender with the defaults: a blend orders the lists and, where the values are ratings, SGD predicts them, or a
  /// Bayesian factorization machine if there are ten minutes.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - rule: What feedback means for the ranking.
  ///   - budget: The seconds that the search for settings may take, which become a number of trials by the data's size.
  ///   - seed: The same seed and data give the same model file, byte for byte, at any number of threads.
  ///   - threads: How many threads; nil takes one a core.
  ///   - checkpoint: Where to save the state of a training that can be taken up again.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``; cancelling the task throws it too, within a block's time.
  public static func train(
    on interactions: Interactions<UserID, ItemID>, rule: FeedbackRule = FeedbackRule(), budget: Float = 20,
    seed: UInt64 = 0,
    threads: Int? = nil, checkpoint: Checkpoint? = nil,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(TrainingError) -> Recommender {
    var ranking = Blend()
    ranking.budget = budget
    let rating = defaultRating(for: interactions, rule: rule, budget: budget)
    return try await train(
      on: interactions, ranking: ranking, rating: rating, rule: rule, seed: seed, threads: threads,
      checkpoint: checkpoint, progress: progress)
  }

  /// What predicts ratings by default, for a budget of seconds; nil where the values are no ratings. With ten minutes it is a sampler that
  /// makes as many sweeps as two cores are estimated to have the time for, 128 at least.
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

  /// Trains a recommender with algorithms of your choice.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - ranking: What orders the lists. If it predicts ratings, and `rating` is nil, it does both.
  ///   - rating: What predicts ratings; nil for none.
  ///   - seed: The same seed and data give the same model file, byte for byte, at any number of threads.
  ///   - threads: How many threads; nil takes one a core.
  ///   - checkpoint: Where to save the state of a training that can be taken up again.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``; also if `rating` does not predict ratings.
  public static func train(
    on interactions: Interactions<UserID, ItemID>, ranking: any Trainer, rating: (any Trainer)? = nil,
    rule: FeedbackRule = FeedbackRule(), seed: UInt64 = 0, threads: Int? = nil, checkpoint: Checkpoint? = nil,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(TrainingError) -> Recommender {
    guard !interactions.isEmpty else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    if let rating, !type(of: rating).predictsRatings {
      throw TrainingError(.invalidSetting("\(type(of: rating).name) does not predict ratings"))
    }
    let parallel = Parallel(threads: threads)
    let (data, index) = await parallel.detached { (parallel) throws(Never) in
      let data = PreparedData(interactions.trainingData)
      return (data, Index(data, rule, parallel))
    }.get()
    var provenance = Provenance()
    provenance.seed = seed
    provenance.interactionCount = interactions.count
    provenance.fingerprint = index.fingerprint
    provenance.processorLevel = processorLevel
    let rankingModel = try await fit(
      ranking, type(of: ranking).predictsRatings ? data : index.liked, seed, parallel, checkpoint, &provenance.ranking,
      progress)
    var ratingModel: (any RatingPredictor)?
    if let rating {
      // The recommender keeps the histories; nothing else of the ranking's data is needed while ratings are learned.
      index.liked.releaseRows(of: .items)
      if index.liked !== data { index.liked.releaseRows(of: .users) }
      let model = try await fit(rating, data, seed, parallel, checkpoint, &provenance.rating, progress)
      guard let predictor = model as? any RatingPredictor else {
        throw TrainingError(.invalidSetting("the model of \(type(of: rating).name) is no RatingPredictor"))
      }
      ratingModel = predictor
    }
    return Recommender(
      userIDs: interactions.userIDs, itemIDs: interactions.itemIDs, itemCatalog: interactions.itemCatalog,
      ranking: rankingModel,
      rating: ratingModel, histories: index.histories, weights: index.weights, rule: rule, popularity: index.popularity,
      provenance: provenance)
  }

  private static func fit<T: Trainer>(
    _ trainer: T, _ data: PreparedData, _ seed: UInt64, _ parallel: Parallel, _ checkpoint: Checkpoint?,
    _ training: inout Provenance.Training?, _ progress: @escaping @Sendable (Progress) -> Void
  ) async throws(TrainingError) -> any Scorer {
    let fit = try await trainer.fit(on: data, seed: seed, using: parallel, checkpoint: checkpoint) { step in
      progress(Progress(algorithm: T.name, training: step))
    }
    training = Provenance.Training(algorithm: T.name, settings: fit.trainer.parameters)
    return fit.model
  }
}

/// What a recommender keeps of the data besides what its trainers learn.
private struct Index: Sendable {
  let liked: PreparedData
  let histories: SparseMatrix
  let weights: Buffer<Float>
  let popularity: [Int32]
  let fingerprint: String

  init(_ data: PreparedData, _ rule: FeedbackRule, _ parallel: Parallel) {
    (liked, weights) = data.weighted(by: rule)
    histories = data.byUser
    popularity = data.itemCounts
    fingerprint = data.columns.fingerprint(using: parallel)
  }
}
