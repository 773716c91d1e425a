import Foundation
import Kindred
import KindredJSON
import KindredStore
import NIOConcurrencyHelpers

/// Trains in the background, one model at a time, on a snapshot of the store, and sends events to listeners.
actor TrainingJobs {
  /// What happened in a training.
  struct Event: Sendable {
    /// `progress`, `done` or `failed`.
    let name: String
    let data: JSON
    var isLast: Bool { name != "progress" }
  }

  /// Why a training was given up before its end.
  private enum Cancellation: String {
    case asked = "the training was cancelled"
    case tooLong = "the training took longer than this server allows"
  }

  private let service: RecommendationService
  private var number = 0
  private var work: Task<Void, Never>?
  private var isClaiming = false
  private var cancellation: Cancellation?
  private var events: [Event] = []
  private var listeners: [Int: AsyncStream<Event>.Continuation] = [:]
  private var nextListener = 0

  init(_ service: RecommendationService) { self.service = service }

  /// Whether a training is under way.
  var isTraining: Bool { work != nil }

  /// How many interactions the last training learned from, whatever became of it.
  private(set) var lastInteractions = 0

  /// Starts a training.
  ///
  /// - Returns: Its number.
  /// - Throws: If one is under way, here or in another server over the same store.
  func start(_ request: TrainingRequest) async throws -> Int {
    guard work == nil, !isClaiming else {
      throw ServerError(.conflict, "training_under_way", "A training is under way; GET /v1/train follows it.")
    }
    isClaiming = true
    defer { isClaiming = false }
    guard let claim = try await service.store.claimTraining() else {
      throw ServerError(.conflict, "training_elsewhere", "Another server trains at present.")
    }
    number += 1
    service.isTraining = true
    events = []
    cancellation = nil
    let training = number
    let limit = Task { [weak self, time = service.limits.trainingTime] in
      try await Task.sleep(for: time)
      await self?.cancel(training, because: .tooLong)
    }
    work = Task {
      let last: Event
      do {
        last = try await run(request, training)
      } catch {
        let reason = cancellation?.rawValue ?? "\(error)"
        service.logger.log(
          level: cancellation == .asked ? .info : .error, "a training ended without a model",
          metadata: ["error": "\(reason)"])
        last = Event(
          name: "failed",
          data: [
            "training": .integer(training), "error": .string(reason), "cancelled": .bool(cancellation == .asked),
          ])
      }
      limit.cancel()
      await claim.release()
      finish(last)
    }
    return training
  }

  /// Starts the training of the default, unless one is under way.
  ///
  /// - Returns: Whether it was started.
  func startIfFree() async throws -> Bool {
    do {
      _ = try await start(TrainingRequest())
      return true
    } catch is ServerError { return false }
  }

  /// The events of the training under way, or of the last one, from its start.
  func listen() -> AsyncStream<Event> {
    let (stream, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(1000))
    for event in events { continuation.yield(event) }
    guard work != nil else {
      continuation.finish()
      return stream
    }
    let listener = nextListener
    nextListener += 1
    listeners[listener] = continuation
    continuation.onTermination = { _ in Task { await self.forget(listener) } }
    return stream
  }

  /// Gives up the training under way, without waiting for its end.
  ///
  /// - Returns: Whether there is one.
  func cancel() -> Bool {
    guard work != nil else { return false }
    cancel(number, because: .asked)
    return true
  }

  private func cancel(_ training: Int, because reason: Cancellation) {
    guard training == number, let work else { return }
    cancellation = cancellation ?? reason
    work.cancel()
  }

  /// Gives up the training under way and waits for its end.
  func stop() async {
    work?.cancel()
    await work?.value
  }

  private func forget(_ listener: Int) { listeners[listener] = nil }

  private func tell(_ event: Event) {
    // A curve of thousands of points tells nothing that its last thousand do not.
    if events.count == 1000 { events.removeFirst(500) }
    events.append(event)
    for listener in listeners.values { listener.yield(event) }
  }

  private func finish(_ last: Event) {
    tell(last)
    for listener in listeners.values { listener.finish() }
    listeners = [:]
    work = nil
    service.isTraining = false
    service.isReady = true
  }

  /// Lets lists show what is popular while there is no model.
  func serveFallback() async throws {
    let data = try await service.store.snapshot().interactions
    try await serveFallback(data, data.defaultRule)
  }

  private func serveFallback(_ data: Interactions<String, String>, _ rule: FeedbackRule) async throws {
    if service.model == nil { service.serve(try await ServedModel(popularIn: data, rule: rule)) }
  }

  private func run(_ request: TrainingRequest, _ training: Int) async throws -> Event {
    let served = service.model?.recommender.rule
    let counted = service.newRatings
    let snapshot = try await service.store.snapshot(kindValues: served?.kinds ?? [:])
    service.newRatings -= counted
    let data = snapshot.interactions
    // What a rule says of ratings is none of other data, such as purchases that were imported since.
    let rule = served.flatMap { $0.positive != .liked || data.hasRatings ? $0 : nil } ?? data.defaultRule
    lastInteractions = data.count
    try await serveFallback(data, rule)
    let ranking = try request.ranking()
    let rating = request.rating(for: data, rule: rule, besides: ranking)
    let (steps, progress) = AsyncStream<Event>.makeStream()
    let reports = Task { for await step in steps { tell(step) } }
    defer { progress.finish() }
    let report = { @Sendable (algorithm: String, step: TrainingProgress, stage: String) in
      _ = progress.yield(Event(name: "progress", data: step.answer(training, algorithm, stage: stage)))
    }
    let start = ContinuousClock.now
    let whole = WholeProgress()
    let check = try await ModelValidation(data, rule: rule, seed: request.seed).measure(ranking, rating) {
      report($0, whole.measuring($0, $1), $1.stage.rawValue)
    }
    let recommender = try await Recommender.train(
      on: data, ranking: ranking, rating: rating, rule: rule, seed: request.seed
    ) { report($0.algorithm, whole.training($0), $0.training.stage.rawValue) }
    try Task.checkCancellation()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let refusal = try await check.refusal(in: service.store) { report($0, $1, "comparing") }
    try Task.checkCancellation()
    let version = try await service.store.add(
      recommender.withoutUsers(), trainedOn: snapshot.mark, metrics: check.metrics(seconds: seconds),
      isCurrent: refusal == nil)
    if refusal == nil { try await service.serve(version) }
    await service.describeData()
    progress.finish()
    await reports.value
    service.logger.info(
      "trained",
      metadata: ["model": "\(version.number)", "current": "\(refusal == nil)", "seconds": "\(seconds)"])
    return Event(
      name: "done",
      data: [
        "training": .integer(training), "model": .string("\(version.number)"), "current": .bool(refusal == nil),
        "reason": .text(refusal),
      ])
  }
}

