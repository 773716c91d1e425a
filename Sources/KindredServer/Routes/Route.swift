import Foundation
import Hummingbird
import Logging
import NIOCore

/// One thing that the server answers: the router, the OpenAPI document, access and the answers 404 and 405 all come from these.
struct Route: Sendable {
  /// Who may ask.
  enum Access: Sendable {
    /// Anybody, without a key.
    case open
    /// Whoever has a key.
    case read
    /// Whoever has an admin's key.
    case write
  }

  let method: HTTPRequest.Method
  /// The path as OpenAPI writes it: `/v1/users/{user}`.
  let path: String
  let access: Access
  /// What it does, in a few words.
  let summary: String
  /// The parameters of the query.
  let query: [QueryParameter]
  /// The body that it takes.
  let body: Schema?
  /// The statuses of success and what they come with.
  let answers: [(status: HTTPResponse.Status, schema: Schema?)]
  /// What an answer is written in.
  let mediaType: String
  /// Statuses of refusal besides those that every route has.
  let refusals: [HTTPResponse.Status]
  let handle: @Sendable (Call) async throws -> Response

  init(
    _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ summary: String, query: [QueryParameter] = [],
    body: Schema? = nil, answer: Schema? = nil, status: HTTPResponse.Status = .ok,
    mediaType: String = "application/json", refusals: [HTTPResponse.Status] = [],
    handle: @escaping @Sendable (Call) async throws -> Response
  ) {
    self.method = method
    self.path = path
    self.access = access
    self.summary = summary
    self.query = query
    self.body = body
    answers = [(status, answer)]
    self.mediaType = mediaType
    self.refusals = refusals
    self.handle = handle
  }

  /// The path as the router takes it: `/v1/users/:2`. Parameters are named by their places, since routes that share the start of a
  /// path must call them the same.
  var routerPath: RouterPath {
    let components = path.split(separator: "/").enumerated()
    return RouterPath("/" + components.map { $1.hasPrefix("{") ? ":\($0)" : String($1) }.joined(separator: "/"))
  }

  /// The names of the parameters in the path.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

  /// Whether a path is one of this route's, whatever the method.
  func matches(_ components: [Substring]) -> Bool {
    let own = path.split(separator: "/")
    return own.count == components.count && zip(own, components).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
  }
}

/// A parameter of a query.
struct QueryParameter: Sendable {
  let name: String
  let schema: Schema
  let summary: String
  var isRepeatable = false

  static let limit = QueryParameter(
    name: "limit", schema: .integer(1...1000), summary: "The most to return; 10 where nothing is said.")
  static let cursor = QueryParameter(
    name: "cursor", schema: .text, summary: "The cursor of the answer before; without one the listing starts.")
}

/// A request on its way through a route.
struct Call: Sendable {
  let request: Request
  let context: ServerContext
  let route: Route
  let limits: Limits
  private let query: [String: [String]]

  init(_ request: Request, _ context: ServerContext, _ route: Route, _ limits: Limits) throws(ServerError) {
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
    // The decoder reads on over what is no UTF-8.
    guard String(validating: bytes.readableBytesView, as: UTF8.self) != nil else {
      throw ServerError.badBody("is not UTF-8")
    }
    return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
  }
}

/// What belongs to one request besides the request itself.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Where the client is; nil without a socket.
  let address: String?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    address = source.channel.remoteAddress?.ipAddress
  }

  /// A context of a request that comes from no socket.
  init(logger: Logger) {
    coreContext = CoreRequestContextStorage(source: NoChannel(logger: logger))
    address = nil
  }

  private struct NoChannel: RequestContextSource {
    let logger: Logger
  }
}
