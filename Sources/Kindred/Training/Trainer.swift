import Synchronization

/// A way to learn a model from data: a value that holds the hyperparameters, and nothing else.
public protocol Trainer<Model>: Sendable, Codable, Equatable {
  /// What it learns.
  associatedtype Model where Model == Session.Model
  /// A training under way.
  associatedtype Session: TrainingSession

  /// Creates a trainer with the default hyperparameters.
  init()

  /// Whether the model predicts values on the data's own scale, so that its predictions can be shown as ratings.
  static var predictsRatings: Bool { get }

  /// Whether its model orders items at all; false where every item has the same score, so that there are no lists to
  /// evaluate.
  ///
  /// True by default.
  static var ranksItems: Bool { get }

  /// The most epochs a training takes: those of an ``IterativeTrainer``, by default one.
  var epochLimit: Int { get }

  /// Whether a validation cut should decide how many of the epochs are run, and what else is left to it.
  var usesValidation: Bool { get }

  /// The hyperparameters that are worth tuning, and where to look for them.
  static var searchSpace: [Hyperparameter] { get }

  /// Prepares the data and the initial state.
  ///
  /// - Parameters:
  ///   - data: What to learn from.
  ///   - seed: What the initial state and every random choice follow from.
  ///   - parallel: How much of the machine to use; the result must not depend on it.
  /// - Throws: ``TrainingError`` if a hyperparameter is out of range or the data holds nothing to learn from.
  func makeSession(for data: PreparedData, seed: UInt64, using parallel: Parallel) throws(TrainingError) -> Session

  /// About how many bytes of memory the training takes beside the data; nil where they are few.
  func memoryEstimate(for data: PreparedData) -> Int?

  /// About how many seconds the training takes on so many threads of a common machine; nil where they are few.
  func timeEstimate(for data: PreparedData, threads: Int) -> Double?

  /// The trainer with those hyperparameters chosen that a validation cut decides once the epochs have been run.
  ///
  /// - Throws: ``TrainingError``.
  func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> Self
}

/// A trainer that makes as many passes over the data as it is told: hyperparameter tuning and early stopping set how
/// many.
public protocol IterativeTrainer: Trainer {
  /// The most passes over the data; 1 or more.
  var epochs: Int { get set }
}

extension IterativeTrainer {
  public var epochLimit: Int { epochs }
}

extension Trainer {
  /// This trainer, told to make at most so many epochs where they are its own to choose.
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
  public static var searchSpace: [Hyperparameter] { [] }

  public func memoryEstimate(for data: PreparedData) -> Int? { nil }

  public func timeEstimate(for data: PreparedData, threads: Int) -> Double? { nil }

  /// About how many seconds the training takes; nil where they are few. `threads` nil takes one a core.
  public func timeEstimate<UserID, ItemID>(for interactions: Interactions<UserID, ItemID>, threads: Int?) -> Double? {
    timeEstimate(for: PreparedData(interactions.data), threads: Parallel(threads: threads).threads)
  }

  /// About how many bytes of memory the training takes beside the data; nil where they are few.
  public func memoryEstimate<UserID, ItemID>(for interactions: Interactions<UserID, ItemID>) -> Int? {
    memoryEstimate(for: PreparedData(interactions.data))
  }

  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> Self { self }

  /// The training as a sequence of epochs that the caller pulls: stop by leaving the loop, cancel by cancelling the task.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - seed: The same seed and data give the same numbers at any number of threads.
  ///   - threads: How many threads; nil takes one a core.
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

/// A training under way: state that moves an epoch at a time.
public protocol TrainingSession<Model>: Sendable {
  /// What it learns.
  associatedtype Model: Scorer

  /// Whether no further epoch would change anything.
  var isFinished: Bool { get }

  /// Runs one pass over the data and returns its loss, a finite number.
  ///
  /// After an error the last good model can still be made; a session may then be finished.
  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float

  /// The model as it stands, with every stored user row the fold-in of that user's history.
  func makeModel(using parallel: Parallel) -> Model
}

/// An epoch that has been run.
public struct Epoch<Session: TrainingSession>: Sendable {
  /// 1 for the first.
  public let number: Int
  /// The loss of this pass over the training data; what it measures is up to the algorithm.
  public let loss: Float
  let session: Session
  let parallel: Parallel

  /// The model as it stood after this epoch. Made anew at each call; O(one half-step of the users).
  public func makeModel() async -> Session.Model {
    let session = session
    return await parallel.detached { (parallel) throws(Never) in session.makeModel(using: parallel) }.get()
  }
}

/// The epochs of a training, each run when it is asked for, on threads of their own.
public struct Epochs<T: Trainer>: AsyncSequence, Sendable {
  /// An epoch that has been run.
  public typealias Element = Epoch<T.Session>

  let trainer: T
  let data: PreparedData
  let seed: UInt64
  let parallel: Parallel

  /// Starts a training of its own; nothing runs before the first epoch is asked for.
  public func makeAsyncIterator() -> Iterator { Iterator(epochs: self) }

  /// Runs the epochs one after another.
  public struct Iterator: AsyncIteratorProtocol {
    private let trainer: T
    private let seed: UInt64
    private let parallel: Parallel
    /// Let go of once the session has what it needs.
    private var data: PreparedData?
    private var session: T.Session?
    private var number = 0

    init(epochs: Epochs) {
      (trainer, seed, parallel) = (epochs.trainer, epochs.seed, epochs.parallel)
      data = epochs.data
    }

    /// Runs the next epoch; nil once training is finished.
    ///
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
      // Handing the session over leaves its state with one owner, so an epoch copies nothing unless the caller kept the last one.
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

    /// Starts from the state that was saved last, where there is one that fits.
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

/// Gives a value over to another thread, keeping no copy.
private final class Handover<Value: Sendable>: Sendable {
  private let value: Mutex<Value?>
  init(_ value: Value?) { self.value = Mutex(value) }

  func take() -> Value {
    guard let value = value.withLock({ $0.take() }) else { preconditionFailure("a value is handed over once") }
    return value
  }
}
