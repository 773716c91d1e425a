import Foundation
import Hummingbird
import Kindred
import KindredJSON
import KindredStore

/// Gorse's interface under `/api`, for programs written for it: users, items and feedback.
extension RecommendationService {
  var gorseDataRoutes: [Route] {
    let rows = JSONSchema.object([("RowAffected", .count)])
    let paging = [
      QueryParameter(name: "n", schema: .integer(0...1000), summary: "The most to return; 10 where nothing is said."),
      .cursor,
    ]
    let user = "/api/user/{user-id}"
    let item = "/api/item/{item-id}"
    let pair = "/api/feedback/{user-id}/{item-id}"
    let one = "/api/feedback/{feedback-type}/{user-id}/{item-id}"
    let users = JSONSchema.array(.anything)
    return [
      Route(.post, "/api/user", .write, "gorse: add a user", body: .anything, answer: rows) { request in
        try await self.insert([try await request.body(as: GorseUser.self)])
      },
      Route(.post, "/api/users", .write, "gorse: add users", body: users, answer: rows) { request in
        try await self.insert(try await request.body(as: [GorseUser].self))
      },
      Route(.get, "/api/users", .read, "gorse: users", query: paging, answer: .anything) { request in
        let page = try await self.store.users(after: try request.text("cursor"), limit: try request.gorseLimit)
        return .json(["Cursor": .string(page.cursor ?? ""), "Users": .array(page.elements.map(JSON.gorse))])
      },
      Route(.get, user, .read, "gorse: a user", answer: .anything, refusals: [.notFound]) { request in
        let id = try request.id("user-id")
        guard let user = try await self.store.user(id) else { throw ServerError.unknown("user", id) }
        return .json(.gorse(user))
      },
      Route(
        .patch, user, .write, "gorse: change a user", body: .anything, answer: rows, refusals: [.notFound]
      ) { request in
        let id = try request.id("user-id")
        let body = try await request.body(as: GorseUser.self)
        let patch = UserPatch(attributes: body.Labels.map { Attributes($0) }, comment: body.Comment)
        guard try await self.store.patchUser(id, patch) else { throw ServerError.unknown("user", id) }
        return .json(.rows(1))
      },
      Route(.delete, user, .write, "gorse: delete a user and their feedback", answer: rows) { request in
        .json(.rows(try await self.delete(user: try request.id("user-id")) == nil ? 0 : 1))
      },
      Route(.post, "/api/item", .write, "gorse: add an item", body: .anything, answer: rows) { request in
        try await self.insert([try await request.body(as: GorseItem.self)])
      },
      Route(.post, "/api/items", .write, "gorse: add items", body: users, answer: rows) { request in
        try await self.insert(try await request.body(as: [GorseItem].self))
      },
      Route(
        .get, "/api/items", .read, "gorse: items",
        query: paging + [QueryParameter(name: "q", schema: .text, summary: "Words to look for.")], answer: .anything
      ) { request in
        let (cursor, limit) = (try request.text("cursor"), try request.gorseLimit)
        let query = try request.text("q") ?? ""
        let page =
          query.isEmpty
          ? try await self.store.items(after: cursor, limit: limit)
          : try await self.store.items(matching: String(query.prefix(1000)), after: cursor, limit: limit)
        return .json(["Cursor": .string(page.cursor ?? ""), "Items": .array(page.elements.map(JSON.gorse))])
      },
      Route(.get, item, .read, "gorse: an item", answer: .anything, refusals: [.notFound]) { request in
        let id = try request.id("item-id")
        guard let item = try await self.store.item(id) else { throw ServerError.unknown("item", id) }
        return .json(.gorse(item))
      },
      Route(
        .patch, item, .write, "gorse: change an item; null keeps", body: .anything, answer: rows, refusals: [.notFound]
      ) { request in
        let id = try request.id("item-id")
        let patch = try await request.body(as: GorseItem.self).patch()
        guard try await self.patch(id, patch) else { throw ServerError.unknown("item", id) }
        return .json(.rows(1))
      },
      Route(.delete, item, .write, "gorse: delete an item and its feedback", answer: rows) { request in
        .json(.rows(try await self.delete(item: try request.id("item-id")) ? 1 : 0))
      },
      Route(
        .put, item + "/category/{category}", .write, "gorse: add a category to an item", answer: rows,
        refusals: [.notFound]
      ) { request in try await self.change(request) { $0.contains($1) ? $0 : $0 + [$1] } },
      Route(
        .delete, item + "/category/{category}", .write, "gorse: take a category from an item", answer: rows,
        refusals: [.notFound]
      ) { request in try await self.change(request) { categories, category in categories.filter { $0 != category } } },
      Route(
        .post, "/api/feedback", .write, "gorse: add feedback; values add up", body: users, answer: rows
      ) { request in
        try await self.insert(try await request.body(as: [GorseFeedback].self), existing: .accumulated)
      },
      Route(.put, "/api/feedback", .write, "gorse: set feedback", body: users, answer: rows) { request in
        try await self.insert(try await request.body(as: [GorseFeedback].self), existing: .replaced)
      },
      Route(.get, "/api/feedback", .read, "gorse: feedback", query: paging, answer: .anything) { request in
        try await self.feedback(request, kind: nil)
      },
      Route(
        .get, "/api/feedback/{feedback-type}", .read, "gorse: feedback of a type", query: paging, answer: .anything
      ) { request in try await self.feedback(request, kind: try request.id("feedback-type")) },
      Route(.get, pair, .read, "gorse: feedback of a user on an item", answer: users) { request in
        .json(.array(try await self.feedback(user: try request.id("user-id"), item: try request.id("item-id"))))
      },
      Route(.delete, pair, .write, "gorse: delete feedback of a user on an item", answer: rows) { request in
        try await self.deleteFeedback(request, kind: nil)
      },
      Route(.get, one, .read, "gorse: one feedback, or {}", answer: .anything) { request in
        let found = try await self.feedback(
          kind: try request.id("feedback-type"), user: try request.id("user-id"), item: try request.id("item-id"))
        return .json(found.first ?? .object([]))
      },
      Route(.delete, one, .write, "gorse: delete one feedback", answer: rows) { request in
        try await self.deleteFeedback(request, kind: try request.id("feedback-type"))
      },
      Route(.get, user + "/feedback", .read, "gorse: feedback of a user", answer: users) { request in
        .json(.array(try await self.feedback(user: try request.id("user-id"))))
      },
      Route(.get, user + "/feedback/{feedback-type}", .read, "gorse: feedback of a user and type", answer: users) {
        request in
        .json(.array(try await self.feedback(kind: try request.id("feedback-type"), user: try request.id("user-id"))))
      },
      Route(.get, item + "/feedback", .read, "gorse: feedback on an item", answer: users) { request in
        .json(.array(try await self.feedback(item: try request.id("item-id"))))
      },
      Route(.get, item + "/feedback/{feedback-type}", .read, "gorse: feedback on an item, of a type", answer: users) {
        request in
        .json(.array(try await self.feedback(kind: try request.id("feedback-type"), item: try request.id("item-id"))))
      },
    ]
  }

