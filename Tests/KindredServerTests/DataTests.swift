import Foundation
import HTTPTypes
import Hummingbird
import Kindred
import KindredStore
import NIOCore
import Testing

@testable import KindredServer

/// What the server says of its data, and what users can do with data of each kind.
@Suite struct DataTests {
  private struct Description: Decodable {
    struct Scale: Decodable, Equatable { var least, greatest: Float; var step: Float? }
    struct Kind: Decodable, Equatable { var kind: String; var count: Int }
    struct Genre: Decodable { var genre: String; var items: Int }
    var words: [String: String]
    var feedback: String
    var kind: String
    var scale: Scale?
    var kinds: [Kind]
    var genres: [Genre]
    var writes: Bool
  }

  private func description(_ test: TestServer) async throws -> Description {
    try await test.ask(.get, "/v1/data").json(Description.self)
  }

  @Test func ratingsHaveAScaleAndItemsHaveWords() async throws {
    let test = try await TestServer()
    let data = try await description(test)
    #expect(data.feedback == "ratings" && data.scale == Description.Scale(least: 1, greatest: 5, step: 1))
    #expect(data.genres.map(\.genre) == ["Even", "Love", "Odd", "Space"] && data.genres.allSatisfy { $0.items == 10 })
    #expect(data.words["items"] == "items" && data.writes)
    let words = #"{"words":{"item":"film","items":"films"}}"#
    #expect(try await test.ask(.patch, "/v1/data", body: words).status == 204)
    #expect(try await description(test).words == ["item": "film", "items": "films", "user": "user", "users": "users"])
    for bad in [#"{"words":{"item":""}}"#, #"{"words":{"item":"<b>"}}"#, #"{"word":{}}"#] {
      #expect(try await test.ask(.patch, "/v1/data", body: bad).code == "invalid_body")
    }
    #expect(try await test.ask(.put, "/v1/users/p0/ratings/1", body: #"{"value":6}"#).code == "invalid_value")
    #expect(try await test.ask(.put, "/v1/users/p0/likes/1", body: #"{"liked":true}"#).code == "ratings_expected")
  }

  @Test func eventsComeManyAtOnceAndCountOnce() async throws {
    let test = try await TestServer(users: 0)
    try await test.store.put(TestServer.items)
    try await test.store.add(
      TestServer.feedback(users: 12).map {
        Feedback(user: $0.user, item: $0.item, kind: "purchase", value: 1, time: $0.time)
      })
    let shop = TestServer(sharing: test, try await Server(test.store, logger: TestServer.logger))
    try await shop.ready()
    #expect(try await shop.ask(.post, "/v1/train", body: #"{"algorithm":"sgd"}"#).code == "unsuitable_algorithm")
    #expect(try await !shop.ask(.get, "/v1/models").text.contains(#""algorithm":"sgd""#))
    let before = try await test.store.counts().feedbackCount
    func one(_ item: String, _ day: Int) -> String {
      #"{"user":"new","item":"\#(item)","time":"2026-05-0\#(day)T12:00:00Z"}"#
    }
    let body = #"{"events":[\#(one("1", 1)),\#(one("1", 2)),\#(one("unheard of", 2))]}"#
    for _ in 0..<2 {
      #expect(try await shop.ask(.post, "/v1/events", body: body).text == #"{"added":3}"#)
      #expect(try await test.store.counts().feedback == ["purchase": before + 3])
    }
    #expect(try await shop.ask(.get, "/v1/users/new/recommendations").json(ListAnswer.self).basis == "history")
    // All or none.
    let bad = #"{"events":[\#(one("2", 3)),{"user":"new","item":""}]}"#
    #expect(try await shop.ask(.post, "/v1/events", body: bad).code == "invalid_body")
    let rating = #"{"events":[\#(one("2", 3)),{"user":"new","item":"3","kind":"rating"}]}"#
    #expect(try await shop.ask(.post, "/v1/events", body: rating).code == "invalid_body")
    #expect(try await test.store.counts().feedback == ["purchase": before + 3])
  }

