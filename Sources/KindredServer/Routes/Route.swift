import Hummingbird

/// One route of the server: the router, the OpenAPI document, access and the answers 404 and 405 all come from these.
struct Route: Sendable {
  /// Which requests are allowed.
  enum Access: Sendable {
    /// All, without a key.
    case open
    /// Those with a key.
    case read
    /// Those with an admin's key.
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
  let body: JSONSchema?
  /// The statuses of success and what they come with.
  let answers: [(status: HTTPResponse.Status, schema: JSONSchema?)]
  /// What an answer is written in.
  let mediaType: String
  /// Statuses of refusal besides those that every route has.
  let refusals: [HTTPResponse.Status]
  /// Whether it answers with a list of recommendations, whose time the overview shows.
  let isList: Bool
  let handle: @Sendable (RouteRequest) async throws -> Response

  init(
    _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ summary: String, query: [QueryParameter] = [],
    body: JSONSchema? = nil, answer: JSONSchema? = nil, status: HTTPResponse.Status = .ok,
    mediaType: String = "application/json", refusals: [HTTPResponse.Status] = [], isList: Bool = false,
    handle: @escaping @Sendable (RouteRequest) async throws -> Response
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
    self.isList = isList
    self.handle = handle
  }

  /// The path as the router takes it: `/v1/users/:2`. Parameters are named by their places, since routes that share the
  /// start of a path must call them the same.
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
  let schema: JSONSchema
  let summary: String
  var isRepeatable = false

  static let limit = QueryParameter(
    name: "limit", schema: .integer(1...1000), summary: "The most to return; 10 where nothing is said.")
  static let cursor = QueryParameter(
    name: "cursor", schema: .text, summary: "The cursor of the answer before; without one the listing starts.")
}
