import Testing

@testable import Kindred

@Suite struct ListRulesTests {
  private func recommender() async throws -> Recommender<Int, String> {
    var ratings = Synthetic.ratings(users: 120, items: 60)
    for item in 0..<60 {
      ratings.itemCatalog["item \(item)"] = Catalog.Entry(
        title: "Film \(item)", genres: [item % 3 == 0 ? "Drama" : "Comedy"],
        attributes: ["country": item < 30 ? "FR" : "JP"])
    }
    return try await Recommender.train(on: ratings, ranking: ImplicitALS.small)
  }

  private func number(_ item: String) -> Int { Int(item.dropFirst(5)) ?? -1 }

  @Test func rulesAreKeptAndCounted() async throws {
    let recommender = try await recommender()
    let history = try #require(recommender.history(of: 3))
    var rules = ListRules<String>()
    rules.genres = ["drama"]
    rules.attributes = ["country": "JP"]
    rules.excluding = ["item 33"]
    let list = recommender.recommendations(for: [history], limit: 60, rules: rules)[0]
    #expect(list.allSatisfy { number($0.item) % 3 == 0 && number($0.item) >= 30 && $0.item != "item 33" })
    #expect(list.removed == [.genre: 40, .attribute: 10, .excluded: 1, .observed: history.count])
  }

  @Test func hiddenItemsAreInNoList() async throws {
    var ratings = Synthetic.ratings(users: 120, items: 60)
    for item in 0..<5 {
      ratings.itemCatalog["item \(item)"] = Catalog.Entry(title: "T", attributes: ["hidden": item < 3 ? "true" : "no"])
    }
    let recommender = try await Recommender.train(on: ratings, ranking: ImplicitALS.small)
    let hidden: Set = ["item 0", "item 1", "item 2"]
    let list = recommender.recommendations(for: [History()], limit: 60)[0]
    #expect(list.count == 57 && list.removed == [.hidden: 3] && hidden.isDisjoint(with: list.map(\.item)))
    #expect(hidden.isDisjoint(with: recommender.items(similarTo: "item 0", limit: 60).map(\.id)))
    var rules = ListRules<String>()
    rules.excludingHidden = false
    #expect(recommender.recommendations(for: [History()], limit: 60, rules: rules)[0].count == 60)
  }

  @Test func rarelyHadItemsAreLeftOut() async throws {
    let recommender = try await recommender()
    var rules = ListRules<String>()
    rules.minimumRatings = 30
    let list = recommender.recommendations(for: [History()], limit: 60, rules: rules)[0]
    let counts = recommender.popularity
    #expect(list.count == counts.count { $0 >= 30 })
    #expect(list.removed[.minimumRatings] == counts.count { $0 < 30 })
  }

  @Test func diversityMakesListsLessAlike() async throws {
    let recommender = try await recommender()
    let histories = (0..<30).compactMap { recommender.history(of: $0) }
    let alikeness = { (diversity: Float) -> Float in
      var rules = ListRules<String>()
      rules.diversity = diversity
      var sum: Float = 0
      for list in recommender.recommendations(for: histories, limit: 8, rules: rules) {
        #expect(list.count == 8 && Set(list.map(\.item)).count == 8)
        for left in list {
          let position = recommender.itemIDs.index(of: left.item) ?? 0
          var scores = [Float](repeating: 0, count: 60)
          var span = scores.mutableSpan
          recommender.rankingModel.similarities(to: position, into: &span)
          for right in list where right != left { sum += scores[Int(recommender.itemIDs.index(of: right.item) ?? 0)] }
        }
      }
      return sum
    }
    let (none, some, much) = (alikeness(0), alikeness(0.4), alikeness(0.9))
    #expect(some < none && much < 0.9 * none, "\(none), \(some), \(much)")
  }

  @Test func reasonsShareOneHundredPercent() async throws {
    let recommender = try await recommender()
    let history = try #require(recommender.history(of: 5))
    let item = recommender.recommendations(for: 5)[0].item
    let reasons = recommender.reasons(for: item, history: history, limit: 3)
    #expect(reasons.count == 3)
    #expect(zip(reasons, reasons.dropFirst()).allSatisfy { $0.share >= $1.share })
    #expect(reasons.map(\.share).reduce(0, +) <= 1.0001 && reasons.allSatisfy { $0.share > 0 })
    #expect(recommender.reasons(for: "no such item", history: history).isEmpty)
    #expect(recommender.reasons(for: item, history: History()).isEmpty)
  }
}