  @Test func aLikeAddsNoKindOfFeedback() async throws {
    let test = try await TestServer(users: 0)
    try await test.store.put(TestServer.items)
    try await test.store.add(
      TestServer.feedback(users: 12).filter { $0.value > 3 }.map {
        Feedback(user: $0.user, item: $0.item, kind: "purchase", value: 1, time: $0.time)
      })
    let shop = TestServer(
      sharing: test, try await Server(test.store, logger: TestServer.logger))
    try await shop.ready()
    let data = try await description(shop)
    #expect(data.feedback == "likes" && data.kind == "purchase" && data.scale == nil)
    let before = try #require(try await test.store.counts().feedback["purchase"])
    #expect(try await shop.ask(.put, "/v1/users/new/likes/1", body: #"{"liked":true}"#).status == 204)
    #expect(try await shop.ask(.put, "/v1/users/new/likes/2", body: #"{"liked":true}"#).status == 204)
    let list = try await shop.ask(.get, "/v1/users/new/recommendations?limit=20").json(ListAnswer.self)
    let unwanted = try #require(list.ids.first)
    #expect(list.basis == "history" && list.items.allSatisfy { $0.rating == nil })
    // What is not for this user is in no list of theirs, is no event to learn from, and can be taken back.
    #expect(try await shop.ask(.put, "/v1/users/new/likes/\(unwanted)", body: #"{"liked":false}"#).status == 204)
    #expect(try await shop.ask(.put, "/v1/users/new/likes/2", body: #"{"liked":false}"#).status == 204)
    let next = try await shop.ask(.get, "/v1/users/new/recommendations?limit=20").json(ListAnswer.self)
    #expect(!next.ids.contains(unwanted) && !next.ids.contains("2"))
    #expect(try await test.store.counts().feedback.keys.sorted() == ["purchase"])
    #expect(try await test.store.snapshot().interactions.count == before + 1)
    let own = try await shop.ask(.get, "/v1/users/new/ratings").text
    #expect(own.contains(#""item":"\#(unwanted)""#) && own.contains(#""value":-1.0"#))
    #expect(try await shop.ask(.delete, "/v1/users/new/likes/\(unwanted)").status == 204)
    #expect(try await shop.ask(.delete, "/v1/users/new/likes/\(unwanted)").code == "unknown_rating")
    #expect(try await shop.ask(.put, "/v1/users/new/likes/none", body: #"{"liked":true}"#).code == "unknown_item")
    let again = try await shop.ask(.get, "/v1/users/new/recommendations?limit=20").json(ListAnswer.self)
    #expect(again.ids.contains(unwanted))
  }

