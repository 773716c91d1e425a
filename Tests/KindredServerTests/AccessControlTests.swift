import Foundation
import HTTPTypes
import Hummingbird
import KindredStore
import NIOCore
import Testing

@testable import KindredServer

/// Who may ask.
@Suite struct AccessControlTests {
  private let key = HTTPField.Name("X-API-Key") ?? .authorization

  @Test func withKeysEveryRouteButHealthAndPageNeedsOne() async throws {
    let test = try await TestServer(users: 0)
    let admin = try await test.store.addKey(.admin, label: "a")
    let reader = try await test.store.addKey(.readOnly, label: "r")
    let locked = try await Server(test.store, logger: TestServer.logger)
    func ask(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:]) async throws -> Int {
      let head = HTTPRequest(
        method: method, scheme: "http", authority: "example.org", path: path, headerFields: headers)
      let body = RequestBody(buffer: ByteBuffer(string: #"{"title":"x"}"#))
      return try await locked.responder.respond(
        to: Request(head: head, body: body), context: ServerContext(logger: TestServer.logger)
      ).status.code
    }
    #expect(try await ask(.get, "/v1/items") == 401)
    #expect(try await ask(.get, "/v1/items", [key: "wrong"]) == 401)
    #expect(try await ask(.get, "/v1/items", [key: reader]) == 200)
    #expect(try await ask(.get, "/v1/items", [.authorization: "Bearer \(reader)"]) == 200)
    #expect(try await ask(.put, "/v1/items/1", [key: reader]) == 403)
    #expect(try await ask(.put, "/v1/items/1", [key: admin]) == 204)
    #expect(try await ask(.get, "/api/users", [key: reader]) == 200)
    #expect(try await ask(.get, "/metrics") == 401)
    #expect(try await ask(.get, "/health/ready") == 200)
    for path in ["/", "/docs", "/openapi.json"] { #expect(try await ask(.get, path) == 200) }
    #expect(try await test.store.revokeKey(1))
    #expect(try await ask(.put, "/v1/items/1", [key: admin]) == 401)
  }

  @Test func withoutKeysTheServerIsForThisMachineAlone() async throws {
    let test = try await TestServer(users: 0)
    var settings = Server.Settings()
    settings.host = "0.0.0.0"
    await #expect(throws: ServerFailure.self) {
      _ = try await Server(test.store, settings: settings, logger: TestServer.logger)
    }
    let foreign = HTTPRequest(method: .get, scheme: "http", authority: "evil.example:8080", path: "/v1")
    let response = try await test.server.responder.respond(
      to: Request(head: foreign, body: RequestBody(buffer: ByteBuffer())),
      context: ServerContext(logger: TestServer.logger))
    #expect(response.status == .forbidden)
    let form = try await test.ask(.put, "/v1/items/1", body: "{}", headers: [.origin: "http://evil.example"])
    #expect(form.code == "foreign_origin")
    #expect(try await test.ask(.put, "/v1/items/1", body: "{}", headers: [.origin: "http://localhost"]).status == 204)
  }

  @Test(arguments: [
    ("localhost", true), ("LOCALHOST:8080", true), ("127.0.0.1:8080", true), ("127.1.2.3", true), ("[::1]:8080", true),
    ("[::1]", true), ("127.evil.example", false), ("127.0.0.1.evil.example:8080", false), ("127.", false),
    ("localhost.evil.example", false), ("[::2]", false), ("::1", false), ("", false),
  ]) func namesThatOnlyLookLocalAreRefused(host: String, isAllowed: Bool) async throws {
    let test = try await TestServer(users: 0)
    let response = try await test.server.responder.respond(
      to: Request(
        head: HTTPRequest(method: .get, scheme: "http", authority: host, path: "/v1"),
        body: RequestBody(buffer: ByteBuffer())), context: ServerContext(logger: TestServer.logger))
    #expect((response.status == .ok) == isAllowed)
    var settings = Server.Settings()
    settings.host = "127.evil.example"
    await #expect(throws: ServerFailure.self) {
      _ = try await Server(test.store, settings: settings, logger: TestServer.logger)
    }
  }

  @Test func otherSitesReachNothingByAnyMethod() async throws {
    let test = try await TestServer()
    let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
    let list = "/api/recommend/p0?write-back-type=read&n=3"
    for value in ["cross-site", "same-site"] {
      let image = try await test.ask(.get, list, headers: [site: value])
      #expect(image.status == 403 && image.code == "foreign_origin")
      #expect(try await test.ask(.get, "/", headers: [site: value]).status == 200, "a link to the page")
    }
    let script = try await test.ask(.get, list, headers: [.origin: "http://evil.example"])
    #expect(script.code == "foreign_origin")
    #expect(try await test.store.counts().feedback["read"] == nil)
    #expect(try await test.ask(.get, "/v1", headers: [site: "same-origin", .origin: "http://localhost"]).status == 200)
    #expect(try await test.ask(.get, "/v1", headers: [site: "none"]).status == 200)
  }

  @Test func aHeadWritesNothing() async throws {
    let test = try await TestServer()
    let list = "/api/recommend/p0?write-back-type=read&n=3"
    #expect(try await test.ask(.head, list).status == 200)
    #expect(try await test.store.counts().feedback["read"] == nil)
    #expect(try await test.ask(.get, list).status == 200)
    #expect(try await test.store.counts().feedback["read"] == 3)
  }

  @Test func rateIsLimited() async throws {
    var settings = Server.Settings()
    settings.limits.requestsPerSecond = 5
    let test = try await TestServer(users: 0, settings: settings)
    var statuses: [Int] = []
    for _ in 0..<12 { statuses.append(try await test.ask(.get, "/health/live").status) }
    #expect(statuses.prefix(10).allSatisfy { $0 == 200 })
    let refused = try await test.ask(.get, "/health/live")
    #expect(refused.code == "too_many_requests" && refused.headers[.retryAfter] == "1")
  }
}
