/// How far a training is.
public struct TrainingProgress: Sendable {
  /// What is being done.
  public enum Stage: Sendable {
    /// Finding out on a validation cut how many epochs to run.
    case validating
    /// Training on all data.
    case training
  }

  /// What is being done.
  public var stage: Stage
  /// The epochs run so far in this stage.
  public var epoch: Int
  /// The most epochs this stage takes.
  public var epochs: Int
  /// The loss of the last epoch.
  public var loss: Float
  /// The root mean squared error on the validation cut, where one is measured.
  public var validationError: Float?
}

/// A finished training.
public struct FittedTrainer<T: Trainer>: Sendable {
  /// The model.
  public let model: T.Model
  /// The trainer, with those hyperparameters filled in that the validation cut decided.
  public let trainer: T
  /// How many epochs the model was trained for.
  public let epochs: Int
  /// Seconds an epoch took, on average.
  public let epochSeconds: Double
}

extension Trainer {
  /// Trains a model on a data set, as ``fit(on:seed:using:checkpoint:progress:)`` does.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - seed: The same seed and data give the same model at any number of threads.
  ///   - threads: How many threads; nil takes one per core.
  ///   - checkpoint: Where to save the state now and then, for a ``ResumableSession``; a state that is there is taken
  ///     up.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``.
  public func fit<UserID, ItemID>(
    on interactions: Interactions<UserID, ItemID>, seed: UInt64 = 0, threads: Int? = nil, checkpoint: Checkpoint? = nil,
    progress: @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    try await fit(
      on: PreparedData(interactions.trainingData), seed: seed, using: Parallel(threads: threads),
      checkpoint: checkpoint,
      progress: progress)
  }

  /// Trains a model: where the trainer stops early, a validation cut decides how long, then all data is trained on for as long.
  ///
  /// - Parameters:
  ///   - checkpoint: Where to save the state now and then, for a ``ResumableSession``; a state that is there is taken
  ///     up.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``.
  public func fit(
    on data: PreparedData, seed: UInt64, using parallel: Parallel, checkpoint: Checkpoint? = nil,
    progress: @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    guard usesValidation, data.count >= Self.leastForValidation else {
      return try await run(on: data, seed: seed, using: parallel, checkpoint: checkpoint, progress: progress)
    }
    let chosen = try await validated(on: data, seed: seed, using: parallel, progress: progress)
    return try await chosen.run(on: data, seed: seed, using: parallel, progress: progress)
  }

  /// Below this many interactions a tenth of them says nothing, and training runs its full course.
  private static var leastForValidation: Int { 2000 }

  /// Epochs without a better validation error before the search for the best one ends.
  private static var patience: Int { 3 }

  private func run(
    on data: PreparedData, seed: UInt64, using parallel: Parallel, checkpoint: Checkpoint? = nil,
    progress: @Sendable (TrainingProgress) -> Void
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    var iterator = epochs(on: data, seed: seed, using: parallel).makeAsyncIterator()
    let checkpoint = Session.self is any ResumableSession.Type ? checkpoint : nil
    var identity = ""
    if let checkpoint {
      identity = await parallel.detached { (parallel) throws(Never) in
        self.identity(on: data, seed: seed, using: parallel)
      }.get()
      try await iterator.resume(from: checkpoint, of: identity)
    }
    let clock = ContinuousClock()
    let start = clock.now
    var saved = start
    var (count, run) = (0, 0)
    do throws(TrainingError) {
      while let epoch = try await iterator.next(isolation: nil) {
        count = epoch.number
        run += 1
        progress(TrainingProgress(stage: .training, epoch: count, epochs: epochLimit, loss: epoch.loss))
        if let checkpoint, clock.now - saved >= checkpoint.interval {
          checkpoint.save(epoch.session, of: identity)
          saved = clock.now
        }
      }
    } catch {
      if error.reason == .cancelled, run > 0, let session = iterator.lastSession {
        checkpoint?.save(session, of: identity)
      }
      throw error
    }
    let seconds = (clock.now - start) / .seconds(1)
    guard let session = iterator.lastSession else { preconditionFailure("a training keeps its session") }
    let model = try await parallel.detached { (parallel) throws(TrainingError) in
      let model = session.makeModel(using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      return model
    }.get()
    return FittedTrainer(model: model, trainer: self, epochs: count, epochSeconds: seconds / Double(max(1, run)))
  }

  /// This trainer with the number of epochs, and whatever else a validation cut decides, filled in.
  private func validated(
    on data: PreparedData, seed: UInt64, using parallel: Parallel, progress: @Sendable (TrainingProgress) -> Void
  ) async throws(TrainingError) -> Self {
    let validation = await parallel.detached { (_) throws(Never) in data.validation(seed: seed) }.get()
    var iterator = epochs(on: validation.train, seed: seed, using: parallel).makeAsyncIterator()
    var best: (error: Float?, session: Session, epoch: Int)?
    while let epoch = try await iterator.next(isolation: nil) {
      let error: Float? = try await parallel.detached { (parallel) throws(TrainingError) in
        guard Self.predictsRatings, let model = epoch.session.makeModel(using: parallel) as? any RatingPredictor else {
          return nil
        }
        let error = validation.rootMeanSquaredError(of: model, using: parallel)
        if parallel.isCancelled { throw TrainingError(.cancelled) }
        return error
      }.get()
      progress(
        TrainingProgress(
          stage: .validating, epoch: epoch.number, epochs: epochLimit, loss: epoch.loss,
          validationError: error))
      guard let error else {
        // A ranker's epochs are all run; the last one counts.
        best = (nil, epoch.session, epoch.number)
        continue
      }
      if error < best?.error ?? .infinity {
        best = (error, epoch.session, epoch.number)
      } else if let best, epoch.number - best.epoch >= Self.patience {
        break
      }
    }
    guard let best else { throw TrainingError(.diverged(epoch: 1, cure: "check the ratings' scale")) }
    var chosen = try await parallel.detached { (parallel) throws(TrainingError) in
      let chosen = try refined(after: best.session, validation: validation, seed: seed, using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      return chosen
    }.get()
    if Self.predictsRatings { chosen = chosen.limited(to: best.epoch) }
    return chosen
  }
}
