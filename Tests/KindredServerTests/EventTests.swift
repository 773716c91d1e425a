import Foundation
import Kindred
import KindredStore
import Testing

@testable import KindredServer

/// Events: their order, their kinds, and what lists make of them.
@Suite struct EventTests {
  private static let second: Timestamp = 1_000_000

  private static let rules: [FeedbackRule] = {
    var rules = [FeedbackRule()]
    for positive in [FeedbackRule.Positive.mean, .atLeast(4), .liked] {
      var rule = FeedbackRule()
      rule.positive = positive
      rules.append(rule)
    }
    rules[3].dislikeWeight = 0.5
    var kinds = FeedbackRule()
    kinds.kinds = ["view": 1, "like": 3, "dislike": -2]
    rules.append(kinds)
    for var rule in rules {
      rule.halfLife = 0.01
      rules.append(rule)
    }
    return rules
  }()

  /// Feedback of several kinds, with equal, missing and repeated times.
  private static let feedback: [Feedback] = (0..<12).flatMap { user in
    (0..<14).map { number in
      let kinds = [Feedback.rating, Feedback.rating, "view", "like", "dislike", "other"]
      let time = (number * 7 + user) % 5 == 0 ? nil : Timestamp((number * 5 + user * 3) % 9 * 600) * second
      return Feedback(
        user: "u\(user)", item: "\((number * number + user) % 8)", kind: kinds[(number + user) % 6],
        value: Float(1 + (number * 3 + user) % 5), time: time)
    }
  }

  @Test(arguments: rules) func aServedHistoryIsTheOneThatWasTrainedOn(rule: FeedbackRule) async throws {
    let test = try await TestServer(users: 0)
    for one in Self.feedback { try await test.store.add([one], existing: .accumulated, unknownItems: .made) }
    let snapshot = try await test.store.snapshot(kindValues: rule.kinds)
    let trainer = try Algorithm.implicitALS.trainer(setting: ["rank": "2"])
    let recommender = try await Recommender.train(on: snapshot.interactions, ranking: trainer, rule: rule)
    var orders: Set<[Int32]> = []
    var repeats = 0
    for user in recommender.users {
      let trained = try #require(recommender.history(of: user))
      let served = UserView(try await test.store.history(of: user) ?? [], of: recommender).history
      #expect(served.items == trained.items && served.values == trained.values, "\(user)")
      #expect(served.weights == trained.weights && served.times == trained.times, "\(user)")
      #expect(served.events == trained.events, "\(user)")
      orders.insert(served.items)
      if served.events.count > served.items.count { repeats += 1 }
    }
    #expect(orders.count > 6 && repeats > 6)
  }

  @Test func whatHasNoValueIsNoEvent() async throws {
    let test = try await TestServer(users: 0)
    for number in 0..<40 {
      let (user, item) = ("u\(number % 5)", "\(number * 3 % 8)")
      let event = Feedback(
        user: user, item: item, kind: "play", value: number % 4 == 0 ? 0 : 1, time: Timestamp(number) * Self.second)
      try await test.store.add([event], unknownItems: .made)
    }
    let recommender = try await Recommender.train(
      on: try await test.store.snapshot().interactions, ranking: RecentPopularity())
    // The items 0 and 4 have events of the value 0 alone.
    for user in recommender.users {
      let events = try #require(try await test.store.history(of: user))
      let served = UserView(events, of: recommender).history
      #expect(served.items.count == Set(events.map(\.item)).count)
      #expect(recommender.history(of: user)?.events == served.events)
      for (position, score) in recommender.rankingModel.scores(served).enumerated() {
        let item = recommender.item(at: Int32(position))
        #expect((score == 0) == (item == "0" || item == "4"), "\(item) \(score)")
      }
    }
  }

