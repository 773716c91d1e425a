import Kindred
import KindredStore
import ServiceLifecycle

/// What goes on beside answering: trainings that are due, and a look at whether another process changed the store.
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
      var lastStart = ContinuousClock.now
      var lastVersion = try? await service.store.dataVersion()
      var minute = MinuteFigures.minute
      while !Task.isCancelled {
        do {
          try await reloadIfChanged(since: &lastVersion)
          if MinuteFigures.minute != minute {
            let figures = service.figures.take()
            if !figures.isEmpty {
              try await service.store.note(figures, minute: minute, server: service.figures.server)
            }
            minute = MinuteFigures.minute
          }
          if try await isDue(since: lastStart), await !jobs.isTraining {
            service.newRatings = 0
            _ = try await jobs.start(TrainingRequest())
            lastStart = .now
          }
        } catch {
          service.logger.error("work in the background failed", metadata: ["error": "\(error)"])
        }
        try? await Task.sleep(for: .seconds(1))
      }
    }
    await jobs.stop()
  }

  private func reloadIfChanged(since lastVersion: inout Int?) async throws {
    let version = try await service.store.dataVersion()
    if let lastVersion, lastVersion != version {
      service.histories.forgetAll()
      try await service.reloadItems()
      service.description = nil
      try await accessControl.refresh()
      // Another process may have trained a model that answers now, or chosen one.
      if let current = try await service.store.currentModel(), service.model?.name != "\(current.number)" {
        try await service.serve(current)
      }
    }
    lastVersion = version
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
