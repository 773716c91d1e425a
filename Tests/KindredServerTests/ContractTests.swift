import Foundation
import KindredStore
import Testing

@testable import KindredServer

/// What the server promises to programs.
@Suite struct ContractTests {
  @Test func ratingChangesTheNextAnswer() async throws {
    let test = try await TestServer()
    let before = try await test.ask(.get, "/v1/users/new/recommendations?limit=5").json(ListAnswer.self)
    #expect(before.basis == "popularity")
    for item in ["1", "2", "3"] {
      let put = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: #"{"value":5}"#)
      #expect(put.status == 204)
      #expect(put.bytes.isEmpty)
    }
    let after = try await test.ask(.get, "/v1/users/new/recommendations?limit=5").json(ListAnswer.self)
    #expect(after.basis == "history")
    #expect(after.ids != before.ids)
    #expect(Set(after.ids).isDisjoint(with: ["1", "2", "3"]))
    #expect(after.items.prefix(5).allSatisfy { $0.genres.contains("Space") })
    #expect(after.items.allSatisfy { $0.rating ?? 0 > 3 && $0.title == "Film \($0.item)" && $0.ratings > 0 })
    #expect(try await test.ask(.delete, "/v1/users/new/ratings/3").status == 204)
    let undone = try await test.ask(.get, "/v1/users/new/recommendations?limit=18").json(ListAnswer.self)
    #expect(undone.ids.contains("3"))
    #expect(try await test.ask(.delete, "/v1/users/new/ratings/3").code == "unknown_rating")
  }