  @Test(
    arguments: [
      ([0.5, 1, 2, 4.5], 0.5), ([1, 3, 5], 1), ([-10, 0, 3.3, 9.9], 0.1), ([1, 1.333, 2], nil), ([2], nil),
    ] as [([Float], Float?)]) func scalesHaveSteps(values: [Float], step: Float?)
  {
    let scale = DataDescription.Scale(of: values.map { ($0, 1) })
    #expect(scale?.step == step)
    if values.count > 1 { #expect(scale?.range == values[0]...values[values.count - 1]) }
  }

  @Test func searchKnowsWhatIsKnownAndForgivesATypo() async throws {
    let test = try await TestServer()
    struct Found: Decodable {
      struct One: Decodable { var item: String; var ratings: Int }
      var items: [One]
      var cursor: String?
      var total: Int
      var near: Bool
    }
    let path = "/v1/items?query=film&limit=5"
    let first = try await test.ask(.get, path).json(Found.self)
    #expect(first.total == 20 && first.items.count == 5 && !first.near)
    #expect(zip(first.items, first.items.dropFirst()).allSatisfy { $0.ratings >= $1.ratings })
    let cursor = try #require(first.cursor).replacing("=", with: "%3D")
    let second = try await test.ask(.get, path + "&cursor=\(cursor)").json(Found.self)
    #expect(Set(first.items.map(\.item)).isDisjoint(with: second.items.map(\.item)))
    #expect(second.items[0].ratings <= first.items[4].ratings)
    let typo = try await test.ask(.get, "/v1/items?query=flim").json(Found.self)
    #expect(typo.near && typo.total == 20)
    #expect(try await test.ask(.get, "/v1/items?query=xyzzy").json(Found.self).total == 0)
    #expect(try await test.ask(.get, path + "&cursor=x").code == "invalid_parameter")
  }

  @Test func theCurrentModelIsNotDeleted() async throws {
    let test = try await TestServer()
    #expect(try await test.ask(.delete, "/v1/models/1").code == "model_is_current")
    _ = try await test.ask(.post, "/v1/train", body: "{}")
    try await test.ready()
    #expect(try await test.ask(.delete, "/v1/models/1").status == 204)
    #expect(try await test.ask(.delete, "/v1/models/1").code == "unknown_model")
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self).model == "2")
  }

  @Test func aUserStandsAmongTheItemsOfTheirList() async throws {
    let test = try await TestServer()
    struct Position: Decodable {
      struct One: Decodable { var item: String }
      var x: Float?
      var among: [One]
    }
    let path = "/v1/users/new/position"
    for item in 1...3 {
      #expect(try await test.ask(.get, path).json(Position.self).among.isEmpty, "before three ratings")
      _ = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: #"{"value":5}"#)
    }
    let position = try await test.ask(.get, path).json(Position.self)
    let list = try await test.ask(.get, "/v1/users/new/recommendations?limit=15").json(ListAnswer.self)
    #expect(position.x != nil && position.among.count == 4)
    #expect(Set(position.among.map(\.item)).isSubset(of: list.ids))
  }

  /// A model that nobody measured is measured before another takes its place.
  @Test func aMissingFigureNeverWins() async throws {
    let test = try await TestServer(users: 120)
    let snapshot = try await test.store.snapshot()
    let ranking = try Algorithm.ease.trainer(setting: [:])
    let good = try await Recommender.train(on: snapshot.interactions, ranking: ranking)
    #expect(try await test.store.add(good, trainedOn: snapshot.mark).number == 2)
    _ = try await test.ask(.post, "/v1/train", body: #"{"algorithm":"bias"}"#)
    try await test.ready()
    let models = try await test.store.models()
    #expect(models.map(\.isCurrent) == [false, true, false])
    let measured = try #require(models[1].metrics["ndcg@10"])
    #expect(try #require(models[0].metrics["ndcg@10"]) < measured)
    #expect(models[1].metrics["popularity.ndcg@10"] == models[0].metrics["popularity.ndcg@10"])
  }
}

/// Import of files by HTTP.
@Suite struct ImportJobTests {
  private struct Answer: Decodable {
    struct Row: Decodable { var user, item, kind: String; var title: String?; var value: Float }
    var state: String
    var rows: Int
    var rejected: Int
    var rejections: [String]
    var columns: String?
    var sample: [Row]
    var training: Bool
    var error: String?
  }

  private func send(_ test: TestServer, _ text: String, _ query: String) async throws -> TestAnswer {
    try await test.ask(.post, "/v1/imports?" + query, body: text)
  }

