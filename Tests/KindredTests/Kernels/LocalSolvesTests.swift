import Testing

@testable import Kindred

@Suite struct LocalSolvesTests {
  /// Sums of products of random vectors, of which one row is to be explained by all others.
  private func solves(_ count: Int, penalty: Float) -> (solves: LocalSolves, sums: [[Float]], neighbors: SparseMatrix) {
    var stream = RandomStream(seed: 21, .data, count)
    let vectors = (0..<count).map { _ in (0..<(count + 5)).map { _ in Float(Int(stream.uniform() * 3)) } }
    var sums = vectors.map { a in vectors.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
    var block = PairSums.Block()
    for item in 0..<count {
      block.append(item, ArraySlice((0..<Int32(item)).map { $0 }), sums[item][..<item])
      sums[item][item] += penalty
    }
    let neighbors = SparseMatrix(
      rowCount: 1, columnCount: count, rows: [Int32](repeating: 0, count: count),
      columns: (0..<Int32(count)).map { $0 }, values: (0..<count).map { Float($0 % 7) })
    return (
      LocalSolves(pairs: PairSums([block]), diagonal: Buffer((0..<count).map { sums[$0][$0] })), sums, neighbors
    )
  }

  @Test(arguments: [1, 3, 4, 15, 16, 17, 33, 100])
  func theWeightsSolveTheSystem(count: Int) throws {
    let (solves, sums, neighbors) = solves(count, penalty: 20)
    let weights = try #require(solves.solved(neighbors, using: Parallel(threads: 1)))
    for row in 0..<count {
      let product = (0..<count).reduce(0) { $0 + Double(sums[row][$1]) * Double(weights.values[$1]) }
      #expect(abs(product - Double(row % 7)) < 1e-3, "row \(row) of \(count)")
    }
  }

  @Test func aSystemThatIsNotPositiveDefiniteHasNoWeights() {
    let (solves, _, neighbors) = solves(20, penalty: -1000)
    #expect(solves.solved(neighbors, using: Parallel(threads: 1)) == nil)
  }
}