  @Test func historyInTheBodyIsAnsweredAlikeAndNotKept() async throws {
    let test = try await TestServer()
    for (item, value) in [("1", 5), ("12", 1), ("4", 4)] {
      _ = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: "{\"value\":\(value)}")
    }
    let own = try await test.ask(.get, "/v1/users/new/recommendations?limit=8").json(ListAnswer.self)
    let body =
      #"{"history":[{"item":"1","value":5},{"item":"12","value":1},{"item":"none","value":3},{"item":"4","value":4}]}"#
    let posted = try await test.ask(.post, "/v1/recommendations?limit=8", body: body).json(ListAnswer.self)
    #expect(posted.ids == own.ids)
    #expect(posted.items.map(\.score) == own.items.map(\.score))
    #expect(try await test.store.users(after: nil, limit: 100).elements.count == 25)
  }

  @Test func listsFollowWishes() async throws {
    let test = try await TestServer()
    let path = "/v1/users/p0/recommendations?limit=20"
    let love = try await test.ask(.get, path + "&category=love").json(ListAnswer.self)
    #expect(!love.items.isEmpty && love.items.allSatisfy { $0.genres.contains("Love") })
    let either = try await test.ask(.get, path + "&category=love&category=space").json(ListAnswer.self)
    let all = try await test.ask(.get, path).json(ListAnswer.self)
    #expect(either.ids == all.ids)
    let without = try await test.ask(.get, path + "&exclude=\(all.ids[0])&exclude=\(all.ids[1])").json(ListAnswer.self)
    #expect(without.ids == Array(all.ids.dropFirst(2)))
    let rare = try await test.ask(.get, path + "&minimum_ratings=25").json(ListAnswer.self)
    #expect(rare.items.isEmpty)
    let explained = try await test.ask(.get, path + "&explain=true").json(ListAnswer.self)
    #expect(explained.items.contains { !$0.reasons.isEmpty })
    #expect(try await test.ask(.get, path + "&diversity=0.9").json(ListAnswer.self).items.count == all.items.count)
  }

  @Test func hiddenAndDeletedItemsAreInNoList() async throws {
    let test = try await TestServer()
    let path = "/v1/users/p0/recommendations?limit=20"
    let all = try await test.ask(.get, path).json(ListAnswer.self)
    #expect(try await test.ask(.patch, "/v1/items/\(all.ids[0])", body: #"{"hidden":true}"#).status == 204)
    #expect(try await test.ask(.delete, "/v1/items/\(all.ids[1])").status == 204)
    #expect(try await test.ask(.get, path).json(ListAnswer.self).ids == Array(all.ids.dropFirst(2)))
    #expect(try await test.ask(.patch, "/v1/items/\(all.ids[0])", body: #"{"hidden":false}"#).status == 204)
    #expect(try await test.ask(.get, path).json(ListAnswer.self).ids.first == all.ids[0])
    #expect(try await test.ask(.get, "/v1/items/\(all.ids[1])").code == "unknown_item")
  }

  @Test func anAnswerIsKeptUntilSomethingChanges() async throws {
    let test = try await TestServer()
    let path = "/v1/users/p0/recommendations?limit="
    let first = try await test.ask(.get, path + "18")
    #expect(try await test.ask(.get, path + "18").text == first.text)
    #expect(try await test.ask(.get, path + "3").json(ListAnswer.self).items.count == 3)
    let all = try await test.ask(.get, path + "18").json(ListAnswer.self)
    #expect(all.ids == (try first.json(ListAnswer.self)).ids)
    _ = try await test.ask(.patch, "/v1/items/\(all.ids[1])", body: #"{"title":"Another title"}"#)
    #expect(try await test.ask(.get, path + "18").json(ListAnswer.self).items[1].title == "Another title")
    #expect(try await test.ask(.put, "/v1/users/p1/ratings/\(all.ids[0])", body: #"{"value":5}"#).status == 204)
    #expect(try await test.ask(.get, path + "18").json(ListAnswer.self).ids == all.ids)
    #expect(try await test.ask(.put, "/v1/users/p0/ratings/\(all.ids[0])", body: #"{"value":1}"#).status == 204)
    #expect(try await !test.ask(.get, path + "18").json(ListAnswer.self).ids.contains(all.ids[0]))
  }

  @Test func itemsAreSearchedReadAndChanged() async throws {
    let test = try await TestServer()
    struct Items: Decodable {
      struct One: Decodable {
        var item: String
        var title: String?
        var hidden: Bool
      }
      var items: [One]
      var cursor: String?
    }
    var ids: [String] = []
    var cursor: String?
    repeat {
      let query =
        cursor.map { "&cursor=\($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" } ?? ""
      let page = try await test.ask(.get, "/v1/items?limit=7" + query).json(Items.self)
      ids += page.items.map(\.item)
      cursor = page.cursor
    } while cursor != nil
    #expect(ids == (1...20).map { "\($0)" })
    #expect(try await test.ask(.get, "/v1/items?query=film+1&limit=50").json(Items.self).items.count == 11)
    #expect(
      try await test.ask(.put, "/v1/items/a%2Fb", body: #"{"title":"Ä new one","genres":["Space"]}"#).status == 204)
    let values = TestServer.feedback(users: 24).filter { $0.item == "3" }.map { Double($0.value) }
    struct Item: Decodable { var mean: Double? }
    let mean = try #require(try await test.ask(.get, "/v1/items/3").json(Item.self).mean)
    #expect(abs(mean - values.reduce(0, +) / Double(values.count)) < 1e-9)
    #expect(try await test.ask(.get, "/v1/items/a%2Fb").json(Item.self).mean == nil)
    #expect(try await test.ask(.get, "/v1/items?unrated=true").json(Items.self).items.map(\.item) == ["a/b"])
    #expect(try await test.ask(.get, "/v1/items?query=a+new").json(Items.self).items.map(\.title) == ["Ä new one"])
    #expect(try await test.ask(.patch, "/v1/items/a%2Fb", body: #"{"title":null,"genres":["Love"]}"#).status == 204)
    #expect(try await test.ask(.get, "/v1/items/a%2Fb").text.contains(#""title":"Ä new one","genres":["Love"]"#))
    #expect(try await test.ask(.put, "/v1/users/x/ratings/nothing", body: #"{"value":1}"#).code == "unknown_item")
  }

  @Test func ratingsAreListedNewestFirst() async throws {
    let test = try await TestServer()
    struct Ratings: Decodable {
      struct One: Decodable { var item: String; var value: Float; var time: Int; var title: String }
      var ratings: [One]
      var cursor: String?
    }
    let first = try await test.ask(.get, "/v1/users/p1/ratings?limit=6").json(Ratings.self)
    let cursor = try #require(first.cursor).replacing("=", with: "%3D")
    let second = try await test.ask(.get, "/v1/users/p1/ratings?limit=6&cursor=\(cursor)").json(Ratings.self)
    let times = (first.ratings + second.ratings).map(\.time)
    #expect(times.count == 10 && times == times.sorted(by: >) && second.cursor == nil)
    #expect(try await test.ask(.get, "/v1/users/nobody/ratings").text == #"{"ratings":[],"cursor":null}"#)
    let user = try await test.ask(.get, "/v1/users/p1").text
    #expect(user.hasSuffix(#""ratings":10,"last":\#(times[0])}"#), "\(user)")
  }

  @Test func deletingAUserLeavesNothing() async throws {
    let test = try await TestServer()
    let neighbors = try await test.ask(.get, "/v1/users/p0/similar?limit=30").text
    #expect(neighbors.contains(#""user":"p2""#))
    #expect(try await test.ask(.delete, "/v1/users/p2").text.contains(#""ratings":10"#))
    #expect(try await test.ask(.get, "/v1/users/p2").code == "unknown_user")
    #expect(try await test.ask(.delete, "/v1/users/p2").code == "unknown_user")
    #expect(try await !test.ask(.get, "/v1/users/p0/similar?limit=30").text.contains(#""user":"p2""#))
    let list = try await test.ask(.get, "/v1/users/p2/recommendations").json(ListAnswer.self)
    #expect(list.basis == "popularity")
  }

  @Test func likenessAndGroups() async throws {
    let test = try await TestServer()
    struct Similar: Decodable {
      struct One: Decodable { var item: String }
      var items: [One]
    }
    let similar = try await test.ask(.get, "/v1/items/3/similar?limit=4").json(Similar.self)
    #expect(similar.items.count == 4 && similar.items.allSatisfy { Int($0.item) ?? 99 <= 10 && $0.item != "3" })
    #expect(try await test.ask(.get, "/v1/items/nothing/similar").code == "unknown_item")
    struct Groups: Decodable {
      struct Item: Decodable { var item: String; var genres: [String]; var ratings: Int }
      struct One: Decodable { var size: Int; var users: [String]; var items: [Item] }
      var groups: [One]
    }
    let groups = try await test.ask(.get, "/v1/groups?count=2").json(Groups.self).groups
    #expect(groups.map(\.size) == [12, 12] && groups.map(\.users.count) == [12, 12])
    let named = try await test.ask(.get, "/v1/groups?count=2&members=3").json(Groups.self).groups
    #expect(named.map(\.size) == [12, 12] && named.map(\.users.count) == [3, 3])
    #expect(named.allSatisfy { $0.items.count > 1 && $0.items.allSatisfy { $0.ratings > 0 && !$0.genres.isEmpty } })
    // A user who came after the training has neighbours too.
    for item in ["11", "12", "13"] {
      _ = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: #"{"value":5}"#)
    }
    #expect(try await test.ask(.get, "/v1/users/new/similar?limit=3").text.contains("user"))
  }

  @Test func itemsTakenTogether() async throws {
    let test = try await TestServer()
    struct Together: Decodable {
      struct One: Decodable { var item: String; var title: String; var lift: Float; var baskets: Int }
      var items: [One]
    }
    let together = try await test.ask(.get, "/v1/items/3/together?limit=4").json(Together.self).items
    #expect(together.count == 4 && together.allSatisfy { Int($0.item) ?? 99 <= 10 && $0.item != "3" })
    #expect(together.map(\.lift) == together.map(\.lift).sorted(by: >) && together.allSatisfy { $0.baskets > 1 })
    _ = try await test.ask(.patch, "/v1/items/\(together[0].item)", body: #"{"hidden":true}"#)
    let others = try await test.ask(.get, "/v1/items/3/together?limit=3").json(Together.self).items
    #expect(others.map(\.item) == together.dropFirst().map(\.item))
    #expect(try await test.ask(.get, "/v1/items/nothing/together").code == "unknown_item")
    let empty = try await TestServer(users: 0)
    try await empty.store.put(TestServer.items)
    try await empty.server.service.load()
    #expect(try await empty.ask(.get, "/v1/items/3/together").text == #"{"items":[]}"#)
  }

  @Test func predictionsAreOnTheScale() async throws {
    let test = try await TestServer()
    struct Predictions: Decodable {
      struct One: Decodable { var user, item: String; var rating: Float? }
      var predictions: [One]
    }
    let body = #"{"pairs":[{"user":"p0","item":"1"},{"user":"p0","item":"11"},{"user":"p0","item":"none"}]}"#
    let ratings = try await test.ask(.post, "/v1/predictions", body: body).json(Predictions.self).predictions.map(
      \.rating)
    let (liked, disliked) = (try #require(ratings[0]), try #require(ratings[1]))
    #expect(liked > disliked && (1...5).contains(liked) && (1...5).contains(disliked) && ratings[2] == nil)
  }

  @Test func trainingIsFollowedAndKept() async throws {
    let test = try await TestServer()
    #expect(try await test.ask(.post, "/v1/train", body: #"{"algorithm":"ease","seed":3}"#).status == 202)
    let events = try await test.ask(.get, "/v1/train").text
    #expect(events.contains("event: progress\ndata: {\"training\":2,\"algorithm\":\"ease\""))
    #expect(
      events.hasSuffix("event: done\ndata: {\"training\":2,\"model\":\"2\",\"current\":true,\"reason\":null}\n\n"))
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self).model == "2")
    #expect(try await test.ask(.put, "/v1/models/1/current").status == 204)
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self).model == "1")
    struct Models: Decodable {
      struct One: Decodable {
        var model: String
        var current: Bool
        var algorithms: [String]
        var ratings, bytes: Int
      }
      var models: [One]
    }
    let models = try await test.ask(.get, "/v1/models").json(Models.self).models
    #expect(models.map(\.model) == ["2", "1"] && models.map(\.current) == [false, true])
    #expect(models[0].algorithms.first == "ease" && models[0].ratings == 240 && models[0].bytes > 1000)
    #expect(try await test.ask(.put, "/v1/models/9/current").code == "unknown_model")
  }

  @Test func failedTrainingChangesNothing() async throws {
    let test = try await TestServer()
    let refused = try await test.ask(.post, "/v1/train", body: #"{"algorithm":"sgd","settings":{"rank":true}}"#)
    #expect(refused.code == "invalid_setting")
    _ = try await test.ask(
      .post, "/v1/train", body: #"{"algorithm":"sgd","settings":{"learningRate":1e30}}"#)
    let events = try await test.ask(.get, "/v1/train").text
    #expect(events.contains("event: failed"))
    // What makes no sense whatever the data is refused at once.
    let senseless = try await test.ask(.post, "/v1/train", body: #"{"settings":{"rank":-3}}"#)
    #expect(senseless.status == 400 && senseless.code == "invalid_setting")
    #expect(senseless.text.localizedStandardContains("the rank must be between 0 and 4096"))
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self).model == "1")
    #expect(try await test.ask(.get, "/health/ready").status == 200)
  }

  @Test func emptyStoreIsReadyAndSaysSo() async throws {
    let test = try await TestServer(users: 0)
    let ready = try await test.ask(.get, "/health/ready")
    #expect(ready.status == 200 && ready.text.contains("no ratings yet"))
    let list = try await test.ask(.get, "/v1/users/anyone/recommendations").json(ListAnswer.self)
    #expect(list.model == nil && list.basis == "nothing" && list.items.isEmpty)
  }

  @Test func headersAndDocuments() async throws {
    let test = try await TestServer()
    let list = try await test.ask(.get, "/v1/users/p0/recommendations")
    #expect(list.headers[.contentType] == "application/json" && list.headers[.cacheControl] == "no-store")
    let metrics = try await test.ask(.get, "/metrics").text
    #expect(
      metrics.contains(#"http_requests_total{method="GET",route="/v1/users/{user}/recommendations",status="200"} 1.0"#))
    #expect(metrics.contains(#"http_request_seconds_bucket{"#) && !metrics.contains("p0"))
    struct Document: Decodable {
      struct Anything: Decodable {}
      var openapi: String
      var paths: [String: [String: Anything]]
    }
    let document = try await test.ask(.get, "/openapi.json").json(Document.self)
    #expect(
      document.openapi == "3.1.0"
        && document.paths["/v1/users/{user}/ratings/{item}"]?.keys.sorted() == ["delete", "put"])
    let page = try await test.ask(.get, "/")
    #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
    #expect(try await test.ask(.get, "/v1").text == #"{"users":24,"items":20,"ratings":240,"model":"1"}"#)
  }
}
