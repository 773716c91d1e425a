import Foundation
import Testing

@testable import Kindred

@Suite struct RandomStreamTests {
  /// The first numbers of a stream are part of what a seed promises.
  @Test func numbersAreFixed() {
    var stream = RandomStream(seed: 42, .users, 7)
    var again = RandomStream(seed: 42, .users, 7)
    var other = RandomStream(seed: 42, .items, 7)
    let first = stream.next()
    #expect(first == again.next())
    #expect(first != other.next())
    #expect(first == 18_315_385_413_911_883_970)
  }

  @Test func logarithmAndCosineAreAccurate() {
    for step in 1...2000 {
      let x = Double(step) * 0.0137
      #expect(abs(RandomStream.logarithm(x) - Foundation.log(x)) < 1e-14 * max(1, abs(Foundation.log(x))))
      let turn = Double(step) / 2001
      #expect(abs(RandomStream.cosineOfTurn(turn) - Foundation.cos(2 * Double.pi * turn)) < 1e-13)
    }
  }

  @Test func momentsAreThoseOfTheDistributions() {
    var stream = RandomStream(seed: 1, .data)
    let normals = (0..<20000).map { _ in stream.normal() }
    let mean = normals.reduce(0, +) / 20000
    let variance = normals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20000
    #expect(abs(mean) < 0.03)
    #expect(abs(variance - 1) < 0.04)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<14000 { counts[stream.below(7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 2000) < 200 })
    #expect(stream.permutation(of: 50).sorted() == Array(0..<50))
  }
}
