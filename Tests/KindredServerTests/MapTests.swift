import Foundation
import HTTPTypes
import KindredPage
import KindredStore
import Testing

@testable import KindredServer

/// The map of taste, and the page that shows it.
@Suite struct MapTests {
  private struct Map: Decodable {
    struct Place: Decodable {
      var item: String
      var title: String
      var genres: [String]
      var ratings: Int
      var x: Float
      var y: Float
    }
    struct Gathering: Decodable {
      var group: Int
      var size: Int
    }
    var model: String
    var items: [Place]
    var groups: [Gathering]
  }

  private struct Position: Decodable {
    struct Gathering: Decodable {
      struct StoredItem: Decodable { var item: String }
      var size: Int
      var genres: [String]
      var items: [StoredItem]
    }
    struct Neighbor: Decodable {
      var user: String
      var x: Float?
    }
    var x: Float?
    var y: Float?
    var group: Gathering?
    var users: [Neighbor]
  }

  private struct Starters: Decodable {
    struct StoredItem: Decodable { var item: String }
    var items: [StoredItem]
  }

  @Test func theMapHoldsWhatMayBeShown() async throws {
    let test = try await TestServer()
    let map = try await test.ask(.get, "/v1/map").json(Map.self)
    #expect(map.items.count == 20 && map.items.allSatisfy { abs($0.x) <= 1 && abs($0.y) <= 1 })
    #expect(zip(map.items, map.items.dropFirst()).allSatisfy { $0.ratings >= $1.ratings })
    #expect(map.items.allSatisfy { $0.title == "Film \($0.item)" && $0.genres.count == 2 })
    #expect(map.groups.map(\.size).reduce(0, +) == 24)
    #expect(try await test.ask(.patch, "/v1/items/3", body: #"{"hidden":true}"#).status == 204)
    let without = try await test.ask(.get, "/v1/map").json(Map.self)
    #expect(Set(map.items.map(\.item)).subtracting(without.items.map(\.item)) == ["3"])
    #expect(try await test.ask(.get, "/v1/map?limit=5").json(Map.self).items.count == 5)
    #expect(try await test.ask(.get, "/v1/map?limit=0").code == "invalid_parameter")
  }

  @Test func aUserMovesWithEachRating() async throws {
    let test = try await TestServer()
    let path = "/v1/users/new/position?limit=4"
    let before = try await test.ask(.get, path).json(Position.self)
    #expect(before.x == nil && before.group == nil && before.users.isEmpty)
    for item in 1...3 { _ = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: #"{"value":5}"#) }
    let space = try await test.ask(.get, path).json(Position.self)
    #expect(space.users.count == 4)
    // Even users love space.
    #expect(space.users.allSatisfy { Int($0.user.dropFirst()).map { $0 % 2 } == 0 && $0.x != nil })
    #expect(space.group?.items.isEmpty == false)
    for item in 1...3 { _ = try await test.ask(.delete, "/v1/users/new/ratings/\(item)") }
    for item in 12...14 { _ = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: #"{"value":5}"#) }
    let love = try await test.ask(.get, path).json(Position.self)
    #expect(love.x != space.x || love.y != space.y)
    #expect(love.group?.genres != space.group?.genres)
  }

  @Test func startersAreWhatIsNotRatedYet() async throws {
    let test = try await TestServer()
    let path = "/v1/users/new/starters?limit=6"
    let first = try await test.ask(.get, path).json(Starters.self).items.map(\.item)
    #expect(first.count == 6)
    _ = try await test.ask(.put, "/v1/users/new/ratings/\(first[0])", body: #"{"value":4}"#)
    let next = try await test.ask(.get, path).json(Starters.self).items.map(\.item)
    #expect(next.count == 6 && !next.contains(first[0]))
  }

  @Test func nothingIsShownOfNothing() async throws {
    let test = try await TestServer(users: 0)
    for path in ["/v1/map", "/v1/users/new/position", "/v1/users/new/starters"] {
      #expect(try await test.ask(.get, path).status == 200)
    }
  }

  @Test func thePagesHaveAllTheirPartsAndLetNoOthersIn() async throws {
    let test = try await TestServer(users: 0)
    var pages = 0
    var named: [String] = []
    for path in ["/", "/docs"] {
      let text = try await test.ask(.get, path).text
      pages += text.utf8.count
      for part in text.matches(of: #/"(\/page\/[^"]+)"/#).map({ String($0.1) }) where !named.contains(part) {
        named.append(part)
      }
      // A strict policy blocks these in the browser without an error on the server.
      #expect(!text.contains("style=") && !text.contains("<style") && text.matches(of: #/ on\w+=/#).isEmpty)
      #expect(text.matches(of: #/(src|href)="https?:/#).isEmpty)
    }
    var next = 0
    while next < named.count {
      // A script names others in its imports.
      let script = try await test.ask(.get, named[next]).text
      for path in script.matches(of: /'\.(\/[a-z]+\.js)'/).map({ "/page" + $0.1 }) where !named.contains(path) {
        named.append(path)
      }
      next += 1
    }
    #expect(Set(named) == Set(PageFile.parts.map { "/page/\($0.name)" }))
    for path in ["/", "/docs"] + named {
      let answer = try await test.ask(.get, path)
      let policy = try #require(answer.headers[.contentSecurityPolicy])
      #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
      #expect(answer.status == 200 && !answer.bytes.isEmpty)
    }
    #expect(PageFile.parts.reduce(pages) { $0 + $1.bytes.count } < 200_000)
  }
}
