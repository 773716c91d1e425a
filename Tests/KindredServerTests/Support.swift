import Foundation
import HTTPTypes
import Hummingbird
import Kindred
import KindredPostgres
import KindredStore
import Logging
import NIOCore
import Testing

@testable import KindredServer

/// A store in a folder of its own, and a server over it that is asked without a socket.
final class TestServer: Sendable {
  let folder: URL
  let store: any Store
  let server: Server
  private let keepsFolder: Bool

  /// - Parameter ratings: how many users rate; 0 makes an empty store.
  init(users: Int = 24, settings: Server.Settings? = nil) async throws {
    keepsFolder = false
    var freePort = Server.Settings()
    freePort.port = 0
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-server-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try await Self.emptyStore(in: folder)
    if users > 0 {
      try await store.put(Self.items)
      try await store.add(Self.feedback(users: users))
    }
    server = try await Server(store, settings: settings ?? freePort, logger: Self.logger)
    try await ready()
  }

  /// A store in a file, or in a schema of the database that `KINDRED_TEST_POSTGRES` names.
  private static func emptyStore(in folder: URL) async throws -> any Store {
    if let database = ProcessInfo.processInfo.environment["KINDRED_TEST_POSTGRES"] {
      let schema = folder.lastPathComponent.lowercased().replacing("-", with: "_").suffix(40)
      return try await PostgresStore(
        database + (database.contains("?") ? "&" : "?") + "schema=k\(schema)", opening: .creating,
        models: folder.appendingPathComponent("models").path, connections: 2)
    }
    return try await openStore(at: folder.appendingPathComponent("films.sqlite").path, opening: .creating)
  }

  /// Another server over the store of one, which stays.
  init(sharing other: TestServer, _ server: Server) {
    (folder, store, self.server) = (other.folder, other.store, server)
    keepsFolder = true
  }

  deinit { if !keepsFolder { try? FileManager.default.removeItem(at: folder) } }

  static var logger: Logger {
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    return logger
  }

  /// Twenty films, half of them of space and half of love.
  static let items = (1...20).map { number in
    StoredItem(
      id: "\(number)", title: "Film \(number)",
      genres: [number <= 10 ? "Space" : "Love", number.isMultiple(of: 2) ? "Even" : "Odd"],
      time: Timestamp(number) * 1_000_000)
  }

  /// Even users see films of space and like them, odd ones films of love; each saw two of the other half and did not
  /// like them.
  static func feedback(users: Int) -> [Feedback] {
    (0..<users).flatMap { user in
      (1...20).compactMap { item -> Feedback? in
        let isTaste = (item <= 10) == user.isMultiple(of: 2)
        guard isTaste ? (item * 7 + user * 3) % 5 != 0 : (item + user) % 5 == 0 else { return nil }
        let value = (isTaste ? 4 : 1) + Float((item + user) % 2)
        return Feedback(
          user: "p\(user)", item: "\(item)", value: value, time: Timestamp(1000 + user * 20 + item) * 1_000_000)
      }
    }
  }

  /// Waits for the first training.
  func ready() async throws {
    for await _ in await server.jobs.listen() {}
    try #require(server.service.isReady)
  }

  /// Asks for an answer, as a client would.
  func ask(
    _ method: HTTPRequest.Method, _ path: String, body: String? = nil, headers: HTTPFields = [:]
  ) async throws -> TestAnswer {
    try await ask(method, path, bytes: body.map { Array($0.utf8) } ?? [], headers: headers)
  }

  func ask(
    _ method: HTTPRequest.Method, _ path: String, bytes: [UInt8], headers: HTTPFields = [:]
  ) async throws -> TestAnswer {
    let head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path, headerFields: headers)
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
    let response = try await server.responder.respond(to: request, context: ServerContext(logger: Self.logger))
    let sink = Sink()
    try await response.body.write(sink)
    return TestAnswer(status: response.status.code, headers: response.headers, bytes: await sink.collected.bytes)
  }
}

/// An answer, with its JSON.
struct TestAnswer: Sendable {
  let status: Int
  let headers: HTTPFields
  let bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes))
  }

  /// The code of an error.
  var code: String? { try? json(Refusal.self).error.code }
  /// The sentence of an error.
  var message: String? { try? json(Refusal.self).error.message }

  private struct Refusal: Decodable {
    struct Fields: Decodable { var code, message: String }
    var error: Fields
  }
}

private actor Collected {
  var bytes: [UInt8] = []
  func append(_ buffer: ByteBuffer) { bytes += buffer.readableBytesView }
}

private struct Sink: ResponseBodyWriter {
  let collected = Collected()
  mutating func write(_ buffer: ByteBuffer) async throws { await collected.append(buffer) }
  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// A list of recommendations as a client reads it.
struct ListAnswer: Decodable, Sendable {
  struct One: Decodable, Sendable {
    struct Reason: Decodable, Sendable { var item, title: String; var share: Float }
    var item: String
    var title: String?
    var score: Float
    var rating: Float?
    var reasons: [Reason]
    var genres: [String]
    var ratings: Int
  }
  var model: String?
  var basis: String
  var items: [One]
  var ids: [String] { items.map(\.item) }
}
