import Synchronization

/// The progress of a training.
public struct TrainingProgress: Sendable {
  /// A stage of a training.
  public enum Stage: String, Sendable {
    /// Training on a part of the data, to choose the number of epochs on the rest, the validation cut.
    case validating
    /// Choosing settings on the validation cut.
    case choosing
    /// Training on all data.
    case training
  }

  /// The stage that is under way.
  public var stage: Stage
  /// The number of epochs run so far in this stage, or of settings tried.
  public var epoch: Int
  /// The maximum number of epochs of this stage, or the expected number of settings to try.
  public var epochs: Int
  /// The loss of the last epoch; nil if the algorithm has none, and while settings are chosen.
  public var loss: Float?
  /// The root mean squared error on the validation cut; nil where none is measured.
  public var validationError: Float?
  /// The NDCG@10 on the validation cut of the settings that were chosen; nil where none is measured. It is too good to
  /// report, as the settings were chosen by it.
  public var validationNDCG: Double?
  /// The expected share of the whole training's work that is done, from 0 to 1.
  public var fraction = 0.0
  /// The expected time to the end of the whole training, in seconds.
  public var secondsLeft = 0.0

  package init(
    stage: Stage, epoch: Int, epochs: Int, loss: Float? = nil, validationError: Float? = nil,
    validationNDCG: Double? = nil
  ) {
    (self.stage, self.epoch, self.epochs) = (stage, epoch, epochs)
    (self.loss, self.validationError, self.validationNDCG) = (loss, validationError, validationNDCG)
  }
}

/// The result of a training.
public struct FittedTrainer<T: Trainer>: Sendable {
  /// The trained model.
  public let model: T.Model
  /// The trainer, with the hyperparameters that were chosen on the validation cut.
  public let trainer: T
  /// The number of epochs that the model was trained for.
  public let epochs: Int
  /// The mean duration of an epoch, in seconds.
  public let epochSeconds: Double
  /// The least root mean squared error on the validation cut; nil where none was measured.
  public internal(set) var validationError: Float?
  /// The NDCG@10 on the validation cut of the hyperparameters that were chosen there; nil where none was measured.
  public internal(set) var validationNDCG: Double?
}

extension Trainer {
  /// Trains a model on a data set, as ``fit(on:seed:using:checkpoint:progress:)`` does.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - seed: The seed of every random choice. The same seed and data give the same model at any number of threads.
  ///   - threads: The number of threads; nil takes one per core.
  ///   - checkpoint: Where a ``ResumableSession`` saves its state, and resumes from; nil for nowhere.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Returns: The model and the hyperparameters it was trained with.
  /// - Throws: ``TrainingError``.
  public func fit<UserID, ItemID>(
    on interactions: Interactions<UserID, ItemID>, seed: UInt64 = 0, threads: Int? = nil, checkpoint: Checkpoint? = nil,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    let parallel = Parallel(threads: threads)
    return try await fit(
      on: PreparedData(interactions.trainingData, threads: parallel.threads), seed: seed, using: parallel,
      checkpoint: checkpoint, progress: progress)
  }

  /// Trains a model: if the trainer uses validation, a validation cut first decides the number of epochs, and the model
  /// is then trained for as many on all data.
  ///
  /// - Parameters:
  ///   - data: The data to train on.
  ///   - seed: The seed of every random choice. The same seed and data give the same model at any number of threads.
  ///   - parallel: The threads to use.
  ///   - checkpoint: Where a ``ResumableSession`` saves its state, and resumes from; nil for nowhere. It is not used by
  ///     a training with a validation cut.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Returns: The model and the hyperparameters it was trained with.
  /// - Throws: ``TrainingError``.
  public func fit(
    on data: PreparedData, seed: UInt64, using parallel: Parallel, checkpoint: Checkpoint? = nil,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    let meter = parallel.meter ?? WorkMeter([expectedTimes(on: data, threads: parallel.threads)])
    let parallel = parallel.metered(by: meter)
    let progress = { @Sendable (step: TrainingProgress) in
      var step = step
      (step.fraction, step.secondsLeft) = meter.reading
      progress(step)
    }
    guard isValidated(on: data) else {
      return try await run(on: data, seed: seed, using: parallel, checkpoint: checkpoint, progress: progress)
    }
    let (chosen, error, ndcg) = try await validated(on: data, seed: seed, using: parallel, progress: progress)
    var fitted = try await chosen.run(on: data, seed: seed, using: parallel, progress: progress)
    (fitted.validationError, fitted.validationNDCG) = (error, ndcg)
    return fitted
  }

  /// Whether a training on the data makes a validation cut.
  private func isValidated(on data: PreparedData) -> Bool {
    usesValidation(on: data) && data.count >= Self.leastForValidation
  }

  /// The expected times of a training as ``fit(on:seed:using:checkpoint:progress:)`` runs it.
  func expectedTimes(on data: PreparedData, threads: Int) -> StageTimes {
    let times = stageTimes(for: data, threads: threads)
    return isValidated(on: data) ? times : StageTimes(training: times.training)
  }

