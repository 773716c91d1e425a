import Foundation
import KindredStore
import Testing

@testable import KindredServer

/// The server on a socket: what only a connection can show.
@Suite struct LiveTests {
  @Test func answersAreCompressedAndConnectionsKept() async throws {
    try await live { _, port in
      let head = "GET /v1/users/p0/recommendations?limit=20 HTTP/1.1\r\nHost: localhost\r\n"
      let connection = try Connection(port)
      try connection.send(head + "\r\n")
      let plain = try await connection.answer()
      #expect(plain.hasPrefix("HTTP/1.1 200") && plain.contains("\"model\":\"1\""))
      try connection.send(head + "Accept-Encoding: gzip\r\n\r\n")
      let small = try await connection.answer().lowercased()
      // A byte that is no text becomes one scalar of three bytes.
      #expect(small.contains("content-encoding: gzip") && small.unicodeScalars.count < plain.unicodeScalars.count / 2)
      // The head of the same, and nothing behind it that the next answer would begin with.
      try connection.send(head.replacing("GET", with: "HEAD") + "Accept-Encoding: gzip\r\n\r\n")
      #expect(try await connection.answer(hasBody: false).contains("200 OK"))
      try connection.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try await connection.answer().hasSuffix(#"{"status":"live"}"#))
    }
  }

  @Test(arguments: [
    ("GET /v1 HTTP/1.1\r\nHost: loc", 408, "request_timeout"),
    (
      "PUT /v1/users/u/ratings/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n{\"val", 408,
      "request_timeout"
    ),
    (
      "PUT /v1/users/u/ratings/1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"v\r\n", 408,
      "request_timeout"
    ),
    (
      "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\n", 431,
      "head_too_large"
    ),
    ("GET /" + String(repeating: "x", count: 20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "head_too_large"),
    ("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 200) + "\r\n", 431, "head_too_large"),
    ("this is no request\r\n\r\n", 400, "invalid_http"), ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}", 400, "invalid_http"),
    ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", 400, "invalid_http"),
    (
      "PUT /v1/items/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
        + String(repeating: "x", count: 1000), 413,
      "body_too_large"
    ),
  ]) func connectionsThatGoWrongAreToldSo(bytes: String, status: Int, code: String) async throws {
    var settings = Server.Settings()
    if status == 408 { (settings.limits.headTime, settings.limits.bodyTime) = (.milliseconds(300), .milliseconds(300)) }
    try await live(settings) { _, port in
      let connection = try Connection(port)
      try connection.send(bytes)
      let answer = try await connection.everything()
      #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("\"code\":\"\(code)\""), "\(answer)")
    }
  }

  @Test func halfOpenConnectionsEnd() async throws {
    try await live { _, port in
      let answered = try Connection(port)
      try answered.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
      answered.finish()
      #expect(try await answered.everything().hasSuffix(#"{"status":"live"}"#))
      let cut = try Connection(port)
      try cut.send("PUT /v1/users/u/ratings/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{\"value\":5}")
      cut.finish()
      _ = try await cut.everything()
      let other = try Connection(port)
      try other.send("GET /v1/users/u/ratings HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(
        try await other.answer().hasSuffix(#"{"ratings":[],"cursor":null}"#), "a body that was cut off says nothing")
    }
  }

  @Test func shutdownFinishesWhatIsUnderWay() async throws {
    let test = try await TestServer()
    let running = Running(test.server)
    let port = await running.port
    let connection = try Connection(port)
    try connection.send("PUT /v1/users/late/ratings/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n{\"val")
    // An answer on another connection shows that the first one was seen.
    let other = try Connection(port)
    try other.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    _ = try await other.answer()
    running.task.cancel()
    // The idle connection is closed at once; then the rest of the request comes.
    _ = try await other.everything()
    try connection.send("ue\":5}")
    #expect(try await connection.everything().hasPrefix("HTTP/1.1 204"))
    await #expect(throws: CancellationError.self) { try await running.task.value }
    let again = try await openStore(at: test.store.description)
    #expect(try await again.history(of: "late")?.count == 1)
  }

  @Test func clientsThatDoNotReadLoseTheirConnection() async throws {
    var settings = Server.Settings()
    settings.limits.answerTime = .milliseconds(300)
    settings.limits.waitingRequests = 1000
    try await live(settings) { _, port in
      let connection = try Connection(port, receiveBuffer: 2048)
      let request = "GET /page/map.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
      try connection.send(String(repeating: request, count: 900))
      try await Task.sleep(for: .seconds(2))
      // What the system had taken may still arrive; the connection then ends.
      let bytes = try await connection.everything().utf8.count
      #expect(bytes < 900 * 10_000)
    }
  }

  @Test func aConnectionWithTooManyWaitingRequestsIsClosed() async throws {
    try await live { _, port in
      let connection = try Connection(port)
      try connection.send(String(repeating: "GET /page/map.js HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 900))
      #expect(try await connection.everything().utf8.count < 900 * 10_000)
    }
  }

  @Test func takenPortIsSaid() async throws {
    try await live { _, port in
      var settings = Server.Settings()
      settings.port = port
      let second = try await TestServer(users: 0, settings: settings)
      await #expect(throws: ServerFailure.self) { try await second.server.run { _ in } }
    }
  }

  private func live(
    _ settings: Server.Settings = Server.Settings(), _ body: (TestServer, Int) async throws -> Void
  ) async throws {
    var settings = settings
    settings.port = 0
    let test = try await TestServer(settings: settings)
    let running = Running(test.server)
    try await body(test, await running.port)
    running.task.cancel()
    await #expect(throws: CancellationError.self) { try await running.task.value }
  }
}

/// A server that listens until its task is cancelled.
private struct Running: Sendable {
  let task: Task<Void, any Error>
  private let ports: AsyncStream<Int>

  init(_ server: Server) {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    self.ports = ports
    task = Task {
      defer { continuation.finish() }
      try await server.run { continuation.yield($0) }
    }
  }

  var port: Int {
    get async {
      for await port in ports { return port }
      return 0
    }
  }
}

/// A plain TCP connection to this machine, which waits at most ten seconds for anything.
private final class Connection: Sendable {
  private let socket: Int32
  struct Failure: Error {}

  /// - Parameter receiveBuffer: The bytes that the system takes before anything is read.
  init(_ port: Int, receiveBuffer: Int32? = nil) throws {
    #if os(Linux)
      socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      socket = Foundation.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var time = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    if var size = receiveBuffer {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure() }
  }

  deinit { close(socket) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    #if os(Linux)
      let flags = Int32(MSG_NOSIGNAL)
    #else
      let flags: Int32 = 0
    #endif
    guard Foundation.send(socket, bytes, bytes.count, flags) == bytes.count else { throw Failure() }
  }

  /// Says that nothing more comes.
  func finish() { shutdown(socket, Int32(SHUT_WR)) }

  /// One answer, as long as its Content-Length says.
  func answer(hasBody: Bool = true) async throws -> String {
    try await offPool { try self.readAnswer(hasBody) }
  }

  private func readAnswer(_ hasBody: Bool) throws -> String {
    var bytes: [UInt8] = []
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let head = text[..<end.lowerBound].lowercased()
        let length = head.firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.output.1) } ?? 0
        let headBytes = text[..<end.upperBound].utf8.count
        if !hasBody || bytes.count >= headBytes + length { return text }
      }
      let more = try receive()
      if more.isEmpty { throw Failure() }
      bytes += more
    }
  }

  /// Everything until the other side closes.
  func everything() async throws -> String {
    try await offPool { try self.readEverything() }
  }

  /// Waiting on a socket must not hold one of the few threads that the server's tasks run on.
  private func offPool(_ body: @escaping @Sendable () throws -> String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
  }

  private func readEverything() throws -> String {
    var bytes: [UInt8] = []
    while true {
      let more = try receive()
      if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += more
    }
  }

  private func receive() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(socket, &buffer, buffer.count, 0)
    // A reset is an end too.
    if count < 0 { if errno == ECONNRESET { return [] } else { throw Failure() } }
    return Array(buffer.prefix(count))
  }
}
