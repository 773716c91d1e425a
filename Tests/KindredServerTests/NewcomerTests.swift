import Kindred
import KindredStore
import Testing

@testable import KindredServer

/// Items without feedback and users without feedback, of whom the server knows attributes alone.
@Suite struct NewcomerTests {
  /// A server whose users have an attribute that says what they like.
  private func server() async throws -> TestServer {
    let empty = try await TestServer(users: 0)
    try await empty.store.put(TestServer.items)
    // All users are there from the start: a model cannot be measured on users of whom it knows nothing.
    try await empty.store.add(
      TestServer.feedback(users: 60).enumerated().map { place, feedback in
        var feedback = feedback
        feedback.time = Timestamp(1000 + place * 7919 % 10_007) * 1_000_000
        return feedback
      })
    try await empty.store.put(
      (0..<60).map {
        StoredUser(id: "p\($0)", attributes: Attributes(["likes": $0.isMultiple(of: 2) ? "space" : "love"]))
      })
    let server = try await Server(empty.store, logger: TestServer.logger)
    let test = TestServer(sharing: empty, server)
    try await test.ready()
    return test
  }

  private static let love = Set((11...20).map { "\($0)" })

  private struct List: Decodable {
    struct Item: Decodable {
      struct Attribute: Decodable {
        var attribute: String
        var items: Int
      }
      var item: String
      var explored: Bool?
      var attributes: [Attribute]?
    }
    var basis: String
    var items: [Item]
    func place(of id: String) -> Int { items.firstIndex { $0.item == id } ?? .max }
  }

  private func list(of user: String, _ test: TestServer) async throws -> List {
    try await test.ask(.get, "/v1/users/\(user)/recommendations?limit=50&explain=true").json(List.self)
  }

  @Test func anItemIsInTheNextListOfThoseItSuits() async throws {
    let test = try await server()
    let body = #"{"title":"Film of space","genres":["Space","Even"]}"#
    #expect(try await list(of: "p0", test).place(of: "new") == .max)
    #expect(try await test.ask(.put, "/v1/items/new", body: body).status == 204)
    let (fan, other) = (try await list(of: "p0", test), try await list(of: "p1", test))
    // It stands before what they did not like, and behind what another user does like.
    #expect(
      fan.items.first { Self.love.contains($0.item) }.map { fan.place(of: "new") < fan.place(of: $0.item) } ?? true)
    #expect(
      other.items.first { Self.love.contains($0.item) }.map { other.place(of: "new") > other.place(of: $0.item) }
        ?? false)
    #expect(fan.place(of: "new") != .max && other.place(of: "new") != .max)
    let item = try #require(fan.items.first { $0.item == "new" })
    #expect(item.explored == true)
    #expect(item.attributes?.first?.items ?? 0 > 0)
    // A hidden item is in no list.
    #expect(
      try await test.ask(.put, "/v1/items/new", body: #"{"title":"x","genres":["Space"],"hidden":true}"#).status == 204)
    #expect(try await list(of: "p0", test).place(of: "new") == .max)
  }

  @Test func aUserWithoutFeedbackGetsWhatUsersLikeThemTake() async throws {
    let test = try await server()
    for (likes, isSpace) in [("space", true), ("love", false)] {
      let user = try await test.ask(.put, "/v1/users/\(likes)-fan", body: #"{"attributes":{"likes":"\#(likes)"}}"#)
      #expect(user.status == 204)
      let list = try await list(of: "\(likes)-fan", test)
      #expect(list.basis == "attributes")
      #expect(list.items.prefix(8).allSatisfy { Self.love.contains($0.item) != isSpace })
      let visitor = try await test.ask(
        .post, "/v1/recommendations?limit=50", body: #"{"history":[],"attributes":{"likes":"\#(likes)"}}"#
      ).json(List.self)
      #expect(visitor.basis == "attributes" && visitor.items.map(\.item) == list.items.map(\.item))
    }
    #expect(try await list(of: "nobody", test).basis == "popularity")
  }
}
