import Foundation
import Testing

@testable import Kindred

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
}
