import Foundation
import KindredStore
import Testing

@testable import KindredServer

/// Two ids are one if their bytes are: "é" and "e" with an accent behind it are two users, and two items.
@Suite struct IdentityTests {
  private static let composed = "Jos%C3%A9"
  private static let decomposed = "Jose%CC%81"

  private struct Ratings: Decodable {
    struct One: Decodable { var item: String }
    var ratings: [One]
  }

  @Test func usersOfLikeLookingNamesShareNothing() async throws {
    let test = try await TestServer()
    let rated = { (user: String) async throws -> [String] in
      try await test.ask(.get, "/v1/users/\(user)/ratings").json(Ratings.self).ratings.map(\.item).sorted()
    }
    for item in ["1", "3", "5"] {
      _ = try await test.ask(.put, "/v1/users/\(Self.composed)/ratings/\(item)", body: #"{"value":5}"#)
    }
    #expect(try await rated(Self.composed) == ["1", "3", "5"])
    #expect(try await rated(Self.decomposed).isEmpty)
    let list = try await test.ask(.get, "/v1/users/\(Self.decomposed)/recommendations?explain=true")
      .json(ListAnswer.self)
    #expect(list.basis == "popularity" && list.items.allSatisfy(\.reasons.isEmpty))
    _ = try await test.ask(.put, "/v1/users/\(Self.decomposed)/ratings/7", body: #"{"value":5}"#)
    #expect(try await rated(Self.composed) == ["1", "3", "5"])
    #expect(try await rated(Self.decomposed) == ["7"])
    let feedback =
      #"[{"FeedbackType":"rating","UserId":"José","ItemId":"9","Value":5},"#
      + "{\"FeedbackType\":\"rating\",\"UserId\":\"Jose\u{301}\",\"ItemId\":\"11\",\"Value\":5}]"
    #expect(try await test.ask(.put, "/api/feedback", body: feedback).status == 200)
    #expect(try await rated(Self.composed) == ["1", "3", "5", "9"])
    #expect(try await rated(Self.decomposed) == ["11", "7"])
    #expect(try await test.ask(.delete, "/v1/users/\(Self.composed)").status == 200)
    #expect(try await rated(Self.composed).isEmpty)
    #expect(try await rated(Self.decomposed) == ["11", "7"])
  }

  @Test func itemsOfLikeLookingNamesAreTold() async throws {
    let test = try await TestServer(users: 0)
    let (one, two) = ("caf\u{E9}", "cafe\u{301}")
    try await test.store.put([StoredItem(id: one, title: "One"), StoredItem(id: two, title: "Two")])
    try await test.store.add(
      (0..<10).flatMap { user in
        [one, two].map { Feedback(user: "u\(user)", item: $0, value: Float(3 + user % 3)) }
      })
    let server = try await Server(test.store, logger: TestServer.logger)
    for await _ in await server.jobs.listen() {}
    let again = TestServer(sharing: test, server)
    let shown = { () async throws -> [String] in
      try await again.ask(.get, "/v1/users/nobody/recommendations").json(ListAnswer.self).items
        .map { "\($0.item.unicodeScalars.count) \($0.title ?? "")" }.sorted()
    }
    #expect(try await shown() == ["4 One", "5 Two"])
    #expect(try await again.ask(.patch, "/v1/items/caf%C3%A9", body: #"{"hidden":true}"#).status == 204)
    #expect(try await shown() == ["5 Two"])
    #expect(try await again.ask(.put, "/v1/items/cafe%CC%81", body: #"{"title":"Two again"}"#).status == 204)
    #expect(try await shown() == ["5 Two again"], "the hidden one stays hidden")
    #expect(
      try await again.ask(.get, "/v1/users/nobody/recommendations?exclude=cafe%CC%81").json(ListAnswer.self).ids == [])
    let history = "{\"history\":[{\"item\":\"\(one)\",\"value\":5},{\"item\":\"\(two)\",\"value\":1}]}"
    #expect(try await again.ask(.post, "/v1/recommendations", body: history).json(ListAnswer.self).ids == [])
  }
}
