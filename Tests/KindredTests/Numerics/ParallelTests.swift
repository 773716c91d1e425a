import Testing

@testable import Kindred

@Suite struct ParallelTests {
  /// Helpers let go of the work before it is over, every time: a helper that does so a moment later ends the process.
  @Test func helpersLetGoInTime() {
    let parallel = Parallel(threads: 5)
    for round in 0..<3000 { #expect(parallel.map(5) { $0 + round } == Array(round..<round + 5)) }
  }
}
