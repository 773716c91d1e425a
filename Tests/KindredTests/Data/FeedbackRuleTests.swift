import Foundation
import KindredJSON
import Testing

@testable import Kindred

@Suite struct FeedbackRuleTests {
  @Test func valuesBelowTheMeanAreSeenAndNotLiked() {
    var rule = FeedbackRule()
    rule.positive = .mean
    #expect(rule.weights([1, 3, 5], times: [], latest: 0) == [0, 1, 1])
    #expect(rule.weights([2, 2], times: [], latest: 0) == [1, 1])
    #expect(rule.weights([4, 2], known: [5, 5], times: [], latest: 0) == [0, 0])
    rule.positive = .atLeast(4)
    #expect(rule.weights([3.9, 4], times: [], latest: 0) == [0, 1])
  }

  @Test func countsAreDamped() throws {
    var rule = FeedbackRule()
    rule.dampsCounts = true
    #expect(rule.weights([0, 1, 3, 1023], times: [], latest: 0) == [0, 1, 2, 10])
    let text = try JSON(encoding: rule).text()
    #expect(try JSON(parsing: text).decoded(as: FeedbackRule.self) == rule && !rule.isTrivial)
    #expect(try !JSON(encoding: FeedbackRule()).text().contains("dampsCounts"))
  }

  private static func interactions(_ values: [Float]) -> Interactions<Int, Int> {
    Interactions(values.enumerated().map { Interaction(user: $0 / 5, item: $0 % 5, value: $1) })
  }

  private struct Column {
    let name: String
    let areCounts: Bool
    let value: (Int) -> Float
  }

  @Test func countsAreToldFromRatings() {
    let columns = [
      Column(name: "plays", areCounts: true) { Float(1 << ($0 % 20)) },
      Column(name: "quantities", areCounts: true) { $0 % 4 == 0 ? Float(1 + $0 % 13) : 1 },
      Column(name: "five stars", areCounts: false) { Float(1 + $0 % 5) },
      Column(name: "half stars", areCounts: false) { Float(1 + $0 % 10) / 2 },
      Column(name: "0 to 10", areCounts: false) { $0 % 3 == 0 ? Float($0 % 11) : 1 },
      Column(name: "per cent", areCounts: false) { Float($0 % 101) },
      Column(name: "one mistake", areCounts: false) { $0 == 7 ? 5000 : Float(1 + $0 % 5) },
      Column(name: "centred", areCounts: false) { Float($0 % 21 - 10) },
      Column(name: "fractions", areCounts: false) { $0 % 4 == 0 ? 1.5 * Float($0 % 20) : 1 },
    ]
    for column in columns {
      let data = Self.interactions((0..<200).map(column.value))
      #expect(data.holdsCounts == column.areCounts, "\(column.name)")
      #expect(data.hasRatings != column.areCounts)
      #expect(data.defaultRule.dampsCounts == column.areCounts)
      #expect(data.defaultRule.positive == (column.areCounts ? .all : .liked))
    }
  }

