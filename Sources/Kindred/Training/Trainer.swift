import Synchronization

/// A learning algorithm: a value that holds its hyperparameters and nothing else.
public protocol Trainer<Model>: Sendable, Codable, Equatable {
  /// The type of the model that it learns.
  associatedtype Model where Model == Session.Model
  /// The type of a training under way.
  associatedtype Session: TrainingSession

  /// Creates a trainer with the default hyperparameters.
  init()

  /// Whether the model predicts values on the data's own scale, so that its predictions can be shown as ratings.
  static var predictsRatings: Bool { get }

  /// Whether its model ranks items; false where every item has the same score, so that there are no lists to evaluate.
  ///
  /// True by default.
  static var ranksItems: Bool { get }

  /// The maximum number of epochs of a training; that of an ``IterativeTrainer`` is its ``IterativeTrainer/epochs``,
  /// and others have 1 by default.
  var epochLimit: Int { get }

  /// Whether a validation cut decides the number of epochs and the hyperparameters that `refined` chooses; false by
  /// default.
  var usesValidation: Bool { get }
  /// Whether training on this data makes a validation cut; by default whether it `usesValidation`.
  ///
  /// - Parameter data: The data to train on.
  func usesValidation(on data: PreparedData) -> Bool

  /// The hyperparameters to tune, with their ranges; empty by default.
  static var searchSpace: [Hyperparameter] { get }

  /// Prepares the data and the initial state of a training.
  ///
  /// - Parameters:
  ///   - data: The data to learn from.
  ///   - seed: The seed of the initial state and of every random choice.
  ///   - parallel: The threads to use. The result must not depend on their number.
  /// - Returns: A session that has run no epoch.
  /// - Throws: ``TrainingError`` if a hyperparameter is out of range or the data holds nothing to learn from.
  func makeSession(for data: PreparedData, seed: UInt64, using parallel: Parallel) throws(TrainingError) -> Session

  /// An estimate of the memory of a training besides the data, in bytes; nil where it is small, as by default.
  ///
  /// - Parameter data: The data to learn from.
  func memoryEstimate(for data: PreparedData) -> Int?

  /// An estimate of the model's size in a file, in bytes; 0 where it is small, as by default.
  ///
  /// - Parameter data: The data to learn from.
  func sizeEstimate(for data: PreparedData) -> Int

  /// An estimate of the time of a training on a common machine, in seconds; nil where it is short, as by default.
  ///
  /// - Parameters:
  ///   - data: The data to learn from.
  ///   - threads: The number of threads.
  func timeEstimate(for data: PreparedData, threads: Int) -> Double?

  /// An estimate of the time of each stage of a training on a common machine, by which its progress is told.
  ///
  /// By default the training takes `timeEstimate`, and one with a validation cut twice that time and more.
  ///
  /// - Parameters:
  ///   - data: The data to learn from.
  ///   - threads: The number of threads.
  func stageTimes(for data: PreparedData, threads: Int) -> StageTimes

  /// The number of epochs after which early stopping is expected to end the training on the validation cut.
  var expectedEpochs: Int { get }

  /// This trainer with the hyperparameters that are chosen on a validation cut after the epochs; by default unchanged.
  ///
  /// - Parameters:
  ///   - session: The session after the best epoch, trained on the validation's `train` part.
  ///   - validation: The validation cut.
  ///   - seed: The seed of every random choice.
  ///   - parallel: The threads to use. The result must not depend on their number.
  /// - Throws: ``TrainingError``.
  func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> Self
}

/// A trainer with a number of passes over the data, which hyperparameter tuning and early stopping set.
public protocol IterativeTrainer: Trainer {
  /// The maximum number of passes over the data; 1 or more.
  var epochs: Int { get set }
}

extension IterativeTrainer {
  public var epochLimit: Int { epochs }
}

extension Trainer {
  /// This trainer with a number of epochs; unchanged if it is no ``IterativeTrainer``.
  func limited(to epochs: Int) -> Self {
    guard var trainer = self as? any IterativeTrainer else { return self }
    trainer.epochs = epochs
    return trainer as? Self ?? self
  }
}

