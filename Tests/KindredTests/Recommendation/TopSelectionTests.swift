import Testing

@testable import Kindred

@Suite struct TopSelectionTests {
  @Test(arguments: 0..<40) func positionsInRisingOrderAreThoseOfASort(seed: UInt64) {
    var stream = RandomStream(seed: seed, .data)
    let count = Int(stream.uniform() * 300)
    let range = [20, 500, 100_000][Int(seed % 3)]
    let positions = Array(Set((0..<count).map { _ in Int32(stream.uniform() * Double(range)) })).shuffledBy(&stream)
    #expect(positions.inRisingOrder() == positions.sorted(), "seed \(seed)")
  }

  @Test func excludedItemsMayComeInAnyOrder() {
    let scores: [Float] = [5, 4, 3, 2, 1]
    let selection = TopSelection(limit: 3, excluded: [[3, 0, 2]])
    #expect(TopHeaps.topItems(of: scores, itemCount: 5, selection: selection)[0].map(\.item) == [1, 4])
  }

  @Test(arguments: 0..<60) func theBestItemsAreThoseOfASort(seed: UInt64) {
    var stream = RandomStream(seed: seed, .data)
    let itemCount = Int(stream.uniform() * 200)
    // Few values, so that many scores are equal.
    let scores = (0..<itemCount).map { _ in Float(Int(stream.uniform() * 20)) }
    let excluded = (0..<itemCount / 3).map { _ in Int32(stream.uniform() * Double(itemCount)) }
    var allowed = ItemSet(itemCount: itemCount)
    for item in 0..<Int32(itemCount) where stream.uniform() < 0.7 { allowed[item] = true }
    let limit = Int(stream.uniform() * 30)
    let best = (0..<Int32(itemCount)).filter { allowed[$0] && !excluded.contains($0) }
      .sorted { (scores[Int($1)], $0) < (scores[Int($0)], $1) }.prefix(limit)
    let selection = TopSelection(limit: limit, excluded: [excluded], allowed: allowed)
    let top = TopHeaps.topItems(of: scores, itemCount: itemCount, selection: selection)[0]
    #expect(top.map(\.item) == Array(best), "seed \(seed)")
  }
}

extension [Int32] {
  fileprivate func shuffledBy(_ stream: inout RandomStream) -> [Int32] {
    stream.permutation(of: count).map { self[Int($0)] }
  }
}
