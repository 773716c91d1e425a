import Synchronization
import Testing

@testable import Kindred

@Suite struct WorkMeterTests {
  @Test func workIsCountedInExpectedSeconds() {
    let meter = WorkMeter([StageTimes(validating: 1, choosing: 1, training: 2), StageTimes(training: 4)])
    meter.begin(.validating)
    meter.advance(to: 0.5)
    #expect(abs(meter.reading.fraction - 0.5 / 8) < 1e-9)
    meter.begin(.choosing)
    meter.advance(step: 3, of: 2, share: 1.5)
    #expect(abs(meter.reading.fraction - 2.0 / 8) < 1e-9)
    meter.begin(.training, times: StageTimes(validating: 1, choosing: 1, training: 6))
    #expect(abs(meter.reading.fraction - 2.0 / 12) < 1e-9)
    meter.finish()
    #expect(abs(meter.reading.fraction - 8.0 / 12) < 1e-9)
    // Hardly any time has passed, so a common machine's pace counts, and less than that.
    #expect(meter.reading.secondsLeft > 0 && meter.reading.secondsLeft <= 4)
    meter.begin(.training)
    meter.advance(to: 1)
    #expect(meter.reading.fraction == 1 && meter.reading.secondsLeft == 0)
  }

  @Test func aTrainingTellsItsCostAndThenItsProgress() async throws {
    let reports = Mutex<[Recommender<Int, String>.Progress]>([])
    let ratings = Synthetic.ratings(users: 500, items: 60)
    _ = try await Recommender.train(on: ratings, threads: 2) { report in reports.withLock { $0.append(report) } }
    let all = reports.withLock { $0 }
    let cost = try #require(all.first?.cost)
    #expect(cost.seconds > 0 && cost.memory > 1_000_000 && cost.fileSize > 10_000)
    #expect(all.dropFirst().allSatisfy { $0.cost == nil })
    let fractions = all.map(\.training.fraction)
    #expect(fractions.allSatisfy { (0...1).contains($0) } && (fractions.last ?? 0) > 0.95)
    #expect(all.contains { $0.training.stage == .choosing && $0.training.validationNDCG != nil })
    #expect(all.filter { $0.algorithm == "blend" }.allSatisfy { $0.training.loss == nil })
  }
}
