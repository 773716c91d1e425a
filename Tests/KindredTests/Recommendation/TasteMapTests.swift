import Testing

@testable import Kindred

@Suite struct TasteMapTests {
  private func board() async throws -> Recommender<Int, Int> {
    try await Recommender.train(on: Synthetic.checkerboard(20), ranking: ImplicitALS.small)
  }

  private func distance(_ left: SIMD2<Float>, _ right: SIMD2<Float>) -> Float {
    let way = left - right
    return (way * way).sum().squareRoot()
  }

  @Test func itemsOfOneTasteLieTogether() async throws {
    let board = try await board()
    let map = try #require(await board.tasteMap())
    #expect(map.items.count == 20 && map.places.count == 20)
    #expect(map.places.allSatisfy { abs($0.x) <= 1.0001 && abs($0.y) <= 1.0001 })
    #expect(map.places.contains { max(abs($0.x), abs($0.y)) > 0.9999 })
    for (item, place) in zip(map.items, map.places) {
      let others = zip(map.items, map.places).filter { $0.0 != item }
      let nearest = try #require(others.min { distance($0.1, place) < distance($1.1, place) }).0
      #expect(board.item(at: nearest) % 2 == board.item(at: item) % 2)
    }
  }

  @Test func aTasteMovesWithItsHistory() async throws {
    let board = try await board()
    let map = try #require(await board.tasteMap())
    let middles = (0...1).map { parity in
      let own = zip(map.items, map.places).filter { board.item(at: $0.0) % 2 == parity }.map(\.1)
      return own.reduce(.zero, +) / Float(own.count)
    }
    let even = try #require(board.place(of: board.history([2: 5, 4: 5]), on: map))
    let odd = try #require(board.place(of: board.history([3: 5, 5: 5]), on: map))
    #expect(distance(even, middles[0]) < distance(even, middles[1]))
    #expect(distance(odd, middles[1]) < distance(odd, middles[0]))
    #expect(board.place(of: board.history([:]), on: map) == nil)
    #expect(board.place(of: 12_345, on: map) == nil)
    // A user of the training data has the same place as their history.
    let known = try #require(board.place(of: 7, on: map))
    let history = try #require(board.history(of: 7))
    #expect(distance(known, try #require(board.place(of: history.stranger, on: map))) < 0.01)
  }

  @Test func theSameLayoutAtAnyNumberOfThreads() throws {
    // 140 rows are nine blocks.
    var stream = RandomStream(seed: 3, .data)
    var rows = Factors(count: 140, rank: 6)
    for row in 0..<140 { rows[row] = (0..<6).map { _ in Float(stream.normal()) } }
    var embedding = NeighborEmbedding()
    (embedding.firstRounds, embedding.rounds) = (6, 6)
    let layouts = [1, 2, 5].map {
      embedding.layout(
        of: rows.directions(), masses: (0..<140).map { 0.5 + Float($0) / 140 }, using: Parallel(threads: $0))
    }
    let first = try #require(layouts[0])
    #expect(layouts.allSatisfy { $0 == first })
    #expect(first.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    #expect(Set(first).count == 140)
  }

  @Test func onlyThePopularWhereThereIsALimit() async throws {
    let recommender = try await Recommender.train(
      on: Synthetic.ratings(users: 40, items: 20), ranking: ImplicitALS.small)
    for limit in [0, 1, 2, 3, 10] {
      let map = try #require(await recommender.tasteMap(limit: limit))
      #expect(map.items.count == limit)
      let least = map.items.map { recommender.popularity[Int($0)] }.min() ?? 0
      #expect(recommender.popularity.count { $0 > least } <= limit || limit == 0)
    }
    let baseline = try await Recommender.train(on: Synthetic.checkerboard(6), ranking: Popularity())
    #expect(await baseline.tasteMap() == nil)
  }