  private func wait(_ test: TestServer, _ number: String) async throws -> Answer {
    while true {
      let answer = try await test.ask(.get, "/v1/imports/\(number)").json(Answer.self)
      if answer.state != "reading" && answer.state != "writing" { return answer }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private static let ratings =
    "user,item,rating\n"
    + TestServer.feedback(users: 12).map { "\($0.user),\($0.item),\($0.value)\n" }.joined()

  @Test func anEmptyStoreStartsFromAFile() async throws {
    let test = try await TestServer(users: 0)
    #expect(try await send(test, Self.ratings + "bad\n", "role=ratings&name=r.csv").text == #"{"import":"1"}"#)
    let titles = "item,title,genres\n1,One,Space\n"
    #expect(try await send(test, titles, "role=items&name=../i.csv&import=1").status == 201)
    #expect(try await test.ask(.post, "/v1/imports/1/write").code == "import_not_ready")
    #expect(try await test.ask(.post, "/v1/imports/1/read", body: "{}").status == 202)
    let read = try await wait(test, "1")
    #expect(read.state == "read" && read.rejected == 1 && read.columns?.contains("user = user") == true)
    #expect(read.rows == TestServer.feedback(users: 12).count && read.sample.count == 5)
    #expect(try await test.store.counts().feedbackCount == 0, "nothing is written before it is asked for")
    #expect(try await test.ask(.post, "/v1/imports/1/write").status == 202)
    let done = try await wait(test, "1")
    #expect(done.state == "done" && done.training)
    try await test.ready()
    #expect(try await test.store.counts().feedbackCount == read.rows)
    let list = try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self)
    #expect(list.model == "1" && !list.items.isEmpty)
    #expect(try await test.ask(.get, "/v1/items/1").text.contains(#""title":"One""#))
    #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder.path).allSatisfy { !$0.contains("import") })
  }

  @Test func filesThatNobodyNamedAreRecognised() async throws {
    let test = try await TestServer(users: 0)
    #expect(try await send(test, "item,title\n1,One\n", "name=b.csv").status == 201)
    #expect(
      try await send(test, Self.ratings + String(repeating: "bad\n", count: 7), "name=a.csv&import=1").status == 201)
    #expect(try await send(test, Self.ratings, "name=c.csv&import=1").code == "too_many_files")
    #expect(try await test.ask(.post, "/v1/imports/1/read").status == 202)
    let read = try await wait(test, "1")
    let first = TestServer.feedback(users: 12).count + 2
    #expect(read.rows == first - 2 && read.rejected == 7)
    #expect(read.rejections.count == 5 && read.rejections[4].hasPrefix("a.csv, line \(first + 4)"))
    let text = try await test.ask(.get, "/v1/imports/1").text
    #expect(text.contains(#""file":"a.csv","title_file":"b.csv""#))
    for name in ["c.csv", "d.csv"] {
      let number = name == "c.csv" ? "" : "&import=2"
      #expect(try await send(test, Self.ratings, "name=\(name)\(number)").status == 201)
    }
    #expect(try await test.ask(.post, "/v1/imports/2/read").status == 202)
    let failed = try await wait(test, "2")
    #expect(failed.error == "Both c.csv and d.csv hold ratings or events; import one after the other.")
  }

  @Test func whatIsGivenUpOrUnreadableLeavesNothing() async throws {
    let test = try await TestServer(users: 0)
    #expect(try await send(test, Self.ratings, "role=ratings").status == 201)
    #expect(try await test.ask(.delete, "/v1/imports/1").status == 204)
    #expect(try await test.ask(.get, "/v1/imports/1").code == "unknown_import")
    #expect(try await send(test, "", "role=ratings").text.contains(#""import":"2""#))
    #expect(try await test.ask(.post, "/v1/imports/2/read").status == 202)
    let failed = try await wait(test, "2")
    #expect(failed.state == "failed" && failed.error?.contains(test.folder.path) == false)
    #expect(try await send(test, "x", "role=films").code == "invalid_parameter")
    #expect(try await send(test, "x", "role=items&import=9").code == "unknown_import")
    #expect(try await test.store.counts().feedbackCount == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder.path).allSatisfy { !$0.contains("import") })
  }
}

