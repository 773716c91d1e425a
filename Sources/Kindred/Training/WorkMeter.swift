import Synchronization

/// The seconds that the stages of a training are expected to take on a common machine.
public struct StageTimes: Sendable, Equatable {
  /// The training on a part of the data, for the validation cut.
  public var validating: Double
  /// The choice of settings on the validation cut.
  public var choosing: Double
  /// The training on all data.
  public var training: Double

  /// Creates the times of a training.
  ///
  /// - Parameters:
  ///   - validating: The seconds of the training on a part of the data; 0 without a validation cut.
  ///   - choosing: The seconds of the choice of settings; 0 without a validation cut.
  ///   - training: The seconds of the training on all data.
  public init(validating: Double = 0, choosing: Double = 0, training: Double) {
    (self.validating, self.choosing, self.training) = (validating, choosing, training)
  }

  /// The seconds of all stages.
  public var total: Double { validating + choosing + training }

  subscript(stage: TrainingProgress.Stage) -> Double {
    switch stage {
    case .validating: validating
    case .choosing: choosing
    case .training: training
    }
  }

  /// The seconds of the stages before one.
  func total(before stage: TrainingProgress.Stage) -> Double {
    switch stage {
    case .validating: 0
    case .choosing: validating
    case .training: validating + choosing
    }
  }
}

/// How much of the work of some trainings is done, and the time that is left.
///
/// Work is counted in the seconds that it takes on a common machine. The time that was needed so far says how many
/// seconds of this machine one of those is.
final class WorkMeter: Sendable {
  private struct State {
    var times: [StageTimes]
    var number = 0
    var stage = TrainingProgress.Stage.validating
    var share = 0.0
    var listener: (@Sendable (_ step: Int, _ steps: Int, _ ndcg: Double?) -> Void)?
  }
  private let state: Mutex<State>
  private let start = ContinuousClock.now

  /// Creates a meter of trainings that follow each other.
  init(_ times: [StageTimes]) { state = Mutex(State(times: times)) }

  /// Starts a stage of the current training.
  ///
  /// - Parameters:
  ///   - stage: The stage.
  ///   - times: The expected times of this training, if they are known better than before.
  func begin(_ stage: TrainingProgress.Stage, times: StageTimes? = nil) {
    state.withLock {
      ($0.stage, $0.share) = (stage, 0)
      if let times { $0.times[$0.number] = times }
    }
  }

  /// Notes the share of the stage's work that is done, from 0 to 1.
  func advance(to share: Double) { state.withLock { $0.share = min(1, share) } }

  /// Ends the current training: the next one begins.
  func finish() {
    state.withLock {
      if $0.number < $0.times.count - 1 { ($0.number, $0.stage, $0.share) = ($0.number + 1, .validating, 0) }
    }
  }

  /// Calls `listener` after each step of a choice of settings from now on.
  func onStep(_ listener: (@Sendable (_ step: Int, _ steps: Int, _ ndcg: Double?) -> Void)?) {
    state.withLock { $0.listener = listener }
  }

  /// Notes a step of a choice of settings, the share of the stage's work that is done after it, and the NDCG of what
  /// was chosen, if it is known.
  func advance(step: Int, of steps: Int, share: Double, ndcg: Double? = nil) {
    let listener = state.withLock { state in
      state.share = min(1, share)
      return state.listener
    }
    listener?(min(step, steps), steps, ndcg)
  }

  /// The share of all work that is done, and the seconds that the rest takes.
  var reading: (fraction: Double, secondsLeft: Double) {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    return state.withLock { state in
      let total = max(1e-9, state.times.reduce(0) { $0 + $1.total })
      let current = state.times[state.number]
      let done =
        state.times[..<state.number].reduce(0) { $0 + $1.total } + current.total(before: state.stage)
        + current[state.stage] * state.share
      // Until a twentieth of the work is done, this machine counts as a common one.
      let prior = total / 20
      let pace = (elapsed + prior) / (done + prior)
      return (min(1, done / total), max(0, total - done) * pace)
    }
  }
}