extension TrainingProgress {
  fileprivate func answer(_ training: Int, _ algorithm: String, stage: String) -> JSON {
    [
      "training": .integer(training), "algorithm": .string(algorithm), "stage": .string(stage),
      "epoch": .integer(epoch), "epochs": .integer(epochs), "loss": .float(loss),
      "validation_rmse": .float(validationError), "fraction": .real((fraction * 1000).rounded() / 1000),
      "seconds_left": .real(secondsLeft.isFinite ? (secondsLeft * 10).rounded() / 10 : nil),
    ]
  }
}

/// How much of a whole training is done: each algorithm is trained on a part of the data, to be measured, and then all
/// are trained on everything, which takes about as long.
private final class WholeProgress: Sendable {
  private struct State {
    /// The algorithm that is measured, and since when.
    var current: (name: String, start: ContinuousClock.Instant)?
    /// The seconds that measuring each algorithm took, or is expected to take.
    var seconds: [String: Double] = [:]
    var fraction = 0.0
  }

  private let state = NIOLockedValueBox(State())
  private let start = ContinuousClock.now

  /// The progress of measuring an algorithm, as one of the whole.
  func measuring(_ algorithm: String, _ step: TrainingProgress) -> TrainingProgress {
    state.withLockedValue { state in
      let now = ContinuousClock.now
      if state.current?.name != algorithm { state.current = (algorithm, state.current == nil ? start : now) }
      let begin = state.current?.start ?? start
      state.seconds[algorithm] = (now - begin) / .seconds(1) + step.secondsLeft
      return whole(step, step.secondsLeft + state.seconds.values.reduce(0, +), &state)
    }
  }

  /// The progress of the training on everything, as one of the whole.
  func training(_ progress: Recommender<String, String>.Progress) -> TrainingProgress {
    state.withLockedValue { whole(progress.training, progress.cost?.seconds ?? progress.training.secondsLeft, &$0) }
  }

  private func whole(_ step: TrainingProgress, _ secondsLeft: Double, _ state: inout State) -> TrainingProgress {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    // What is done is never undone, whatever the estimates say later.
    state.fraction = max(state.fraction, min(1, elapsed / max(1e-9, elapsed + secondsLeft)))
    var step = step
    (step.fraction, step.secondsLeft) = (state.fraction, secondsLeft)
    return step
  }
}