  @Test func aRatingOfThePastLandsAtItsPlace() async throws {
    let test = try await TestServer()
    for (item, time) in [("1", 100.0), ("2", 200), ("3", 300.5), ("4", 250)] {
      let body = "{\"value\":5,\"time\":\(time)}"
      #expect(try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: body).status == 204)
    }
    let order = { () async throws -> [String] in
      let model = try #require(test.server.service.model)
      return try await test.server.service.history(of: "new", in: model).items.map { model.recommender.item(at: $0) }
    }
    #expect(try await order() == ["1", "2", "4", "3"])
    _ = try await test.ask(.put, "/v1/users/new/ratings/3", body: #"{"value":4,"time":150}"#)
    #expect(try await order() == ["1", "3", "2", "4"])
    let ratings = try await test.ask(.get, "/v1/users/new/ratings").text
    #expect(ratings.contains(#""time":150,"#) && !ratings.contains("300.5"))
    _ = try await test.ask(.put, "/v1/users/new/ratings/3", body: #"{"value":4,"time":1700000000.123456}"#)
    #expect(try await test.ask(.get, "/v1/users/new/ratings").text.contains(#""time":1700000000.123456,"#))
    #expect(try await order() == ["1", "2", "4", "3"])
  }

  @Test func aVisitorsEventsCountInOrderOfTimeOrAsGiven() async throws {
    let test = try await TestServer()
    let model = try #require(test.server.service.model)
    let items = { (body: String) throws -> [String] in
      let events = try JSONDecoder().decode(HistoryBody.self, from: Data(body.utf8)).events(Limits(), standard: 5)
      return UserView(events, of: model.recommender).history.items.map { model.recommender.item(at: $0) }
    }
    #expect(
      try items(#"{"history":[{"item":"3","time":9},{"item":"1","time":7.5},{"item":"2","time":7.5}]}"#)
        == ["1", "2", "3"])
    #expect(try items(#"{"history":[{"item":"3","time":9},{"item":"1"},{"item":"2","time":7}]}"#) == ["3", "1", "2"])
    #expect(try items(#"{"history":[{"item":"3"},{"item":"1"},{"item":"3"}]}"#).count == 2)
  }

  private struct Visit: Decodable {
    struct One: Decodable { var item: String }
    var basis: String
    var items: [One]
    var ignored: [String]
  }

  @Test func aVisitorIsToldWhatWasIgnored() async throws {
    let test = try await TestServer()
    let body = #"{"history":[{"item":"none"},{"item":"1"},{"item":"None","value":2},{"item":"none"},{"item":"2"}]}"#
    let visit = try await test.ask(.post, "/v1/recommendations?limit=20", body: body).json(Visit.self)
    #expect(visit.ignored == ["none", "None"] && visit.basis == "history")
    #expect(visit.items.count == 18)
    let again = try await test.ask(.post, "/v1/recommendations?limit=20&include_observed=true", body: body)
      .json(Visit.self)
    #expect(again.items.count == 20)
    let known = try await test.ask(.get, "/v1/users/p0/recommendations?limit=20").json(ListAnswer.self).ids
    let all = try await test.ask(.get, "/v1/users/p0/recommendations?limit=20&include_observed=true")
      .json(ListAnswer.self).ids
    #expect(known.count == 10 && all.count == 20)
    // Nothing to learn from yet: all is ignored.
    let empty = try await TestServer(users: 0)
    let nothing = try await empty.ask(.post, "/v1/recommendations", body: body).json(Visit.self)
    #expect(nothing.basis == "nothing" && nothing.ignored == ["none", "1", "None", "2"])
  }

  private struct Trending: Decodable {
    struct One: Decodable {
      var item: String
      var title: String?
      var score: Double
    }
    var half_life_days: Double
    var items: [One]
  }

  @Test func aTrendIsLive() async throws {
    let test = try await TestServer()
    let trend = { (query: String) async throws -> [String] in
      try await test.ask(.get, "/v1/trending?limit=3" + query).json(Trending.self).items.map(\.item)
    }
    let before = try await trend("")
    #expect(before.count == 3)
    for user in 0..<30 {
      _ = try await test.ask(.put, "/v1/users/late\(user)/ratings/17", body: #"{"value":5}"#)
    }
    #expect(try await trend("").first == "17" && before.first != "17")
    // One user once, however often.
    let now = Int(Date().timeIntervalSince1970)
    let plays = (1...50).map {
      #"{"FeedbackType":"play","UserId":"fan","ItemId":"4","Value":1,"Timestamp":"\#(now - $0)"}"#
    }
    #expect(try await test.ask(.post, "/api/feedback", body: "[\(plays.joined(separator: ","))]").status == 200)
    #expect(try await trend("").prefix(2) == ["17", "4"])
    #expect(try await test.ask(.get, "/v1/trending").json(Trending.self).items.first { $0.item == "4" }?.score ?? 9 < 2)
    #expect(try await trend("&category=even").first == "4")
    _ = try await test.ask(.patch, "/v1/items/17", body: #"{"hidden":true}"#)
    #expect(try await trend("").first == "4")
    // What is still to come counts once it has come.
    let soon = Int(Date().timeIntervalSince1970) + 3600
    for user in 0..<40 {
      _ = try await test.ask(.put, "/v1/users/soon\(user)/ratings/18", body: "{\"value\":5,\"time\":\(soon)}")
    }
    #expect(try await trend("").first == "4")
    let none = try await TestServer(users: 0).ask(.get, "/v1/trending").json(Trending.self)
    #expect(none.items.isEmpty && none.half_life_days == 30)
  }

  @Test func whatAListShowedIsNeitherLearnedFromNorShownAgain() async throws {
    let test = try await TestServer()
    let list = { () async throws -> [String] in
      try await test.ask(.get, "/v1/users/p0/recommendations?limit=20").json(ListAnswer.self).ids
    }
    let before = try await list()
    let model = try #require(test.server.service.model)
    let history = try await test.server.service.history(of: "p0", in: model)
    let trend = try await test.ask(.get, "/v1/trending").text
    let new = test.server.service.newRatings
    let shown = try await test.ask(.get, "/api/recommend/p0?n=4&write-back-type=rating").json([String].self)
    #expect(shown == Array(before.prefix(4)))
    #expect(try await list() == Array(before.dropFirst(4)), "the rest keeps its order")
    #expect(try await test.server.service.history(of: "p0", in: model) == history)
    #expect(try await test.ask(.get, "/v1/trending").text == trend)
    #expect(try await test.store.snapshot().interactions.count == 240)
    #expect(test.server.service.newRatings == new)
    #expect(try await !test.ask(.get, "/v1/users/p0/ratings?limit=50").text.contains(#""value":0.0"#))
    // A rating of what was shown is a rating.
    _ = try await test.ask(.put, "/v1/users/p0/ratings/\(shown[0])", body: #"{"value":5}"#)
    #expect(try await test.server.service.history(of: "p0", in: model).count == history.count + 1)
  }
}