  @Test func theNextMapKeepsItsPlaces() async throws {
    let data = Synthetic.ratings(users: 60, items: 40)
    let first = try await Recommender.train(on: data, ranking: ImplicitALS.small)
    let second = try await Recommender.train(on: data, ranking: ImplicitALS.small, seed: 9)
    let map = try #require(await first.tasteMap())
    let alone = try #require(await second.tasteMap())
    let following = try #require(await second.tasteMap(following: (map, first)))
    let shift = { (other: TasteMap) in
      let places = Dictionary(uniqueKeysWithValues: zip(other.items, other.places))
      return zip(map.items, map.places).reduce(Float.zero) { $0 + distance($1.1, places[$1.0] ?? .zero) }
    }
    #expect(shift(following) < 0.75 * shift(alone))
  }

  @Test func aListLiesAmidItsItems() async throws {
    let recommender = try await Recommender.train(
      on: Synthetic.ratings(users: 60, items: 40), ranking: ImplicitALS.small)
    let map = try #require(await recommender.tasteMap())
    let own = map.items.prefix(5)
    let list = own.enumerated().map { (item: $1, score: Float(10 - $0)) }
    let (place, items) = try #require(map.place(ofList: list))
    #expect(Set(items) == Set(own))
    let distances = items.map { item in distance(place, map.places[map.items.firstIndex(of: item) ?? 0]) }
    #expect(distances == distances.sorted())
    // One item alone is where it is, and the heavier of two draws all the way.
    let one: [(item: Int32, score: Float)] = [(own[0], 3)]
    let (alone, _) = try #require(map.place(ofList: one))
    #expect(distance(alone, map.places[0]) < 1e-4)
    let three: [(item: Int32, score: Float)] = [(own[0], 9), (own[1], 1), (own[2], 1)]
    let (drawn, _) = try #require(map.place(ofList: three))
    #expect(distance(drawn, map.places[0]) < 1e-2)
    #expect(map.place(ofList: []) == nil && map.place(ofList: [(1000, 1)]) == nil)
  }

  /// Forces by the formula, a pair at a time.
  @Test func oneRoundFollowsTheGradient() throws {
    var rows = Factors(count: 6, rank: 2)
    for row in 0..<6 { rows[row] = [[1, 0], [0, 1], [-1, 0], [0, -1], [0.6, 0.8], [-0.8, 0.6]][row] }
    var embedding = NeighborEmbedding()
    (embedding.neighbors, embedding.firstRounds, embedding.rounds) = (5, 0, 0)
    let masses: [Float] = [1, 2, 0.5, 0.5, 1, 1]
    let start = try #require(embedding.layout(of: rows, masses: masses, using: Parallel(threads: 1)))
    embedding.rounds = 1
    let end = try #require(embedding.layout(of: rows, masses: masses, using: Parallel(threads: 1)))
    // All are neighbours of all, so each pair pulls with 2 / (2 · 6 · 5).
    var total: Float = 0
    for left in 0..<6 {
      for right in 0..<6 where left != right {
        total +=
          masses[left] * masses[right] / (1 + distance(start[left], start[right]) * distance(start[left], start[right]))
      }
    }
    var moved = (0..<6).map { left -> SIMD2<Float> in
      var force = SIMD2<Float>.zero
      for right in 0..<6 where left != right {
        let weight = 1 / (1 + distance(start[left], start[right]) * distance(start[left], start[right]))
        force += (weight / 30 - masses[left] * masses[right] * weight * weight / total) * (start[left] - start[right])
      }
      return start[left] - 4 * force
    }
    let center = moved.reduce(.zero, +) / 6
    moved = moved.map { $0 - center }
    for row in 0..<6 { #expect(distance(moved[row], end[row]) < 1e-6) }
    #expect(distance(start[0], end[0]) > 1e-6)
  }

  @Test func usersAreInTheGroupOfTheirTaste() async throws {
    let board = try await board()
    let groups = board.groups(count: 2)
    let map = try #require(await board.tasteMap())
    for (position, group) in groups.enumerated() {
      for user in group.users {
        let history = try #require(board.history(of: user))
        #expect(board.group(of: history, among: groups) == position)
      }
      #expect(board.place(of: group, on: map) != nil)
    }
    #expect(board.group(of: History(), among: groups) == nil)
  }
}
