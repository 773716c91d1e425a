import Testing

@testable import Kindred

@Suite struct TopSelectionTests {
  @Test(arguments: 0..<40) func positionsInRisingOrderAreThoseOfASort(seed: UInt64) {
    var stream = RandomStream(seed: seed, .data)
    let count = Int(stream.uniform() * 300)
    let range = [20, 500, 100_000][Int(seed % 3)]
    let positions = Array(Set((0..<count).map { _ in Int32(stream.uniform() * Double(range)) })).shuffledBy(&stream)
    #expect(positions.inRisingOrder() == positions.sorted(), "seed \(seed)")
    #expect(TopSelection(limit: 1, excluded: [positions]).excluded == [positions.sorted()])
  }

  @Test func excludedItemsMayComeInAnyOrder() {
    let scores: [Float] = [5, 4, 3, 2, 1]
    let selection = TopSelection(limit: 3, excluded: [[3, 0, 2]])
    #expect(TopHeaps.topItems(of: scores, itemCount: 5, selection: selection)[0].map(\.item) == [1, 4])
  }
}

extension [Int32] {
  fileprivate func shuffledBy(_ stream: inout RandomStream) -> [Int32] {
    stream.permutation(of: count).map { self[Int($0)] }
  }
}