  @Test func countsAreNotPredicted() async throws {
    let plays = Self.interactions((0..<200).map { Float(1 << ($0 * 7 % 20)) })
    var ranking = Blend.small
    ranking.budget = 0
    let rule = plays.defaultRule
    let model = try await Recommender.train(on: plays, ranking: ranking, rule: rule)
    #expect(model.ratingModel == nil && model.rule == rule)
    #expect(Recommender.defaultRating(for: plays, rule: rule, budget: 20) == nil)
    let weights = try #require(model.history(of: 0)).weights
    #expect(isClose(weights, [2, 129, 16385, 3, 257].map { log2($0) }), "\(weights)")
    await #expect(throws: TrainingError.self) { _ = try await Recommender.train(on: plays, ranking: SGD()) }
    await #expect(throws: TrainingError.self) {
      _ = try await Recommender.train(on: plays, ranking: Popularity(), rating: SGD())
    }
  }

  @Test func feedbackAgesByItsHalfLife() {
    var rule = FeedbackRule()
    rule.halfLife = 10
    let day = Day.microseconds
    #expect(rule.weights([1, 1, 1], times: [0, 10 * day, 20 * day], latest: 20 * day) == [0.25, 0.5, 1])
    #expect(rule.weights([1, 1], times: [], latest: 20 * day) == [1, 1])
  }

  @Test func kindsAddUpAndOthersAreLeftOut() throws {
    let path = NSTemporaryDirectory() + "kindred-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let rows = ["user,item,event", "1,a,view", "1,a,purchase", "1,a,view", "1,b,dislike", "2,a,view", "2,b,share"]
    try rows.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    var reader = InteractionReader()
    reader.kindValues = ["view": 1, "purchase": 5, "dislike": -1]
    let (read, summary): (Interactions<Int, String>, InteractionReader.Summary) = try reader.read([path])
    #expect(
      read.map { [$0.item, "\($0.user)", "\($0.value)"] } == [
        ["a", "1", "6.0"], ["b", "1", "-1.0"], ["a", "2", "1.0"],
      ])
    #expect(summary.ignored == 1)
    var rule = FeedbackRule()
    rule.kinds = reader.kindValues
    let weighted = read.data.weighted(by: rule)
    #expect(weighted.weights == [6, -0.25, 1])
    #expect(weighted.liked.values == [6, 1] && weighted.liked.valuesAreWeights)
  }

  @Test func whatWasDislikedIsKeptOutOfListsAndNotLearnedFrom() async throws {
    // Users like the items of their own half and gave one of the other half a 1.
    var ratings = Interactions<Int, Int>()
    for user in 0..<40 {
      for item in 0..<40 where (user + item) % 2 == 0 && item != user {
        ratings.append(Interaction(user: user, item: item, value: 5))
      }
      ratings.append(Interaction(user: user, item: (user + 1) % 40, value: 1))
    }
    var rule = FeedbackRule()
    rule.positive = .mean
    let model = try await Recommender.train(on: ratings, ranking: ImplicitALS.small, rule: rule)
    for user in 0..<40 {
      let list = model.recommendations(for: user, limit: 1)
      #expect(list[0].item == user)
      #expect(!model.recommendations(for: user, limit: 40).map(\.item).contains((user + 1) % 40))
    }
    let read = try Recommender<Int, Int>(from: ModelFile(bytes: model.modelFile().bytes()))
    #expect(read.rule == rule)
    #expect(try read.modelFile().bytes() == model.modelFile().bytes())
    #expect(read.recommendations(for: 3).map(\.item) == model.recommendations(for: 3).map(\.item))
    // A stranger who says the same is served the same.
    let own = Dictionary(uniqueKeysWithValues: ratings.filter { $0.user == 3 }.map { ($0.item, $0.value) })
    #expect(read.recommendations(forHistory: own).map(\.item) == read.recommendations(for: 3).map(\.item))
    // Only dislikes leave nothing to go by.
    #expect(model.recommendations(forHistory: [3: 1, 4: 5])[0].item % 2 == 0)
  }

  @Test func likedAreValuesAboveTheDampedMean() {
    var rule = FeedbackRule()
    rule.positive = .liked
    rule.reference = .init(mean: 3.5, middle: 3)
    rule.dislikeWeight = 0.5
    func weights(_ values: [Float]) -> [Float] { rule.weights(values, times: [], latest: 0) }
    #expect(weights([1, 1, 1, 1, 1]) == Array(repeating: -0.5, count: 5))
    #expect(weights([5, 5, 5]) == [1, 1, 1])
    #expect(weights([3, 3]) == [1, 1], "a user whose values are equal likes them from the middle of the scale on")
    #expect(weights([4]) == [1] && weights([2]) == [-0.5])
    #expect(weights([5, 4, 3, 3, 2]) == [1, 1, 0, 0, -0.5], "the damped mean is 3.45")
    #expect(weights([5, 5, 5, 5, 4]) == [1, 1, 1, 1, 0], "the damped mean is 4.15")
    #expect(weights([1, 2, 1, 2]) == [-0.5, -0.5, -0.5, -0.5], "the damped mean is 2.61")
  }

  @Test func aRuleGetsTheReferenceOfItsData() async throws {
    let ratings = Interactions((0..<6).map { Interaction(user: $0 / 2, item: $0, value: [0.5, 5, 4][$0 / 2]) })
    var rule = FeedbackRule()
    rule.positive = .liked
    let resolved = rule.resolved(for: PreparedData(ratings.data))
    #expect(resolved.reference == .init(mean: 9.5 / 3, middle: 2.75))
    #expect(resolved.resolved(for: PreparedData(ratings.data.selecting([0]))) == resolved)
    let model = try await Recommender.train(on: ratings, ranking: Popularity(), rule: rule)
    #expect(model.rule == resolved)
    #expect(try Recommender<Int, Int>(from: ModelFile(bytes: model.modelFile().bytes())).rule == resolved)
  }

  @Test func strangersGetWhatIsPopularUnderTheRule() async throws {
    let day = Day.microseconds
    var rows = (0..<6).map { Interaction(user: $0, item: 0, value: 1, time: Timestamp($0) * day) }
    rows += (6..<9).map { Interaction(user: $0, item: 1, value: 1, time: 3000 * day) }
    var rule = FeedbackRule()
    rule.halfLife = 90
    let model = try await Recommender.train(on: Interactions(rows), ranking: Popularity(), rule: rule)
    let list = model.recommendations(for: [History()], limit: 2)[0]
    #expect(list.map(\.item) == [1, 0] && list.map(\.score)[0] == 3 && list[1].score < 1e-6)
    let read = try Recommender<Int, Int>(from: ModelFile(bytes: model.modelFile().bytes()))
    #expect(read.fame == model.fame)
    #expect(read.removing([7, 8]).fame[1] == 1 && read.withoutUsers().fame == model.fame)
    let plain = try await Recommender.train(on: Interactions(rows), ranking: Popularity())
    #expect(try plain.fame == [6, 3] && !plain.modelFile().contains("fame"))
  }

  @Test func theRuleIsSavedWithTheBytesOfFoundation() async throws {
    var rule = FeedbackRule()
    rule.positive = .atLeast(3.1)
    rule.kinds = ["page/view": 1, "a \"like\"\n": 0.1, "dislike": -3, "é": 1e-07]
    rule.halfLife = 30
    let ratings = Interactions((0..<4).map { Interaction(user: $0 / 2, item: $0 % 2, value: 1) })
    let model = try await Recommender.train(on: ratings, ranking: Popularity(), rule: rule)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(try model.modelFile()["feedback_rule"] == String(decoding: encoder.encode(rule), as: UTF8.self))
  }

  @Test func evaluationsTestWhatIsLiked() async throws {
    let ratings = Synthetic.ratings(users: 100, items: 60)
    let folds = ratings.evaluationFolds(.random(holdingOut: 0.3), seed: 1)
    var evaluator = Evaluator(cutoffs: [5])
    let all = try #require(try await evaluator.evaluation(of: Popularity(), on: folds).ranking)
    evaluator.rule.positive = .atLeast(4)
    let liked = try #require(try await evaluator.evaluation(of: Popularity(), on: folds).ranking)
    #expect(all.byPopularity.map(\.relevantCount).reduce(0, +) == folds[0].test.count)
    #expect(liked.byPopularity.map(\.relevantCount).reduce(0, +) == folds[0].test.count { $0.value >= 4 })
  }
}