extension Trainer {
  public static var ranksItems: Bool { true }
  public var epochLimit: Int { 1 }
  public var usesValidation: Bool { false }
  public func usesValidation(on data: PreparedData) -> Bool { usesValidation }
  public static var searchSpace: [Hyperparameter] { [] }

  public func memoryEstimate(for data: PreparedData) -> Int? { nil }

  public func sizeEstimate(for data: PreparedData) -> Int { 0 }

  public func timeEstimate(for data: PreparedData, threads: Int) -> Double? { nil }

  public func stageTimes(for data: PreparedData, threads: Int) -> StageTimes {
    let seconds = timeEstimate(for: data, threads: threads) ?? Double(data.count) * 2e-6 / Double(threads)
    return StageTimes(validating: seconds, choosing: seconds / 5, training: seconds)
  }

  public var expectedEpochs: Int { min(epochLimit, 20) }

  /// An estimate of the time of a training on a common machine, in seconds; nil where it is short.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - threads: The number of threads; nil takes one per core.
  public func timeEstimate<UserID, ItemID>(for interactions: Interactions<UserID, ItemID>, threads: Int?) -> Double? {
    timeEstimate(for: PreparedData(interactions.data), threads: Parallel(threads: threads).threads)
  }

  /// An estimate of the memory of a training besides the data, in bytes; nil where it is small.
  ///
  /// - Parameter interactions: The data set.
  public func memoryEstimate<UserID, ItemID>(for interactions: Interactions<UserID, ItemID>) -> Int? {
    memoryEstimate(for: PreparedData(interactions.data))
  }

  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> Self { self }

  /// The training as an asynchronous sequence of epochs. Leaving the loop stops it, and cancelling the task cancels it.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - seed: The seed of every random choice. The same seed and data give the same numbers at any number of threads.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Returns: At most ``epochLimit`` epochs, without early stopping. Iterating throws ``TrainingError``.
  public func epochs<UserID, ItemID>(
    on interactions: Interactions<UserID, ItemID>, seed: UInt64 = 0, threads: Int? = nil
  ) -> Epochs<Self> {
    Epochs(
      trainer: self, data: PreparedData(interactions.trainingData), seed: seed, parallel: Parallel(threads: threads))
  }

  func epochs(on data: PreparedData, seed: UInt64, using parallel: Parallel) -> Epochs<Self> {
    Epochs(trainer: self, data: data, seed: seed, parallel: parallel)
  }
}

/// A training under way: a state that each epoch changes.
public protocol TrainingSession<Model>: Sendable {
  /// The type of the model that it learns.
  associatedtype Model: Scorer

  /// Whether an epoch has a loss; true by default.
  static var hasLoss: Bool { get }

  /// Whether further epochs would change nothing.
  var isFinished: Bool { get }

  /// The share of the training's work that is done, from 0 to 1, where epochs differ; nil by default.
  var workDone: Double? { get }

  /// Runs one pass over the data.
  ///
  /// After an error the model of the last good epoch can still be made, and the session may be finished.
  ///
  /// - Parameter parallel: The threads to use. The result must not depend on their number.
  /// - Returns: The loss of the pass, a finite number; 0 if there is none.
  /// - Throws: ``TrainingError`` if the training diverges or is cancelled.
  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float

  /// The model of the current state, in which each stored user row is the fold-in of that user's history.
  ///
  /// - Parameter parallel: The threads to use. The result must not depend on their number.
  func makeModel(using parallel: Parallel) -> Model

  /// The model of the current state to measure on a validation cut.
  ///
  /// It may lack the stored user rows, as they are the fold-in of histories. By default it is the whole model.
  ///
  /// - Parameter parallel: The threads to use. The result must not depend on their number.
  func makeValidationModel(using parallel: Parallel) -> Model
}

