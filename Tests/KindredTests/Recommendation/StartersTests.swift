import Testing

@testable import Kindred

@Suite struct StartersTests {
  /// 40 users, who all know films 0 to 9. All give films 0 to 4 three stars; half of them like 5 to 9 and half do not.
  /// Film 10 is known to two users who disagree.
  private static let ratings: Interactions<Int, Int> = {
    var ratings = Interactions<Int, Int>()
    for user in 0..<40 {
      for item in 0..<5 { ratings.append(Interaction(user: user, item: item, value: 3)) }
      for item in 5..<10 { ratings.append(Interaction(user: user, item: item, value: (user + item) % 2 == 0 ? 5 : 1)) }
    }
    ratings.append(Interaction(user: 0, item: 10, value: 1))
    ratings.append(Interaction(user: 1, item: 10, value: 5))
    return ratings
  }()

  @Test func whatManyKnowAndDisagreeAboutComesFirst() async throws {
    let recommender = try await Recommender.train(on: Self.ratings, ranking: ImplicitALS.small, rating: BiasRating())
    let starters = recommender.starters(limit: 6)
    #expect(Set(starters.prefix(5)) == [5, 6, 7, 8, 9])
    #expect(starters.count == 6)
    #expect(recommender.starters(limit: 3, excluding: [5, 6, 7]).allSatisfy { $0 > 7 })
    #expect(recommender.starters(limit: 0).isEmpty && recommender.starters(limit: -1).isEmpty)
    // What all agree about tells nothing, and is never asked.
    #expect(Set(recommender.starters(limit: 100)) == [5, 6, 7, 8, 9, 10])
  }

  @Test func withoutRatingsPopularityCounts() async throws {
    let recommender = try await Recommender.train(on: Self.ratings, ranking: ImplicitALS.small)
    let starters = recommender.starters(limit: 11)
    #expect(Set(starters) == Set(0...10) && starters.last == 10)
  }
}
