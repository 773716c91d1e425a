import Foundation
import Testing

@testable import Kindred

@Suite struct NormalDistributionTests {
  /// Values of SciPy 1.15: `norm.cdf`, `norm.pdf`.
  @Test(arguments: [
    (-8.0, 6.220960574271785e-16, 5.052271083536893e-15), (-3.0, 1.3498980316300933e-3, 4.4318484119380075e-3),
    (-0.5, 0.3085375387259869, 0.3520653267642995), (0.0, 0.5, 0.3989422804014327),
    (1.25, 0.8943502263331446, 0.18264908538902191), (4.0, 0.9999683287581669, 1.3383022576488537e-4),
  ])
  func probabilitiesAndDensitiesAreThoseOfSciPy(x: Double, below: Double, density: Double) {
    #expect(abs(NormalDistribution.probability(below: x) / below - 1) < 3e-7)
    #expect(abs(NormalDistribution.density(x) / density - 1) < 1e-12)
  }

  @Test func quantilesUndoProbabilities() {
    for x in stride(from: -6.0, through: 5, by: 0.25) {
      #expect(abs(NormalDistribution.quantile(NormalDistribution.probability(below: x)) - x) < 1e-5)
    }
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959963984540054) < 1e-6)
  }

  @Test func exponentialsAreThoseOfTheSystem() {
    for x in stride(from: -100.0, through: 50, by: 0.37) {
      #expect(abs(NormalDistribution.exponential(x) / exp(x) - 1) < 1e-13)
    }
    #expect(NormalDistribution.exponential(-1000) == 0)
  }

  /// 64,000 draws of features that no row has, which are draws from their prior: moments, and shares beyond one, two
  /// and three deviations.
  @Test func kernelNormalsAreNormal() {
    var values = Factors(count: 4000, rank: 16)
    var priors = Factors(count: 1, rank: 16)
    var rows = priors
    let design = SparseMatrix(rowCount: values.count, columnCount: 1, rows: [], columns: [], values: [])
    values.elements.withSharedWriter { values in
      priors.elements.withSharedWriter { priors in
        rows.elements.withSharedWriter { rows in
          let panel = GibbsPanel(
            rows: rows, priors: priors, values: values, rowCount: 1, stride: 16, lane: 0, lanes: 16)
          panel.draw(
            0..<4000, of: design, rowPrecisions: Array(repeating: 1, count: 16), means: Array(repeating: 0, count: 16),
            precisions: Array(repeating: 1, count: 16), key: 7)
        }
      }
    }
    let numbers = Array(values.elements)
    let n = Double(numbers.count)
    let powers = (1...4).map { power in numbers.reduce(0.0) { $0 + pow(Double($1), Double(power)) } / n }
    for (power, expected) in [(0, (0.0, 1.0)), (1, (1, 2)), (2, (0, 15)), (3, (3, 96))] {
      #expect(abs(powers[power] - expected.0) < 4 * (expected.1 / n).squareRoot())
    }
    for (bound, share) in [(Float(1), 0.317310508), (2, 0.045500264), (3, 0.002699796)] {
      let found = Double(numbers.count { abs($0) > bound })
      #expect(abs(found - n * share) < 4 * (n * share * (1 - share)).squareRoot())
    }
    #expect(Set(numbers).count > 63_000)
  }
}
