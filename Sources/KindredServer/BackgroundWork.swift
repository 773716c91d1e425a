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

  let engine: Engine
  let desk: TrainingDesk
  let schedule: Schedule

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var lastStart = ContinuousClock.now
      var lastVersion = try? await engine.store.dataVersion()
      while !Task.isCancelled {
        do {
          try await reloadIfChanged(since: &lastVersion)
          if try await isDue(since: lastStart), await !desk.isTraining {
            engine.newRatings = 0
            _ = try await desk.start(TrainingOrder())
            lastStart = .now
          }
        } catch {
          engine.logger.error("work in the background failed", metadata: ["error": "\(error)"])
        }
        try? await Task.sleep(for: .seconds(1))
      }
    }
    await desk.stop()
  }

  private func reloadIfChanged(since lastVersion: inout Int?) async throws {
    let version = try await engine.store.dataVersion()
    if let lastVersion, lastVersion != version {
      engine.histories.forgetAll()
      try await engine.items.load(from: engine.store)
    }
    lastVersion = version
  }

  private func isDue(since lastStart: ContinuousClock.Instant) async throws -> Bool {
    let new = engine.newRatings
    guard new > 0 else { return false }
    guard engine.model != nil else { return true }
    if let interval = schedule.interval, ContinuousClock.now - lastStart >= interval { return true }
    let trained = try await engine.store.currentModel()?.interactions ?? 0
    return new >= schedule.newRatings ?? max(1000, trained / 10)
  }
}
