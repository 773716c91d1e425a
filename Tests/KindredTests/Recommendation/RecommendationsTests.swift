import Testing

@testable import Kindred

@Suite struct RecommendationsTests {
  /// Three users had item a, two each b and c, one d.
  private let ratings: Interactions<Int, String> = {
    let rows: [(Int, String, Float)] = [
      (1, "a", 5), (1, "b", 3), (2, "c", 4), (2, "a", 1), (3, "b", 2), (3, "a", 4), (3, "c", 5), (4, "d", 2),
    ]
    return Interactions(rows.map { Interaction(user: $0.0, item: $0.1, value: $0.2) })
  }()

  private func recommender(rating: (any Trainer)? = nil) async throws -> Recommender<Int, String> {
    try await Recommender.train(on: ratings, ranking: Popularity(), rating: rating)
  }

  @Test func aStrangersListIsWhatMostUsersHad() async throws {
    let list = try await recommender().recommendations(for: 99, limit: 3)
    #expect(list.basis == .popularity && list.removed.isEmpty)
    // Items that tie are in order of their first appearance.
    #expect(list.map(\.item) == ["a", "b", "c"] && list.map(\.score) == [3, 2, 2])
    #expect(list.allSatisfy { $0.rating == nil })
  }

  @Test func aUsersListLeavesOutTheirHistoryAndSaysSo() async throws {
    let list = try await recommender().recommendations(for: 1)
    #expect(list.basis == .history && list.removed == [.observed: 2])
    #expect(list.map(\.item) == ["c", "d"])
    let all = try await recommender().recommendations(for: 1, excludingObserved: false)
    #expect(all.map(\.item) == ["a", "b", "c", "d"] && all.removed.isEmpty)
  }

  @Test func itIsACollectionFromZero() async throws {
    let list = try await recommender().recommendations(for: 99, limit: 3)
    #expect(list.startIndex == 0 && list.endIndex == 3 && list.indices == 0..<3)
    #expect(list[2] == Recommendation(item: "c", score: 2, rating: nil))
    #expect(Array(list.reversed()).map(\.item) == ["c", "b", "a"])
    let empty = try await recommender().recommendations(for: 99, limit: 0)
    #expect(empty.isEmpty && empty.first == nil)
  }

  @Test func ratingsAreThoseOfTheRatingModel() async throws {
    let list = try await recommender(rating: MeanRating()).recommendations(for: 1)
    #expect(list.count == 2 && list.allSatisfy { $0.rating == Prediction(value: 3.25, deviation: nil) })
  }

  /// Lists are made for blocks of users: 64 at a time.
  @Test func manyListsAreThoseOfEachAlone() async throws {
    let recommender = try await recommender(rating: BiasRating())
    let histories = (0..<150).map { recommender.history(of: $0 % 6) ?? History() }
    let together = recommender.recommendations(for: histories, limit: 2)
    #expect(together.count == 150)
    for (history, list) in zip(histories, together) {
      let alone = recommender.recommendations(for: [history], limit: 2)[0]
      #expect(Array(list) == Array(alone) && list.basis == alone.basis && list.removed == alone.removed)
    }
    #expect(recommender.recommendations(for: []).isEmpty)
  }
}
