import Testing

@testable import Kindred

@Suite struct RemovingTests {
  @Test(arguments: [Algorithm.implicitALS, .sgd, .ease, .bias])
  func nothingIsLeftOfARemovedUser(_ algorithm: Algorithm) async throws {
    let ratings = Synthetic.ratings(users: 40, items: 30)
    let trainer = try algorithm.trainer(setting: [:])
    let rating = algorithm == .implicitALS ? SGD(rank: 4) : nil
    var rule = FeedbackRule()
    rule.positive = .mean
    let before = try await Recommender.train(on: ratings, ranking: trainer, rating: rating, rule: rule, threads: 2)
    let after = before.removing([3, 17, 99_999])
    #expect(after.users == before.users.filter { $0 != 3 && $0 != 17 })
    #expect(!after.knows(user: 3) && after.history(of: 17) == nil)
    for user in [0, 4, 39] {
      #expect(after.history(of: user)?.items == before.history(of: user)?.items)
      #expect(after.history(of: user)?.weights == before.history(of: user)?.weights)
      #expect(after.recommendations(for: user).map(\.item) == before.recommendations(for: user).map(\.item))
      #expect(after.rating(of: "item 5", by: user) == before.rating(of: "item 5", by: user))
    }
    let gone = [3, 17].flatMap { before.history(of: $0)?.items ?? [] }
    for item in Int32(0)..<30 {
      #expect(after.popularity[Int(item)] == before.popularity[Int(item)] - Int32(gone.count { $0 == item }))
    }
    #expect(try after.modelFile().keys == before.modelFile().keys)
  }

  @Test func theModelsRowsAreThoseOfWhoIsLeft() async throws {
    let ratings = Synthetic.ratings(users: 20, items: 30)
    let before = try await Recommender.train(on: ratings, ranking: ImplicitALS.small, rating: SGD(rank: 4))
    let after = before.removing([0])
    let (old, new) = (try #require(before.taste), try #require(after.taste))
    #expect(new.users.count == 19 && (0..<19).allSatisfy { new.users[$0] == old.users[$0 + 1] })
    #expect((after.ratingModel as? RatingModel)?.factors.userBiases.count == 19)
  }
}