extension TrainingSession {
  public static var hasLoss: Bool { true }
  public var workDone: Double? { nil }
  public func makeValidationModel(using parallel: Parallel) -> Model { makeModel(using: parallel) }
}

/// An epoch that has been run.
public struct Epoch<Session: TrainingSession>: Sendable {
  /// The number of the epoch, from 1.
  public let number: Int
  /// The loss of this pass over the training data. Each algorithm defines its own measure.
  public let loss: Float
  let session: Session
  let parallel: Parallel

  /// Makes the model of the state after this epoch. Each call makes it anew.
  ///
  /// - Complexity: O(one half-step of the users).
  public func makeModel() async -> Session.Model {
    let session = session
    return await parallel.detached { (parallel) throws(Never) in session.makeModel(using: parallel) }.get()
  }
}

/// The epochs of a training, run on demand on threads of their own.
public struct Epochs<T: Trainer>: AsyncSequence, Sendable {
  /// An epoch that has been run.
  public typealias Element = Epoch<T.Session>

  let trainer: T
  let data: PreparedData
  let seed: UInt64
  let parallel: Parallel

  /// Starts a training of its own, whose first epoch runs on the first call of `next`.
  public func makeAsyncIterator() -> Iterator { Iterator(epochs: self) }

  /// Runs the epochs one after another.
  public struct Iterator: AsyncIteratorProtocol {
    private let trainer: T
    private let seed: UInt64
    private let parallel: Parallel
    /// Released once the session is made.
    private var data: PreparedData?
    private var session: T.Session?
    private var number = 0

    init(epochs: Epochs) {
      (trainer, seed, parallel) = (epochs.trainer, epochs.seed, epochs.parallel)
      data = epochs.data
    }

    /// Runs the next epoch.
    ///
    /// - Parameter actor: The actor of the caller.
    /// - Returns: The epoch; nil once training is finished.
    /// - Throws: ``TrainingError``. The state is then still that of the last good epoch.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(TrainingError) -> Epoch<T.Session>? {
      let (trainer, seed) = (trainer, seed)
      if let data {
        session = try await parallel.detached { (parallel) throws(TrainingError) in
          try trainer.makeSession(for: data, seed: seed, using: parallel)
        }.get()
      }
      data = nil
      guard number < trainer.epochLimit, session?.isFinished == false else { return nil }
      // The state has one owner, so an epoch copies it only if the caller keeps the previous epoch.
      let handover = Handover(session.take())
      let run = await parallel.detached { (parallel) throws(Never) in
        var session = handover.take()
        let outcome = Result { () throws(TrainingError) in try session.runEpoch(using: parallel) }
        return Run(session: session, outcome: outcome)
      }.get()
      session = run.session
      let loss = try run.outcome.get()
      number += 1
      return Epoch(number: number, loss: loss, session: run.session, parallel: parallel)
    }

    /// The state after the last good epoch.
    var lastSession: T.Session? { session }

    /// Starts from the saved state, if there is one and it fits.
    mutating func resume(from checkpoint: Checkpoint, of identity: String) async throws(TrainingError) {
      guard let data else { preconditionFailure("a training resumes before its first epoch") }
      let (trainer, seed) = (trainer, seed)
      let resumed = try await parallel.detached { (parallel) throws(TrainingError) in
        var session = try trainer.makeSession(for: data, seed: seed, using: parallel)
        checkpoint.restore(&session, of: identity)
        return session
      }.get()
      self.data = nil
      number = (resumed as? any ResumableSession)?.epochsRun ?? 0
      session = resumed
    }
  }

  struct Run: Sendable {
    var session: T.Session
    var outcome: Result<Float, TrainingError>
  }
}

/// Passes a value to another thread without keeping a copy.
private final class Handover<Value: Sendable>: Sendable {
  private let value: Mutex<Value?>
  init(_ value: Value?) { self.value = Mutex(value) }

  func take() -> Value {
    guard let value = value.withLock({ $0.take() }) else { preconditionFailure("a value is handed over once") }
    return value
  }
}
