import Foundation
import HTTPTypes
import Testing

@testable import KindredServer

/// What a client should not send gets a status of refusal, a code and a sentence; nothing is kept of it.
@Suite struct BadInputTests {
  /// A bad request and the answer it gets.
  struct Case: Sendable, CustomTestStringConvertible {
    let method: HTTPRequest.Method
    let path: String
    var body = ""
    let status: Int
    let code: String
    var testDescription: String { "\(method) \(path.prefix(60)) \(body.prefix(40))" }

    init(_ method: HTTPRequest.Method, _ path: String, _ status: Int, _ code: String) {
      self.init(method, path, "", status, code)
    }

    init(_ method: HTTPRequest.Method, _ path: String, _ body: String, _ status: Int, _ code: String) {
      self.method = method
      self.path = path
      self.body = body
      self.status = status
      self.code = code
    }
  }

  static let rating = "/v1/users/bad/ratings/1"
  static let list = "/v1/users/p0/recommendations"
  static let long = String(repeating: "x", count: 513)
  static let cases: [Case] = [
    // Numbers of the query.
    Case(.get, list + "?limit=-1", 400, "invalid_parameter"), Case(.get, list + "?limit=0", 400, "invalid_parameter"),
    Case(.get, list + "?limit=1001", 400, "invalid_parameter"),
    Case(.get, list + "?limit=ten", 400, "invalid_parameter"),
    Case(.get, list + "?limit=99999999999999999999", 400, "invalid_parameter"),
    Case(.get, list + "?limit=1&limit=2", 400, "invalid_parameter"),
    Case(.get, list + "?diversity=2", 400, "invalid_parameter"),
    Case(.get, list + "?diversity=nan", 400, "invalid_parameter"),
    Case(.get, list + "?minimum_ratings=-5", 400, "invalid_parameter"),
    Case(.get, list + "?explain=yes", 400, "invalid_parameter"),
    Case(.get, list + "?limits=5", 400, "invalid_parameter"),
    Case(.get, "/v1/groups?count=0", 400, "invalid_parameter"),
    // Text that is none.
    Case(.get, list + "?category=%FF%FE", 400, "invalid_query"),
    Case(.get, list + "?category=%zz", 400, "invalid_query"),
    Case(.get, "/v1/users/%C3%28/recommendations", 400, "invalid_id"),
    Case(.get, "/v1/users/a%00b/recommendations", 400, "invalid_id"),
    Case(.get, "/v1/users/\(long)/recommendations", 400, "invalid_id"),
    Case(.get, list + "?category=Dramaa", 400, "invalid_parameter"),
    Case(.get, list + "?category=Love&category=Dramaa", 400, "invalid_parameter"),
    Case(.get, "/v1/trending?category=Dramaa", 400, "invalid_parameter"),
    // Cursors.
    Case(.get, "/v1/items?cursor=!!", 400, "invalid_value"), Case(.get, "/v1/items?cursor=YWJj", 400, "invalid_value"),
    Case(.get, "/v1/users/p0/ratings?cursor=LTU%3D", 400, "invalid_parameter"),
    // Bodies.
    Case(.put, rating, "", 400, "invalid_body"), Case(.put, rating, "{", 400, "invalid_body"),
    Case(.put, rating, "5", 400, "invalid_body"), Case(.put, rating, "{}", 400, "invalid_body"),
    Case(.put, rating, #"{"value":null}"#, 400, "invalid_body"),
    Case(.put, rating, #"{"value":"5"}"#, 400, "invalid_body"),
    Case(.put, rating, #"{"value":1e999}"#, 400, "invalid_body"),
    Case(.put, rating, #"{"value":NaN}"#, 400, "invalid_body"),
    Case(.put, rating, #"{"value":1e9}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":5,"time":-1}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":5,"time":"1"}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":5,"time":"1969-12-31T00:00:00Z"}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":5,"time":{}}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":99}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":0}"#, 400, "invalid_value"),
    Case(.post, "/v1/recommendations", #"{"history":[{"item":"1","value":99}]}"#, 400, "invalid_value"),
    Case(.post, "/v1/recommendations", #"{"history":[{"item":"1","value":-1}]}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":5,"time":253402300800}"#, 400, "invalid_value"),
    Case(.put, rating, #"{"value":5,"times":1}"#, 400, "invalid_body"),
    Case(.put, "/v1/items/x", #"{"title":"X","genre":["a"]}"#, 400, "invalid_body"),
    Case(.put, "/v1/items/x", #"{"time":9223372036854775807}"#, 400, "invalid_value"),
    Case(.put, "/v1/users/x", #"{"coment":"X"}"#, 400, "invalid_body"),
    Case(.post, "/v1/recommendations", #"{"history":[{"item":"1","rating":5}]}"#, 400, "invalid_body"),
    Case(
      .post, "/v1/recommendations",
      #"{"history":[{"item":"1","value":5,"time":9223372036854775807},{"item":"2","value":4,"time":-1}]}"#, 400,
      "invalid_value"),
    Case(.post, "/v1/predictions", #"{"pairs":[{"user":"a","item":"1","x":1}]}"#, 400, "invalid_body"),
    Case(.post, "/v1/train", #"{"algoritm":"ease"}"#, 400, "invalid_body"),
    Case(.get, "/v1/trending?limit=0", 400, "invalid_parameter"),
    Case(.get, "/v1/trending?categories=a", 400, "invalid_parameter"),
    Case(.get, list + "?include_observed=1", 400, "invalid_parameter"),
    Case(.put, rating, #"{"value":5}{"value":5}"#, 400, "invalid_body"),
    Case(.put, rating, String(repeating: "[", count: 100_000), 400, "invalid_body"),
    Case(.put, "/v1/items/x", #"{"attributes":"# + String(repeating: #"{"a":"#, count: 5000), 400, "invalid_body"),
    Case(.put, "/v1/items/x", #"{"title":"a\u0000b"}"#, 400, "invalid_value"),
    Case(.post, "/v1/recommendations", #"{"history":{"1":5}}"#, 400, "invalid_body"),
    Case(.post, "/v1/recommendations", #"{"history":[{"item":"","value":5}]}"#, 400, "invalid_body"),
    Case(
      .post, "/v1/recommendations",
      #"{"history":["# + (0...10_000).map { #"{"item":"\#($0)","value":1}"# }.joined(separator: ",") + "]}", 400,
      "invalid_body"),
    Case(.post, "/v1/predictions", #"{"pairs":[{"user":"a"}]}"#, 400, "invalid_body"),
    Case(.put, rating, #"{"value":5,"x":""# + String(repeating: "y", count: 4 << 20) + "\"}", 413, "body_too_large"),
    // What is not there.
    Case(.put, "/v1/users/bad/ratings/none", #"{"value":5}"#, 404, "unknown_item"),
    Case(.delete, rating, 404, "unknown_rating"), Case(.get, "/v1/users/bad", 404, "unknown_user"),
    Case(.get, "/v1/users/bad/similar", 404, "unknown_user"),
    Case(.get, "/v1/items/none", 404, "unknown_item"), Case(.get, "/v1/models/..", 404, "unknown_model"),
    Case(.get, "/v1/nothing", 404, "unknown_path"), Case(.get, "/../../etc/passwd", 404, "unknown_path"),
    Case(.get, "/v1/users/p0/../../../metrics/x", 404, "unknown_path"),
    Case(.get, "/%2e%2e/%2e%2e/etc/passwd", 404, "unknown_path"),
    Case(.post, list, "{}", 405, "method_not_allowed"), Case(.delete, "/v1/items", 405, "method_not_allowed"),
    // Trainings.
    Case(.post, "/v1/train", #"{"algorithm":"magic"}"#, 400, "unknown_algorithm"),
    Case(.post, "/v1/train", #"{"algorithm":"bayesian2"}"#, 400, "unknown_algorithm"),
    Case(.post, "/v1/train", #"{"settings":{"size":3}}"#, 400, "invalid_setting"),
    Case(.post, "/v1/train", #"{"settings":{"rank":-1}}"#, 400, "invalid_setting"),
    Case(.post, "/v1/train", #"{"seed":-1}"#, 400, "invalid_body"),
    // Gorse's interface.
    Case(.post, "/api/feedback", #"[{"FeedbackType":"star","UserId":"u"}]"#, 400, "invalid_body"),
    Case(.post, "/api/item", #"{"ItemId":"i","Timestamp":"yesterday"}"#, 400, "invalid_body"),
    Case(.post, "/api/item", #"{"ItemId":"i","Timestamp":"-9223372036854775808"}"#, 400, "invalid_body"),
    Case(.post, "/api/item", #"{"ItemId":"i","Timestamp":"-4503599627370495"}"#, 400, "invalid_body"),
    Case(.post, "/api/item", #"{"ItemId":"i","Timestamp":"0000-01-01"}"#, 400, "invalid_body"),
    Case(
      .put, "/api/feedback",
      #"[{"FeedbackType":"r","UserId":"u","ItemId":"i","Timestamp":"-9223372036854775808"}]"#, 400, "invalid_body"),
    Case(.get, "/api/recommend/p0?n=-1", 400, "invalid_parameter"),
    Case(.get, "/api/recommend/p0?write-back-type=read&write-back-delay=soon", 400, "invalid_parameter"),
  ]

  @Test func badInputIsRefused() async throws {
    #expect(Self.cases.count >= 40)
    let test = try await TestServer()
    let before = try await test.store.counts()
    for bad in Self.cases {
      let answer = try await test.ask(bad.method, bad.path, body: bad.body)
      let sentence = answer.message ?? ""
      #expect(
        answer.status == bad.status && answer.code == bad.code && sentence.hasSuffix(".") && sentence.count < 400,
        "\(bad.testDescription): \(answer.status) \(answer.text.prefix(200))")
    }
    let invalid = try await test.ask(
      .put, Self.rating, bytes: Array(#"{"value":5,"x":""#.utf8) + [0xFF, 0xFE] + Array("\"}".utf8))
    #expect(invalid.status == 400 && invalid.code == "invalid_body")
    #expect(try await test.store.counts() == before)
  }

  @Test func refusalsSayWhatWouldBeRight() async throws {
    let test = try await TestServer()
    #expect(
      try await test.ask(.get, Self.list + "?limit=-1").message
        == "The parameter 'limit' must be a whole number from 1 to 1000.")
    #expect(
      try await test.ask(.get, Self.list + "?category=Dramaa").message
        == "The parameter 'category' names no genre of an item: 'Dramaa'; "
        + "the most frequent genres are Even, Love, Odd, Space.")
    #expect(try await test.ask(.delete, "/v1/items").headers[.allow] == "GET, HEAD")
    #expect(
      try await test.ask(.post, "/api/feedback", body: #"[{"FeedbackType":"a","UserId":"u","ItemId":"i"},{}]"#).message
        == "The body lacks a FeedbackType, UserId or ItemId, at [1].")
    #expect(
      try await test.ask(.post, "/v1/recommendations", body: #"{"history":[],"limit":2}"#).message
        == "The body holds the unknown name 'limit'; known are history, attributes.")
    #expect(
      try await test.ask(.put, "/v1/items/n1", body: #"{"title":"New","categories":["Drama"]}"#).message
        == "The body holds the unknown name 'categories'; known are title, genres, attributes, hidden, time.")
    #expect(
      try await test.ask(.put, Self.rating, body: #"{"value":5,"timestamp":"2024-01-01T00:00:00Z"}"#).message
        == "The body holds the unknown name 'timestamp'; known are value, time.")
    for (body, wanted) in [
      (#"{"value":"5"}"#, "a number, at value"), ("[]", "an object"),
    ] {
      let message = try await test.ask(.put, Self.rating, body: body).message
      #expect(message == "The body holds a value that is not \(wanted).")
    }
    #expect(
      try await test.ask(.put, Self.rating, body: #"{"value":99}"#).message
        == "The ratings of this model run from 1 to 5: 99.")
  }

  @Test func bodiesMayHoldWrittenTimes() async throws {
    let test = try await TestServer()
    let put = try await test.ask(.put, Self.rating, body: #"{"value":5,"time":"2024-01-01T00:00:00.5Z"}"#)
    #expect(put.status == 204)
    #expect(try await test.ask(.get, "/v1/users/bad/ratings").text.contains(#""time":1704067200.5"#))
  }
}
