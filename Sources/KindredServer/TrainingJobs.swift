import Foundation
import Kindred
import KindredJSON
import KindredStore

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
        service.logger.error("a training failed", metadata: ["error": "\(reason)"])
        last = Event(name: "failed", data: ["training": .integer(training), "error": .string(reason)])
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
    let snapshot = try await service.store.snapshot(kindValues: served?.kinds ?? [:])
    let data = snapshot.interactions
    let rule = served ?? data.defaultRule
    lastInteractions = data.count
    try await serveFallback(data, rule)
    let ranking = try request.ranking()
    let rating = request.rating(for: data, rule: rule, besides: ranking)
    let (steps, progress) = AsyncStream<Event>.makeStream()
    let reports = Task { for await step in steps { tell(step) } }
    defer { progress.finish() }
    let report = { @Sendable (algorithm: String, step: TrainingProgress) in
      _ = progress.yield(Event(name: "progress", data: step.answer(training, algorithm)))
    }
    let start = ContinuousClock.now
    let check = try await ModelValidation(data, rule: rule, seed: request.seed).measure(ranking, rating, report)
    let recommender = try await Recommender.train(
      on: data, ranking: ranking, rating: rating, rule: rule, seed: request.seed
    ) { report($0.algorithm, $0.training) }
    try Task.checkCancellation()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let refusal = try await check.refusal(in: service.store, report)
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
  fileprivate func answer(_ training: Int, _ algorithm: String) -> JSON {
    [
      "training": .integer(training), "algorithm": .string(algorithm),
      "stage": .string(stage.rawValue), "epoch": .integer(epoch), "epochs": .integer(epochs),
      "loss": .float(loss), "validation_rmse": .float(validationError),
    ]
  }
}