  private func insert(_ users: [GorseUser]) async throws -> Response {
    try await store.put(try users.map { try $0.user() })
    return .json(.rows(users.count))
  }

  private func insert(_ items: [GorseItem]) async throws -> Response {
    try await put(try items.map { try $0.item() })
    return .json(.rows(items.count))
  }

  private func change(_ request: RouteRequest, _ change: ([String], String) -> [String]) async throws -> Response {
    let (id, category) = (try request.id("item-id"), try request.id("category"))
    guard let item = try await store.item(id) else { throw ServerError.unknown("item", id) }
    _ = try await patch(id, ItemPatch(genres: change(item.genres, category)))
    return .json(.rows(1))
  }

  private func insert(_ rows: [GorseFeedback], existing: ExistingFeedback) async throws -> Response {
    var feedback: [Feedback] = []
    for (number, row) in rows.enumerated() { feedback.append(try row.feedback(number)) }
    try await add(feedback, existing: existing)
    return .json(.rows(feedback.count))
  }

  /// Adds feedback, in the store and in memory, and creates unknown users and items.
  func add(_ feedback: [Feedback], existing: ExistingFeedback) async throws {
    try await store.add(feedback, existing: existing, unknownItems: .made)
    for item in Set(feedback.map { ExactText($0.item) }) where items[item.text] == nil { try await refresh(item.text) }
    for (user, own) in Dictionary(grouping: feedback, by: { ExactText($0.user) }) {
      noteChange(of: user.text, newRatings: own.count { !$0.isShown })
    }
  }

  private func feedback(_ request: RouteRequest, kind: String?) async throws -> Response {
    let page = try await store.feedback(
      kind: kind, user: nil, item: nil, after: try request.text("cursor"), limit: try request.gorseLimit)
    return .json(["Cursor": .string(page.cursor ?? ""), "Feedback": .array(page.elements.map(JSON.gorse))])
  }

  private func feedback(kind: String? = nil, user: String? = nil, item: String? = nil) async throws -> [JSON] {
    try await store.feedback(kind: kind, user: user, item: item, limit: limits.historyItems).elements.map(
      JSON.gorse)
  }

  private func deleteFeedback(_ request: RouteRequest, kind: String?) async throws -> Response {
    let user = try request.id("user-id")
    let count = try await store.deleteFeedback(kind: kind, user: user, item: try request.id("item-id"))
    noteChange(of: user)
    return .json(.rows(count))
  }
}

extension RouteRequest {
  /// The page length that a client of gorse asks for; at least 1, because an empty page has no next page.
  var gorseLimit: Int { get throws(ServerError) { max(1, try integer("n", default: 10, in: 0...1000)) } }
}
