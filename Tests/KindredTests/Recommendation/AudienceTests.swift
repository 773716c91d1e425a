import Testing

@testable import Kindred

/// Users of two groups, each of which takes items of its own besides those that all take.
@Suite struct AudienceTests {
  private func interactions(users: Int = 120) -> Interactions<Int, Int> {
    var stream = RandomStream(seed: 8, .data)
    var interactions = Interactions<Int, Int>()
    for user in 0..<users {
      for item in 0..<30 where stream.uniform() < (item < 6 ? 0.7 : item % 2 == user % 2 ? 0.6 : 0.05) {
        interactions.append(Interaction(user: user, item: item, value: 1))
      }
      interactions.userCatalog[user] = Catalog.Entry(
        title: "\(user)", attributes: ["group": user % 2 == 0 ? "even" : "odd", "code": "\(user) x"])
    }
    return interactions
  }

  @Test func usersWithoutAHistoryGetWhatUsersLikeThemTake() async throws {
    let recommender = try await Recommender.train(on: interactions(), ranking: Blend.small, threads: 2)
    #expect(recommender.knowsAttributesOfUsers)
    var history = History()
    let popular = recommender.recommendations(for: [history], limit: 30)[0]
    #expect(popular.basis == .popularity)
    for (group, parity) in [("even", 0), ("odd", 1)] {
      history.attributes = ["group": group, "size": "large"]
      let list = recommender.recommendations(for: [history], limit: 30)[0]
      #expect(list.basis == .attributes)
      #expect(list.map(\.item).sorted() == popular.map(\.item).sorted())
      #expect(list.filter { $0.item >= 6 }.prefix(12).allSatisfy { $0.item % 2 == parity })
    }
    history.attributes = ["group": "other"]
    #expect(recommender.recommendations(for: [history], limit: 30)[0].map(\.item) == popular.map(\.item))
    // A history says more than attributes.
    var known = try #require(recommender.history(of: 1))
    let before = recommender.recommendations(for: [known], limit: 5)[0]
    known.attributes = ["group": "even"]
    let after = recommender.recommendations(for: [known], limit: 5)[0]
    #expect(after.basis == .history && after.map(\.item) == before.map(\.item))
  }

  @Test func theLiftIsThatOfItsFormula() throws {
    let data = PreparedData(interactions().trainingData)
    let labels = (0..<data.userCount).map { ["group: \($0 % 2 == 0 ? "even" : "odd")", "code: \($0)"] }
    let audiences = try #require(Audiences(data, labelsOfUsers: labels, using: Parallel(threads: 2)))
    #expect(audiences.labels.count == 2)
    let even = try #require(audiences.labels.index(of: "group: even"))
    let lifts = audiences.lifts
    for cell in lifts.cells(ofRow: Int(even)) {
      let item = lifts.columns[cell]
      let users = (0..<data.userCount).filter {
        data.byUser.cells(ofRow: $0).contains { data.byUser.columns[$0] == item }
      }
      let share = Double(users.count) / Double(data.userCount)
      let own = Double(users.count { $0 % 2 == 0 })
      let expected = RandomStream.logarithm((own + 30 * share) / ((Double(data.userCount / 2) + 30) * share))
      #expect(abs(Double(lifts.values[cell]) - expected) < 1e-5)
    }
  }

  @Test func isSavedAndStaysWithoutAUser() async throws {
    let recommender = try await Recommender.train(on: interactions(), ranking: Blend.small, threads: 2)
    var history = History()
    history.attributes = ["group": "odd"]
    let list = recommender.recommendations(for: [history], limit: 30)[0].map(\.item)
    try withFolder { folder in
      try recommender.write(to: folder + "/m.kindred")
      let read = try Recommender<Int, Int>(contentsOf: folder + "/m.kindred")
      #expect(read.recommendations(for: [history], limit: 30)[0].map(\.item) == list)
    }
    #expect(recommender.removing([3]).knowsAttributesOfUsers)
    #expect(recommender.withoutUsers().recommendations(for: [history], limit: 30)[0].map(\.item) == list)
    #expect(await recommender.replacingUsers(with: interactions(users: 2)).knowsAttributesOfUsers)
    var few = interactions(users: 30)
    #expect(try await !Recommender.train(on: few, ranking: Blend.small, threads: 2).knowsAttributesOfUsers)
    few.userCatalog = Catalog()
    #expect(try await !Recommender.train(on: few, ranking: Blend.small, threads: 2).knowsAttributesOfUsers)
  }
}
