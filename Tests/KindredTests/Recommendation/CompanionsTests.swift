import Testing

@testable import Kindred

/// Items that are taken together, and items that are alike.
@Suite struct CompanionsTests {
  private static let day: Timestamp = 86_400_000_000

  /// Items a to f; the events of each user with their days.
  private static func recommender(
    _ events: [(user: Int, item: String, value: Float, day: Double?)], rule: FeedbackRule = FeedbackRule()
  ) async throws -> Recommender<Int, String> {
    let interactions = Interactions(
      events.map { event in
        Interaction(
          user: event.user, item: event.item, value: event.value,
          time: event.day.map { Timestamp($0 * Double(day)) })
      })
    return try await Recommender.train(on: interactions, ranking: Popularity(), rule: rule)
  }

  @Test func aBasketIsARunOfEvents() async throws {
    // Baskets within a day: {a, b}, {c, d}, {a, b, c}, {e, f}, {c, e}; the f and the b alone are none.
    let recommender = try await Self.recommender([
      (1, "a", 1, 0), (1, "b", 1, 1), (1, "c", 1, 9), (1, "d", 1, 9.5), (1, "f", 1, 20),
      (2, "a", 1, 3), (2, "b", 1, 3), (2, "c", 1, 4), (3, "e", 1, 0), (3, "f", 1, 0.5), (3, "b", 1, 30),
      (4, "c", 1, 7), (4, "e", 1, 7),
    ])
    // Of 5 baskets 2 hold a, and 2 hold b, both of them: (2 + 1) / (2 · 2 / 5 + 1). With c it is
    // (1 + 1) / (2 · 3 / 5 + 1), which is less than chance.
    let companions = recommender.items(takenWith: "a", shrinkage: 1)
    #expect(companions.map(\.item) == ["b"] && companions.map(\.baskets) == [2])
    #expect(isClose(companions.map(\.lift), [3 / 1.8]))
    #expect(recommender.items(takenWith: "b", shrinkage: 1).map(\.item) == ["a"])
    #expect(recommender.items(takenWith: "a", limit: 0).isEmpty && recommender.items(takenWith: "z").isEmpty)
    // Within nine days user 1 has one basket {a, b, c, d}: of 4, 2 hold a, 2 b, 3 c, and 1 d.
    let long = recommender.items(takenWith: "a", gap: 9, shrinkage: 1)
    #expect(long.map(\.item) == ["b", "d", "c"] && long.map(\.baskets) == [2, 1, 2])
    #expect(isClose(long.map(\.lift), [1.5, 1.333_333, 1.2]))
  }

  @Test func whatWasNotLikedOrHasNoTimeStandsApart() async throws {
    var rule = FeedbackRule()
    rule.positive = .atLeast(4)
    let events: [(user: Int, item: String, value: Float, day: Double?)] = [
      (1, "a", 5, 0), (1, "b", 5, 0), (1, "c", 1, 0), (2, "a", 5, 0), (2, "c", 1, 0), (2, "d", 5, nil),
      (2, "e", 5, nil),
      (3, "d", 5, 0), (3, "e", 5, 0),
    ]
    let recommender = try await Self.recommender(events, rule: rule)
    #expect(recommender.items(takenWith: "a").map(\.item) == ["b"])
    #expect(recommender.items(takenWith: "c").isEmpty)
    // The two without a time are one basket.
    #expect(recommender.items(takenWith: "d").map(\.baskets) == [2])
    // Without any times a user's history is one basket, of what is above 0.
    let flat = try await Self.recommender(events.map { ($0.user, $0.item, $0.item == "c" ? -1 : 5, nil) })
    #expect(Set(flat.items(takenWith: "a", shrinkage: 0.1).map(\.item)) == ["b"])
    #expect(flat.items(takenWith: "c").isEmpty)
    #expect(flat.withoutUsers().items(takenWith: "a").isEmpty)
  }

  @Test func fewBasketsSayLittle() async throws {
    // b is in the basket of each of ten users with a; c in one of one.
    var events: [(user: Int, item: String, value: Float, day: Double?)] = []
    for user in 0..<10 { events += [(user, "a", 1, 0), (user, "b", 1, 0)] }
    events += [(0, "c", 1, 0)]
    for user in 10..<40 { events += [(user, "d", 1, 0), (user, "e", 1, 0)] }
    let recommender = try await Self.recommender(events)
    let companions = recommender.items(takenWith: "a")
    #expect(companions.map(\.item) == ["b", "c"])
    #expect(isClose(companions.map(\.lift), [15 / 7.5, 6 / 5.25]))
  }

  @Test func likenessIsShrunkByTheNumberOfUsers() {
    // Item 1 is as like item 0 as item 2 is nearly, and has one user.
    let model = ItemModel(weights: [[0, 1, 0.9, -1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    let items = Vocabulary(["a", "b", "c", "d"])
    let recommender = Recommender<Int, String>(
      userIDs: Vocabulary(), itemIDs: items, itemCatalog: Catalog(), ranking: model, rating: nil,
      histories: HistoryTable(rows: SparseMatrix(rowCount: 0, columnCount: 4, rows: [], columns: [], values: [])),
      popularity: [50, 1, 45, 5], audiences: nil, provenance: Provenance())
    let neighbors = recommender.items(similarTo: "a")
    #expect(neighbors.map(\.id) == ["c", "b", "d"])
    #expect(isClose(neighbors.map(\.score), [0.9 * 45 / 50, 1 / 6, -0.5]))
    #expect(recommender.items(similarTo: "a", shrinkage: 0).map(\.id) == ["b", "c", "d"])
  }
}
