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

@Suite struct OrdinalScaleTests {
  let scale = OrdinalScale(levels: [1, 2, 4], cutPoints: [-0.4, 0.9])

  @Test func levelsThatOccurAreCutByTheirFrequency() throws {
    let scale = try #require(OrdinalScale(of: [4, 1, 1, 2, 4, 1, 1, 4, 4, 2]))
    #expect(scale.levels == [1, 2, 4])
    #expect(abs(scale.cutPoints[0] - -0.2533471) < 1e-5 && abs(scale.cutPoints[1] - 0.2533471) < 1e-5)
    #expect(OrdinalScale(of: [3, 3]) == nil)
    #expect(OrdinalScale(of: (0..<30).map { Float($0) }) == nil)
  }

  /// Against sums over a fine grid.
  @Test(arguments: [(0.2, 1.0), (-3.5, 1), (6, 1), (0.2, 1.7), (-1.2, 0.6)])
  func meansAndMomentsAreIntegrals(fit: Double, root: Double) {
    for level in 0..<3 {
      let (low, high) = ([-9.0, -0.4, 0.9][level], [-0.4, 0.9, 14.0][level])
      var (mass, sum, square) = (0.0, 0.0, 0.0)
      let step = (high - low) / 40_000
      for point in 0..<40_000 {
        let z = low + (Double(point) + 0.5) * step
        let away = root * (z - fit)
        let density = exp(-away * away / 2) * step
        mass += density
        sum += z * density
        square += z * z * density
      }
      let mean = sum / mass
      let behind = scale.moments(of: level, around: fit, root: root)
      #expect(abs(behind.mean - mean) < 1e-3)
      #expect(abs(behind.variance - (square / mass - mean * mean)) < 1e-3)
      var stream = RandomStream(seed: 6, .sample, level)
      let draws = (0..<4000).map { _ in scale.draw(level, around: fit, root: root, uniform: stream.uniform()) }
      #expect(draws.allSatisfy { $0 >= low - 1e-6 && $0 <= high + 1e-6 })
      #expect(abs(draws.reduce(0, +) / 4000 - mean) < 4 * 0.6 / root / 4000.0.squareRoot())
    }
    let below = [-0.4, 0.9].map { NormalDistribution.probability(below: ($0 - fit) / 1.5) }
    let shares = [below[0], below[1] - below[0], 1 - below[1]]
    let moments = scale.moments(mean: fit, deviation: 1.5)
    #expect(abs(moments.value - (shares[0] + 2 * shares[1] + 4 * shares[2])) < 1e-6)
    #expect(abs(moments.square - (shares[0] + 4 * shares[1] + 16 * shares[2])) < 1e-6)
  }

  @Test func gradientsAreDifferencesOfTheLikelihood() {
    let ratings: [(level: Int, fit: Double)] = [(0, 0.3), (1, -0.2), (2, 1.4), (1, 2.0), (0, -1)]
    func likelihood(_ cuts: [Double]) -> OrdinalScale.Likelihood {
      var sum = OrdinalScale.Likelihood(count: 2)
      for rating in ratings {
        OrdinalScale(levels: scale.levels, cutPoints: cuts).add(
          rating.level, around: rating.fit, root: 1.3, to: &sum)
      }
      return sum
    }
    let here = likelihood(scale.cutPoints)
    for index in 0..<2 {
      let (up, down) = (likelihood(moved(index, 1e-3)), likelihood(moved(index, -1e-3)))
      #expect(abs((up.value - down.value) / 2e-3 - here.gradient[index]) < 1e-3)
      #expect(abs((up.gradient[index] - down.gradient[index]) / 2e-3 - here.diagonal[index]) < 1e-3)
      if index == 0 { #expect(abs((up.gradient[1] - down.gradient[1]) / 2e-3 - here.beside[0]) < 1e-3) }
    }
  }

  private func moved(_ index: Int, _ by: Double) -> [Double] {
    var cuts = scale.cutPoints
    cuts[index] += by
    return cuts
  }

  @Test func tridiagonalRootsSolve() {
    let root = TridiagonalRoot(diagonal: [4, 5, 3], beside: [1, -2, 0])
    let x = root.solved([1, 2, 3])
    let product = [4 * x[0] + x[1], x[0] + 5 * x[1] - 2 * x[2], -2 * x[1] + 3 * x[2]]
    for (value, expected) in zip(product, [1.0, 2, 3]) { #expect(abs(value - expected) < 1e-12) }
    #expect(abs(root.squaredLength(x) - (x[0] + 2 * x[1] + 3 * x[2])) < 1e-12)
  }
}
