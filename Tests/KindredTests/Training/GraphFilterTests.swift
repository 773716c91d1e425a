import Testing

@testable import Kindred

@Suite struct GraphFilterTests {
  /// The data of `graph_filter_reference.py`.
  static let data: TrainingData = {
    var state: UInt64 = 12345
    var (users, items) = ([Int32](), [Int32]())
    for user in 0..<60 {
      for item in 0..<40 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let likely = (user % 3 == item % 3 ? 600 : 150) * (40 - item) / 40
        if state >> 54 < likely, user != 59, item != 39 {
          users.append(Int32(user))
          items.append(Int32(item))
        }
      }
    }
    return TrainingData(
      userCount: 60, itemCount: 40, users: users, items: items, values: [Float](repeating: 1, count: users.count))
  }()

  private func weights() throws -> ItemModel {
    var session = try GraphFilter(rank: 6).makeSession(for: Self.data, seed: 3, using: Parallel(threads: 2))
    _ = try session.runEpoch(using: Parallel(threads: 2))
    return session.makeModel(using: Parallel(threads: 2))
  }

  private func isReference(_ model: ItemModel) -> Bool {
    let histories = Self.data.prepared.histories
    return GraphFilterReference.scores.enumerated().allSatisfy { user, expected in
      zip(model.scores(histories[user]), expected).allSatisfy { isClose($0, $1, tolerance: 2e-6) }
    }
  }

  @Test func scoresAreThoseOfTheReference() throws {
    #expect(Self.data.count == GraphFilterReference.pairs)
    #expect(isReference(try weights()))
  }

  /// A basis too small for all 40 items at once, so that it is filled and cut down again.
  @Test(arguments: [1, 2, 3]) func restartsComeToTheSame(_ block: Int) throws {
    let basis = SpectralBasis(block: block, rounds: 30, tolerance: 1e-9)
    #expect(basis.size(rank: 6) < 40)
    let spectral = try GraphFilter(rank: 6).spectralPart(Self.data, basis, seed: 1, using: Parallel(threads: 2))
    #expect(isReference(ItemModel(try weights().weights, spectral: spectral)))
  }

  /// Fewer users than vectors are asked for: there are no more singular vectors than users with something.
  @Test func ranksBeyondThatOfTheDataAreLeftOut() throws {
    let few = Self.data.selecting((0..<Self.data.count).filter { Self.data.users[$0] < 7 })
    for basis in [SpectralBasis(), SpectralBasis(block: 1)] {
      let part = try GraphFilter(rank: 12).spectralPart(few, basis, seed: 1, using: Parallel(threads: 1))
      #expect(part.from.rank == 7)
    }
  }

  /// More items than eight blocks of rows hold.
  @Test func threadsChangeNothing() throws {
    var stream = RandomStream(seed: 2, .data)
    var pairs = Set<Int>()
    while pairs.count < 9000 { pairs.insert(stream.below(400) * 2100 + stream.below(2100)) }
    let sorted = pairs.sorted()
    let data = TrainingData(
      userCount: 400, itemCount: 2100, users: sorted.map { Int32($0 / 2100) }, items: sorted.map { Int32($0 % 2100) },
      values: [Float](repeating: 1, count: 9000))
    let parts = try [1, 2, 5].map { threads in
      try GraphFilter(rank: 3).spectralPart(
        data, SpectralBasis(block: 2, rounds: 3), seed: 1, using: Parallel(threads: threads))
    }
    #expect(parts.allSatisfy { $0.from == parts[0].from && $0.to == parts[0].to })
  }

  @Test func nearestNeighboursAreTheGreatestOfAll() throws {
    var few = GraphFilter(rank: 6)
    few.neighbors = 5
    few.spectralWeight = 0
    var session = try few.makeSession(for: Self.data, seed: 0, using: Parallel(threads: 2))
    _ = try session.runEpoch(using: Parallel(threads: 2))
    let (kept, all) = (session.makeModel(using: Parallel(threads: 1)), try weights())
    #expect(kept.spectral == nil)
    for item in 0..<39 {
      let column = (0..<40).map { all.weights.weight(from: $0, to: Int32(item)) }
      let fifth = column.sorted(by: >)[4]
      for other in 0..<40 where abs(column[other] - fifth) > 1e-6 {
        let weight = kept.weights.weight(from: Int32(other), to: Int32(item))
        #expect(column[other] > fifth ? isClose(weight, column[other], tolerance: 1e-6) : weight == 0)
      }
    }
  }
}
