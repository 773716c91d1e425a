import Foundation
import HTTPTypes
import Hummingbird
import Kindred
import KindredJSON
import KindredStore

/// Gorse's interface under `/api`: lists and neighbours.
extension RecommendationService {
  var gorseListRoutes: [Route] {
    let paging = [
      QueryParameter(name: "n", schema: .integer(0...1000), summary: "The most to return; 10 where nothing is said."),
      QueryParameter(name: "offset", schema: .integer(0...100_000), summary: "How many to leave out at the start."),
      QueryParameter(
        name: "category", schema: .text, summary: "Only items of all these categories.", isRepeatable: true),
    ]
    let writing = [
      QueryParameter(
        name: "write-back-type", schema: .text, summary: "Note what is returned as feedback of this type."),
      QueryParameter(name: "write-back-delay", schema: .text, summary: "How long after now, as in 10m."),
    ]
    let user = [QueryParameter(name: "user-id", schema: .text, summary: "Leave out what this user had.")]
    let scores = JSONSchema.array(.object([("Id", .text), ("Score", .number)]))
    let get = {
      (
        path: String, summary: String, query: [QueryParameter],
        handle: @escaping @Sendable (RouteRequest) async throws -> Response
      ) in
      Route(
        .get, path, .read, "gorse: " + summary, query: query, answer: scores, refusals: [.serviceUnavailable],
        handle: handle)
    }
    var routes: [Route] = [
      Route(
        .get, "/api/collaborative-filtering/{user-id}", .read, "gorse: what a user should see next",
        query: paging + user, answer: scores, refusals: [.serviceUnavailable], isList: true
      ) { request in
        .json(
          .array(
            try await self.list(request, for: try request.id("user-id")).map { .gorse($0.item, score: $0.score) }))
      },
      get("/api/latest", "the newest items", paging + user) { request in
        .json(.array(try await self.latest(request)))
      },
      get("/api/popular", "the most popular items", paging + user) { request in
        .json(.array(try await self.popular(request)))
      },
      get("/api/non-personalized/{name}", "the most popular items", paging + user) { request in
        .json(.array(try await self.popular(request)))
      },
    ]
    for path in ["/api/item/{item-id}/neighbors", "/api/item-to-item/{name}/{item-id}"] {
      routes.append(
        get(path, "items like one", paging + user) { request in
          .json(.array(try await self.itemNeighbors(request)))
        })
    }
    for path in ["/api/user/{user-id}/neighbors", "/api/user-to-user/{name}/{user-id}"] {
      routes.append(
        get(path, "users like one", paging) { request in .json(.array(try await self.userNeighbors(request))) })
    }
    for suffix in ["", "/{category}"] {
      routes.append(
        Route(
          .get, "/api/recommend/{user-id}" + suffix, .write, "gorse: what a user should see next",
          query: paging + writing,
          answer: .array(.anything), refusals: [.serviceUnavailable], isList: true, handle: gorseRecommend))
      routes.append(
        Route(
          .post, "/api/session/recommend" + suffix, .read, "gorse: what a user with this feedback should see next",
          query: paging, body: .array(.anything), answer: scores, refusals: [.serviceUnavailable], isList: true,
          handle: gorseSession))
    }
    let health = ["/api/health/live", "/api/health/ready"].map { path in
      Route(.get, path, .open, "gorse: health", answer: .anything, refusals: [.serviceUnavailable]) { _ in
        let isReady = self.isReady
        return .json(
          [
            "Ready": .bool(isReady), "DataStoreError": .null, "CacheStoreError": .null,
            "DataStoreConnected": .bool(true),
            "CacheStoreConnected": .bool(true),
          ], status: isReady || path.hasSuffix("live") ? .ok : .serviceUnavailable)
      }
    }
    return routes + health
  }

  @Sendable private func gorseRecommend(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user-id")
    let list = try await list(request, for: user)
    if let kind = try request.text("write-back-type"), !kind.isEmpty, !request.isHead {
      guard RouteRequest.isID(kind) else { throw ServerError.badParameter("write-back-type", "is no id") }
      let time = StoredTime.now + (try request.span("write-back-delay"))
      try await add(
        list.map { Feedback(user: user, item: $0.item, kind: kind, value: 0, time: time, isShown: true) },
        existing: .replaced)
    }
    let wantsScores = request.headers[.gorseVersion] == "2"
    return .json(.array(list.map { wantsScores ? .gorse($0.item, score: $0.score) : .string($0.item) }))
  }

  @Sendable private func gorseSession(_ request: RouteRequest) async throws -> Response {
    let rows = try await request.body(as: [GorseFeedback].self)
    guard rows.count <= limits.historyItems else {
      throw ServerError.badBody("holds a history of more than \(limits.historyItems) items")
    }
    guard let model = try listModel() else { return .json([]) }
    var events: [Feedback] = []
    for (number, row) in rows.enumerated() { events.append(try row.feedback(number, needsUser: false)) }
    let view = UserView(events.inOrder, of: model.recommender)
    return .json(.array(try list(request, view, model).map { .gorse($0.item, score: $0.score) }))
  }

