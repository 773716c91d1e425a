import Foundation
import Synchronization
import Testing

@testable import Kindred

/// Runs alone (`make test` sees to it): other tests at work would be what it measures.
@Suite struct HeartbeatTests {
  /// A training never delays a task of the same process that wakes every millisecond.
  @Test func trainingLeavesOtherTasksAlone() async throws {
    let ratings = Synthetic.ratings(users: 600, items: 400)
    let worst = Mutex(Duration.zero)
    let heart = Task {
      var last = ContinuousClock.now
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(1))
        let now = ContinuousClock.now
        let gap = now - last
        worst.withLock { $0 = max($0, gap) }
        last = now
      }
    }
    for trainer in [SGD(rank: 32), ALS(rank: 32), ImplicitALS(rank: 32)] as [any IterativeTrainer] {
      var trainer = trainer
      trainer.epochs = 3
      _ = try await Recommender.train(on: ratings, ranking: trainer)
    }
    heart.cancel()
    await heart.value
    let gap = worst.withLock { $0 }
    print("the longest gap between two heartbeats was \(gap / .milliseconds(1)) ms")
    #expect(gap > .zero && gap <= .milliseconds(50))
  }
}
