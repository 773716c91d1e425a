import Kindred
import KindredStore
import ServiceLifecycle

/// What goes on beside answering: trainings that are due, and following what other processes change in the store.
struct BackgroundWork: Service {
  /// When a training starts by itself.
  struct Schedule: Sendable {
    /// After this many new ratings; nil for a tenth of those that the model was trained on, at least 1,000.
    var newRatings: Int?
    /// After this time; nil for never.
    var interval: Duration?
  }

  let service: RecommendationService
  let jobs: TrainingJobs
  let accessControl: AccessControl
  let schedule: Schedule

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await follow() }
        await work()
        await group.waitForAll()
      }
    }
    await jobs.stop()
  }

  private func work() async {
    var lastStart = ContinuousClock.now
    var minute = MinuteFigures.minute
    while !Task.isCancelled {
      do {
        if MinuteFigures.minute != minute {
          let figures = service.figures.take()
          if !figures.isEmpty {
            try await service.store.note(figures, minute: minute, server: service.figures.server)
          }
          minute = MinuteFigures.minute
        }
        if try await isDue(since: lastStart), await !jobs.isTraining {
          // Another server may train at present; then its model comes, or its turn.
          if try await jobs.startIfFree() { lastStart = .now }
        }
      } catch {
        service.logger.error("work in the background failed", metadata: ["error": "\(error)"])
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Follows what other processes change, until the server ends.
  private func follow() async {
    for await change in service.store.changes() {
      do {
        try await take(change)
      } catch {
        service.logger.error("work in the background failed", metadata: ["error": "\(error)"])
      }
    }
  }

  private func take(_ change: StoreChange) async throws {
    switch change {
    case .user(let id, let count): service.noteChange(of: id, newRatings: count, isOwn: false)
    case .item(let id): try await service.refresh(id)
    case .models:
      service.newRatings = 0
      try await serveCurrent()
    case .keys: try await accessControl.refresh()
    case .settings: service.description = nil
    case .everything:
      service.histories.isFollowed = true
      service.histories.forgetAll()
      try await service.reloadItems()
      service.description = nil
      try await accessControl.refresh()
      try await serveCurrent()
    case .trainingAbandoned: _ = try await jobs.startIfFree()
    case .unknown(let error):
      service.histories.isFollowed = false
      throw error
    }
  }

  /// Another process may have trained a model that answers now, or chosen one.
  private func serveCurrent() async throws {
    guard let current = try await service.store.currentModel(), service.model?.location != current.location else {
      return
    }
    try await service.serve(current)
  }

  private func isDue(since lastStart: ContinuousClock.Instant) async throws -> Bool {
    let new = service.newRatings
    guard new > 0 else { return false }
    // A training that made no model that may answer is tried again when a tenth more is known.
    guard service.model != nil else { return new >= max(1, await jobs.lastInteractions / 10) }
    if let interval = schedule.interval, ContinuousClock.now - lastStart >= interval { return true }
    let trained = try await service.store.currentModel()?.interactions ?? 0
    return new >= schedule.newRatings ?? max(1000, trained / 10)
  }
}