  /// With fewer interactions a tenth of them is too small a validation cut, so all epochs are run.
  private static var leastForValidation: Int { 2000 }

  /// The number of epochs without a gain after which validation stops.
  private static var patience: Int { 3 }
  /// The relative fall of the validation error that counts as a gain.
  private static var leastGain: Float { 0.0002 }

  private func run(
    on data: PreparedData, seed: UInt64, using parallel: Parallel, checkpoint: Checkpoint? = nil,
    progress: @Sendable (TrainingProgress) -> Void
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    parallel.meter?.begin(.training)
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
        parallel.meter?.advance(to: epoch.session.workDone ?? Double(count) / Double(epochLimit))
        progress(
          TrainingProgress(
            stage: .training, epoch: count, epochs: epochLimit, loss: Session.hasLoss ? epoch.loss : nil))
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
    let lastEpoch = count
    let model = try await parallel.detached { (parallel) throws(TrainingError) in
      let model = session.makeModel(using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      // Finite items may have users whose fold-in overflows.
      let factors = model as? FactorModel ?? (model as? RatingModel)?.factors
      guard factors?.users.elements.isFinite(parallel: parallel) ?? true else {
        throw TrainingError(.diverged(epoch: lastEpoch, cure: "a value may be far off the scale of the others"))
      }
      return model
    }.get()
    parallel.meter?.finish()
    return FittedTrainer(model: model, trainer: self, epochs: count, epochSeconds: seconds / Double(max(1, run)))
  }

  /// This trainer with the number of epochs and the other hyperparameters that are chosen on a validation cut, and the
  /// figures there.
  private func validated(
    on data: PreparedData, seed: UInt64, using parallel: Parallel,
    progress: @escaping @Sendable (TrainingProgress) -> Void
  ) async throws(TrainingError) -> (trainer: Self, error: Float?, ndcg: Double?) {
    parallel.meter?.begin(.validating)
    // Ratings are predicted for any pair, not only for the next one, so their cut is random.
    let method = Self.predictsRatings ? ValidationMethod.random : data.validationMethod
    // The number of epochs depends on the number of ratings, so a trainer of ratings is tried on all.
    let validation = await parallel.detached { (_) throws(Never) in
      data.validation(method, seed: seed, samples: !Self.predictsRatings)
    }.get()
    var iterator = epochs(on: validation.train, seed: seed, using: parallel).makeAsyncIterator()
    var best: (error: Float?, session: Session, epoch: Int)?
    // The error and the epoch of the last improvement that was worth an epoch.
    var last = (error: Float.infinity, epoch: 0)
    while let epoch = try await iterator.next(isolation: nil) {
      let error: Float? = try await parallel.detached { (parallel) throws(TrainingError) in
        guard Self.predictsRatings,
          let model = epoch.session.makeValidationModel(using: parallel) as? any RatingPredictor
        else { return nil }
        let error = validation.rootMeanSquaredError(of: model, using: parallel)
        if parallel.isCancelled { throw TrainingError(.cancelled) }
        return error
      }.get()
      parallel.meter?.advance(
        to: epoch.session.workDone ?? Double(epoch.number) / Double(error == nil ? epochLimit : expectedEpochs))
      progress(
        TrainingProgress(
          stage: .validating, epoch: epoch.number, epochs: epochLimit, loss: Session.hasLoss ? epoch.loss : nil,
          validationError: error))
      guard let error else {
        // A ranker runs all its epochs, and its last state is used.
        best = (nil, epoch.session, epoch.number)
        continue
      }
      if error < best?.error ?? .infinity { best = (error, epoch.session, epoch.number) }
      if error < last.error * (1 - Self.leastGain) {
        last = (error, epoch.number)
      } else if epoch.number - last.epoch >= Self.patience {
        break
      }
    }
    guard let best else { throw TrainingError(.diverged(epoch: 1, cure: "check the ratings' scale")) }
    parallel.meter?.begin(.choosing)
    let bestNDCG = Mutex<Double?>(nil)
    var chosen = try await parallel.detached { (parallel) throws(TrainingError) in
      parallel.meter?.onStep { step, steps, ndcg in
        if let ndcg { bestNDCG.withLock { $0 = ndcg } }
        progress(TrainingProgress(stage: .choosing, epoch: step, epochs: steps, validationNDCG: ndcg))
      }
      defer { parallel.meter?.onStep(nil) }
      let chosen = try refined(after: best.session, validation: validation, seed: seed, using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      return chosen
    }.get()
    if Self.predictsRatings { chosen = chosen.limited(to: best.epoch) }
    parallel.meter?.begin(.training, times: chosen.stageTimes(for: data, threads: parallel.threads))
    return (chosen, best.error, bestNDCG.withLock { $0 })
  }
}
