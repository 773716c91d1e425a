import Foundation
import Testing

@testable import KindredServer

/// Requests of random words to every route are answered or refused, and none ends or breaks the server.
///
/// `KINDRED_RANDOM_REQUESTS=100000` sends more, and `KINDRED_RANDOM_SEED` others.
@Suite struct RandomRequestTests {
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
      return word ^ word >> 31
    }
  }

  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  private static let words = [
    "", "0", "1", "-1", "5", "p0", "p1", "19", "new", "1000", "1001", "9223372036854775807", "-9223372036854775808",
    "99999999999999999999", "0.5", "-0.0", "1e38", "1e39", "1e308", "1e999", "nan", "inf", "-inf", "true", "false",
    "null", "read", "rating", "a,b", "a/b", "..", "%00", "%FF", "%2e%2e", "é", "e\u{301}", "\u{202E}", "😀",
    "=1+1", "' OR 1=1 --", "\"", "\\", "\n", "\t", "10m", "9999999999h", "MTA=", "LTU=", "Zm9v", "Space", "popular",
    "2024-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", String(repeating: "x", count: 513),
    "{}", "[]", "[[[[", "{\"a\":", "\"\\ud800\"", "\"\\u0000\"",
  ]

  /// Bodies that are taken, which are then changed.
  private static let bodies = [
    #"{"value":4,"time":1500000000.5}"#, #"{"history":[{"item":"1","value":5,"kind":"rating","time":1},{"item":"2"}]}"#,
    #"{"pairs":[{"user":"p0","item":"1"}]}"#,
    #"{"title":"T","genres":["Space"],"attributes":{"a":[1,{"b":null}]},"hidden":false,"time":-5}"#,
    #"{"attributes":{"age":3},"comment":"c"}"#, #"{"algorithm":"ease","settings":{"regularization":100},"seed":1}"#,
    #"{"UserId":"u","Labels":["a"],"Comment":"c"}"#,
    #"[{"ItemId":"i","IsHidden":true,"Categories":["a"],"Timestamp":"2020-01-01","Labels":{},"Comment":"c"}]"#,
    #"[{"FeedbackType":"read","UserId":"u","ItemId":"1","Value":2,"Timestamp":"2020-01-01T00:00:00Z"}]"#,
  ]

  private static func changed(_ body: String, _ random: inout Random) -> [UInt8] {
    var bytes = Array(body.utf8)
    for _ in 0..<Int.random(in: 0..<4, using: &random) where !bytes.isEmpty {
      let start = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 0..<8, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: bytes[start] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
      default:
        // A value is more often replaced as a whole.
        let stops = Array(":,[{".utf8)
        let from = bytes[start...].firstIndex { stops.contains($0) }.map { $0 + 1 } ?? start
        let to = bytes[from...].firstIndex { Array(",]}".utf8).contains($0) } ?? bytes.count
        bytes.replaceSubrange(from..<to, with: Array((words.randomElement(using: &random) ?? "").utf8))
      }
    }
    return bytes
  }

  @Test func randomRequestsAreAnsweredOrRefused() async throws {
    let seed = Self.setting("KINDRED_RANDOM_SEED") ?? 1
    let count = Int(Self.setting("KINDRED_RANDOM_REQUESTS") ?? 400)
    var random = Random(state: seed)
    let test = try await TestServer()
    let service = test.server.service
    // Trainings would only make the rest wait.
    let routes =
      service.systemRoutes + service.itemRoutes + service.userRoutes + service.recommendationRoutes
      + service.trendRoutes + service.similarityRoutes + service.mapRoutes + service.gorseDataRoutes
      + service.gorseListRoutes
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "%"))
    func word(_ random: inout Random) -> String {
      (Self.words.randomElement(using: &random) ?? "").addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
    for number in 0..<count {
      guard let route = routes.randomElement(using: &random) else { return }
      var path = route.path.split(separator: "/", omittingEmptySubsequences: false).map {
        $0.hasPrefix("{") ? word(&random) : String($0)
      }.joined(separator: "/")
      let names = route.query.map(\.name) + ["unknown"]
      let parts = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
        "\(names.randomElement(using: &random) ?? "")=\(word(&random))"
      }
      if !parts.isEmpty { path += "?" + parts.joined(separator: "&") }
      let body = route.body == nil ? [] : Self.changed(Self.bodies.randomElement(using: &random) ?? "", &random)
      let answer = try await test.ask(route.method, path, bytes: body)
      #expect(
        answer.status < 500 || answer.status == 503,
        "seed \(seed), request \(number): \(route.method) \(path) \(String(decoding: body, as: UTF8.self))")
      if answer.status >= 400 { #expect(answer.code != nil && answer.message?.hasSuffix(".") == true, "\(path)") }
    }
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").status == 200)
  }
}
