import Foundation
import Hummingbird
import KindredJSON
import NIOCore

/// A request on its way through a route.
struct RouteRequest: Sendable {
  private let request: Request
  private let context: ServerContext
  let route: Route
  private let limits: Limits
  private let query: [String: [String]]
  /// Whether the client may write.
  let mayWrite: Bool

  init(
    _ request: Request, _ context: ServerContext, _ route: Route, _ limits: Limits, mayWrite: Bool
  ) throws(ServerError) {
    self.mayWrite = mayWrite
    self.request = request
    self.limits = limits
    self.context = context
    self.route = route
    query = try Self.parse(request.uri.query ?? "")
    // Gorse's clients send what they like; ours learn of a misspelt name.
    guard route.path.hasPrefix("/v1") else { return }
    for name in query.keys.sorted() where !route.query.contains(where: { $0.name == name }) {
      let names = route.query.map(\.name).joined(separator: ", ")
      throw .badParameter(name.shortened, "is none of this path's\(names.isEmpty ? "" : "; it takes \(names)")")
    }
  }

  private static func parse(_ text: String) throws(ServerError) -> [String: [String]] {
    var query: [String: [String]] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = parts.map { $0.replacing("+", with: " ").removingPercentEncoding }
      guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "" else {
        throw ServerError(.badRequest, "invalid_query", "The query is not percent-encoded UTF-8.")
      }
      query[name, default: []].append(value)
    }
    return query
  }

  var headers: HTTPFields { request.headers }
  /// The query as text, encoded.
  var queryText: String { request.uri.query ?? "" }
  /// Whether only the head of the answer is asked for; such a request changes nothing.
  var isHead: Bool { request.method == .head }

  /// A parameter of the path, decoded.
  func id(_ name: String) throws(ServerError) -> String {
    let place = route.path.split(separator: "/").firstIndex { $0 == "{\(name)}" }
    guard let place, let raw = context.parameters.get("\(place)"), let id = raw.removingPercentEncoding, Self.isID(id)
    else {
      throw ServerError(
        .badRequest, "invalid_id",
        "The \(name) in the path is no id: up to 512 bytes of UTF-8 without control characters.")
    }
    return id
  }

  /// Whether a text can name an item or a user.
  static func isID(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 512 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  /// A parameter of the query; nil where it is not given.
  func text(_ name: String) throws(ServerError) -> String? {
    guard let values = query[name] else { return nil }
    guard values.count == 1 else { throw .badParameter(name, "is given \(values.count) times") }
    return values[0]
  }

  /// All values of a parameter of the query that may be repeated.
  func texts(_ name: String) -> [String] { query[name] ?? [] }

  func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(ServerError) -> Int {
    guard let text = try text(name) else { return standard }
    guard let value = Int(text), range.contains(value) else {
      throw .badParameter(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func float(_ name: String, default standard: Float, in range: ClosedRange<Float>) throws(ServerError) -> Float {
    guard let text = try text(name) else { return standard }
    guard let value = Float(text), range.contains(value) else {
      throw .badParameter(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func flag(_ name: String) throws(ServerError) -> Bool {
    guard let text = try text(name) else { return false }
    guard let value = Bool(text) else { throw .badParameter(name, "must be true or false") }
    return value
  }

  var limit: Int { get throws(ServerError) { try integer("limit", default: 10, in: 1...1000) } }

  /// The body as it arrives.
  var stream: RequestBody { request.body }

  /// The body as JSON.
  ///
  /// - Parameter standard: what no body at all means; nil if there has to be one.
  func body<Value: Decodable>(as type: Value.Type, standard: Value? = nil) async throws -> Value {
    let most = limits.bodyBytes
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > most { throw ServerError.tooLarge }
    let bytes = try await request.body.collect(upTo: most)
    // A client that hangs up in the middle of its body has not said what it wanted to.
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length != bytes.readableBytes {
      throw ServerError.badBody("ends before its length")
    }
    if bytes.readableBytes == 0, let standard { return standard }
    guard String(validating: bytes.readableBytesView, as: UTF8.self) != nil else {
      throw ServerError.badBody("is not UTF-8")
    }
    let body = try JSON(parsing: Array(bytes.readableBytesView))
    // Gorse's clients send what they like; ours learn of a misspelt name.
    if route.path.hasPrefix("/v1"), let unknown = route.body?.firstUnknownName(in: body) {
      throw ServerError.badBody(
        "holds the unknown name '\(unknown.name.shortened)'; known are \(unknown.known.joined(separator: ", "))")
    }
    return try body.decoded()
  }
}
