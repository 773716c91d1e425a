import Testing

@testable import Kindred

@Suite struct BootstrapTests {
  /// Users whose NDCG has a known mean: a fixed list in which each place is relevant with a probability of the user's
  /// own.
  private func ndcg(users: Int, _ stream: inout RandomStream) -> [Double] {
    (0..<users).map { _ in
      let share = 0.05 + 0.4 * stream.uniform() * stream.uniform()
      return draw(share, &stream)
    }
  }

  private func draw(_ share: Double, _ stream: inout RandomStream) -> Double {
    let list = Array(0..<Int32(10))
    let relevant = list.filter { _ in stream.uniform() < share } + [99]
    return RankingMetrics.figures(
      of: list, relevant: relevant, cutoffs: [10], discounts: RankingMetrics.discounts(10))[3]
  }

  @Test func intervalsHoldTheTruthAboutAsOftenAsTheySay() throws {
    var stream = RandomStream(seed: 5, .data)
    let population = ndcg(users: 60_000, &stream)
    let truth = population.reduce(0, +) / 60_000
    var held = 0
    for set in 0..<200 {
      let sample = ndcg(users: 150, &stream)
      let sums = Bootstrap.sums(of: [sample], seed: UInt64(set), using: Parallel(threads: 2))
      let interval = try #require(Bootstrap.interval(of: sums.map { $0[0] / 150 }))
      if interval.contains(truth) { held += 1 }
    }
    #expect((180...196).contains(held), "\(held) of 200")
  }

  @Test func sumsAreTheSameAtAnyNumberOfThreads() {
    let column = (0..<50).map { Double($0 * $0) }
    let alone = Bootstrap.sums(of: [column], seed: 3, using: Parallel(threads: 1))
    #expect(alone == Bootstrap.sums(of: [column], seed: 3, using: Parallel(threads: 5)))
    #expect(alone != Bootstrap.sums(of: [column], seed: 4, using: Parallel(threads: 1)))
  }

  /// scipy.stats.wilcoxon(d, method="asymptotic", correction=False).pvalue
  @Test(arguments: [
    ([1.0, 2, 3, 4, -5, 6, 7, 8, 9, 10], 0.021_824_275_626_053_54),
    ([0.5, -0.5, 0.5, 1, 1, -1, 2, 0, 0, 3], 0.119_794_930_425_918_32),
    ([1, -1, 2, -2], 1.0),
  ])
  func wilcoxonAgreesWithSciPy(_ differences: [Double], _ expected: Double) {
    #expect(abs(Comparison.wilcoxon(differences) - expected) < 1e-9)
  }

  @Test func comparisonsTellARealDifferenceFromNone() {
    var stream = RandomStream(seed: 6, .data)
    let first = (0..<300).map { _ in stream.normal() }
    let better = first.map { $0 + 0.2 + 0.5 * stream.normal() }
    let alike = first.map { $0 + 0.5 * stream.normal() }
    let real = Comparison(better, first, seed: 1, using: Parallel(threads: 2))
    #expect(real.bootstrapP < 0.01 && real.wilcoxonP < 0.01 && real.difference > 0.1)
    let none = Comparison(alike, first, seed: 1, using: Parallel(threads: 2))
    #expect(none.bootstrapP > 0.05 && none.wilcoxonP > 0.05)
    #expect(none.interval.map { $0.contains(0) } ?? false)
    let same = Comparison(first, first, seed: 1, using: Parallel(threads: 2))
    #expect(same.bootstrapP == 1 && same.wilcoxonP == 1 && same.difference == 0)
  }
}