  private func list(_ request: RouteRequest, for user: String) async throws -> [Recommendation<String>] {
    guard let model = try listModel() else { return [] }
    return try list(request, try await view(of: user, in: model), model)
  }

  private func list(
    _ request: RouteRequest, _ view: UserView, _ model: ServedModel
  ) throws -> [Recommendation<String>] {
    let (count, offset) = (try request.gorseCount, try request.offset)
    var rules = try rules(request, model)
    rules.excludingPositions += view.seen
    let list = model.recommender.recommendations(for: [view.history], limit: count + offset, rules: rules)[0]
    if list.basis == .history, !model.isFallback { figures.add(to: "personal") }
    return Array(list.dropFirst(offset))
  }

  private func rules(
    _ request: RouteRequest, _ model: ServedModel, excluding known: Set<ExactText> = []
  ) throws -> ListRules<String> {
    let categories = try request.categories
    return ListRules(
      excluding: items.unavailable.union(known),
      restrictingTo: categories.isEmpty ? nil : items.ids(ofAllGenres: categories), of: model.recommender)
  }

  /// The items of the user that a request names.
  private func knownItems(_ request: RouteRequest) async throws -> Set<ExactText> {
    guard let user = try request.text("user-id"), !user.isEmpty else { return [] }
    return Set(try await histories.feedback(of: user, in: store).map { ExactText($0.item) })
  }

  private func popular(_ request: RouteRequest) async throws -> [JSON] {
    guard let model = try listModel() else { return [] }
    let rules = try rules(request, model, excluding: try await knownItems(request))
    let (count, offset) = (try request.gorseCount, try request.offset)
    let list = model.recommender.recommendations(for: [History()], limit: count + offset, rules: rules)[0]
    return list.dropFirst(offset).map { .gorse($0.item, score: $0.score) }
  }

  private func latest(_ request: RouteRequest) async throws -> [JSON] {
    let (count, offset) = (try request.gorseCount, try request.offset)
    let known = try await knownItems(request)
    let newest = items.newest(count + offset, ofAllGenres: try request.categories, excluding: known)
    return newest.dropFirst(offset).map { .gorse($0.id, score: Float(Double($0.time ?? 0) / 1e6)) }
  }

  private func itemNeighbors(_ request: RouteRequest) async throws -> [JSON] {
    guard let model = try servedModel() else { return [] }
    let (count, offset) = (try request.gorseCount, try request.offset)
    let categories = try request.categories
    let allowed = categories.isEmpty ? nil : items.ids(ofAllGenres: categories)
    let all = allowed == nil ? count + offset : model.recommender.itemCount
    let neighbors = similar(to: try request.id("item-id"), limit: all, in: model).filter {
      allowed?.contains(ExactText($0.id)) ?? true
    }
    return neighbors.dropFirst(offset).prefix(count).map { .gorse($0.id, score: $0.score) }
  }

  private func userNeighbors(_ request: RouteRequest) async throws -> [JSON] {
    guard let model = try servedModel() else { return [] }
    let (count, offset) = (try request.gorseCount, try request.offset)
    let neighbors = try await similarUsers(to: try request.id("user-id"), limit: count + offset, in: model)
    return neighbors.dropFirst(offset).map { .gorse($0.id, score: $0.score) }
  }
}

extension RouteRequest {
  fileprivate var gorseCount: Int { get throws(ServerError) { try integer("n", default: 10, in: 0...1000) } }
  fileprivate var offset: Int { get throws(ServerError) { try integer("offset", default: 0, in: 0...100_000) } }

  /// The categories of the path and of the query.
  fileprivate var categories: [String] {
    get throws(ServerError) {
      let own = route.pathParameters.contains("category") ? [try id("category")] : []
      return own + texts("category").filter { !$0.isEmpty }
    }
  }

  /// A duration as Go writes it, such as 1h30m, in microseconds.
  fileprivate func span(_ name: String) throws(ServerError) -> Timestamp {
    guard let text = try text(name), !text.isEmpty else { return 0 }
    var total = 0.0
    var rest = text[...]
    while let match = rest.prefixMatch(of: /([0-9]+(?:\.[0-9]+)?)(ms|h|m|s)/) {
      total += (Double(match.output.1) ?? 0) * (["h": 3600, "m": 60, "s": 1, "ms": 0.001][match.output.2] ?? 0)
      rest = rest[match.range.upperBound...]
    }
    guard rest.isEmpty, total <= 1e9 else { throw .badParameter(name, "must be a span such as 10m") }
    return Timestamp(total * 1e6)
  }
}

extension HTTPField.Name {
  fileprivate static let gorseVersion = HTTPField.Name("X-API-Version") ?? .accept
}
