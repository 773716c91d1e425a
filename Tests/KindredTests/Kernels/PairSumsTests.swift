import Testing

@testable import Kindred

@Suite struct PairSumsTests {
  /// Rows of all shares, so that some list their items, some have bits, and some have counts.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func readsWhatWasAppended(seed: UInt64) {
    var stream = RandomStream(seed: seed, .data)
    let count = 500
    var known: [[Int32: Float]] = []
    var blocks: [PairSums.Block] = []
    for first in stride(from: 0, to: count, by: 32) {
      var block = PairSums.Block()
      for item in first..<min(count, first + 32) {
        let share = [0, 0.01, 0.2, 1][Int(stream.uniform() * 4)]
        let others = (0..<Int32(item)).filter { _ in stream.uniform() < share }
        let areCounts = stream.uniform() < 0.5
        let sums = others.map { _ in areCounts ? Float(Int(stream.uniform() * 70_000)) : Float(stream.uniform()) + 1 }
        block.append(item, others[...], sums[...])
        known.append(Dictionary(uniqueKeysWithValues: zip(others, sums)))
      }
      blocks.append(block)
    }
    let pairs = PairSums(blocks)
    #expect(pairs.count == count)
    for item in 0..<count {
      let wanted = (0..<Int32(item)).filter { _ in stream.uniform() < 0.3 }
      var found = [Float](repeating: -1, count: wanted.count + 1)
      wanted.withUnsafeBufferPointer { wanted in
        found.withUnsafeMutableBufferPointer { found in
          guard let out = found.baseAddress else { return }
          pairs.read(item, at: wanted[0..<wanted.count], into: out)
        }
      }
      #expect(found == wanted.map { known[item][$0] ?? 0 } + [-1], "seed \(seed), item \(item)")
    }
  }

  @Test func oneSetOfNearestItemsServesAllPenalties() throws {
    let data = PreparedData(Synthetic.ratings(users: 90, items: 40).data)
    let parallel = Parallel(threads: 2)
    var trainer = EASE(regularization: 8)
    trainer.neighbors = 12
    let nearest = try trainer.nearestItems(in: data, 12, using: parallel)
    for (regularization, dropout) in [(3, 0), (40, 0.5)] as [(Float, Float)] {
      (trainer.regularization, trainer.dropout) = (regularization, dropout)
      let shared = try trainer.model(from: nearest, using: parallel)
      let fresh = try trainer.trained(on: data, seed: 0, using: parallel)
      for from in 0..<Int32(40) {
        for to in 0..<Int32(40) {
          let weights = (shared.weights.weight(from: from, to: to), fresh.weights.weight(from: from, to: to))
          #expect(abs(weights.0 - weights.1) <= 1e-5)
        }
      }
    }
  }
}