/// Roles and other sites, for every route there is.
@Suite struct RoleTests {
  @Test func noRouteForgetsItsRole() async throws {
    let test = try await TestServer(users: 0)
    let routes = Server.routes(test.server.service, test.server.jobs, test.server.accessControl)
      .filter { $0.access != .open }
    #expect(routes.count(where: { $0.access == .write }) > 25)
    for route in routes {
      let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : $0 }.joined(separator: "/")
      let foreign = try await test.ask(route.method, "/" + path, headers: [.origin: "http://evil.example"])
      #expect(foreign.code == "foreign_origin", "\(route.method) \(route.path)")
    }
    let key = try #require(HTTPField.Name("X-API-Key"))
    let reader = try await test.store.addKey(.readOnly, label: "r")
    let locked = TestServer(sharing: test, try await Server(test.store, logger: TestServer.logger))
    for route in routes {
      let path = "/" + route.path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : $0 }.joined(separator: "/")
      #expect(try await locked.ask(route.method, path).code == "key_needed", "\(route.method) \(route.path)")
      guard route.access == .write else { continue }
      let refused = try await locked.ask(route.method, path, headers: [key: reader])
      #expect(refused.code == "key_read_only", "\(route.method) \(route.path)")
    }
    #expect(try await locked.ask(.get, "/v1/data", headers: [key: reader]).text.contains(#""writes":false"#))
  }

  @Test func keysAreMadeAndRevoked() async throws {
    let test = try await TestServer(users: 0)
    let key = try #require(HTTPField.Name("X-API-Key"))
    struct Made: Decodable { var key: String }
    #expect(
      try await test.ask(.post, "/v1/keys", body: #"{"role":"read-only"}"#).code == "first_key_reads_only")
    let admin = try await test.ask(.post, "/v1/keys", body: #"{"role":"admin","label":"me"}"#).json(Made.self).key
    // From the first key on, the server asks for one.
    #expect(try await test.ask(.get, "/v1/keys").code == "key_needed")
    let reader = try await test.ask(.post, "/v1/keys", body: #"{"role":"read-only"}"#, headers: [key: admin])
      .json(Made.self).key
    #expect(try await test.ask(.get, "/v1", headers: [key: reader]).status == 200)
    let keys = try await test.ask(.get, "/v1/keys", headers: [key: admin]).text
    #expect(keys.contains(#""label":"me","role":"admin""#) && !keys.contains(admin))
    #expect(try await test.ask(.delete, "/v1/keys/1", headers: [key: admin]).code == "last_admin_key")
    #expect(try await test.ask(.delete, "/v1/keys/2", headers: [key: admin]).status == 204)
    #expect(try await test.ask(.get, "/v1", headers: [key: reader]).code == "key_unknown")
  }
}

/// What servers did, over time.
@Suite struct OverviewTests {
  private struct Overview: Decodable {
    struct Step: Decodable { var lists, personal, ratings, requests, refused, errors: Int; var p50_ms, p99_ms: Double? }
    var minutes: Int
    var p50_ms, p99_ms: Double?
    var steps: [Step]
  }

  @Test func listsAndRatingsAreCounted() async throws {
    let test = try await TestServer()
    for user in ["p0", "p1", "new"] { _ = try await test.ask(.get, "/v1/users/\(user)/recommendations") }
    _ = try await test.ask(.put, "/v1/users/new/ratings/1", body: #"{"value":5}"#)
    // Another server's minute, an hour ago.
    let earlier = ["lists": 7.0, "requests": 9, "refused": 2, "list_time_20": 4, "list_time_40": 3]
    try await test.store.note(earlier, minute: MinuteFigures.minute - 60, server: "b")
    let overview = try await test.ask(.get, "/v1/overview?hours=2").json(Overview.self)
    #expect(overview.minutes == 1 && overview.steps.count == 120)
    #expect(overview.steps.map(\.lists).filter { $0 > 0 } == [7, 3])
    let last = try #require(overview.steps.last { $0.lists == 3 })
    #expect(last.personal == 2 && last.ratings == 1 && last.errors == 0 && last.requests >= 4 && last.p99_ms ?? 0 > 0)
    // Bucket 20 begins at 1.6 ms and bucket 40 at 51.2 ms, each a fifth wide; lists alone have times.
    let first = try #require(overview.steps.first { $0.lists == 7 })
    #expect(first.refused == 2 && (1.6...1.91).contains(first.p50_ms ?? 0) && (51.2...60.9).contains(first.p99_ms ?? 0))
    #expect(overview.p99_ms ?? 0 >= 51.2 && overview.steps.first?.p50_ms == nil)
    #expect(try await test.ask(.get, "/v1/overview?hours=720").json(Overview.self).steps.count <= 97)
    #expect(!test.server.service.figures.take().isEmpty && test.server.service.figures.take().isEmpty)
  }
}
