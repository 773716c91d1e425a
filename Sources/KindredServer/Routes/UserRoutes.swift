import Foundation
import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// Users, and their ratings.
  var userRoutes: [Route] {
    [
      Route(
        .get, "/v1/users", .read, "All users", query: [.limit, .cursor], answer: .named("People"), handle: listUsers),
      Route(
        .get, "/v1/users/{user}", .read, "One user", answer: .named("Person"), refusals: [.notFound],
        handle: readUser),
      Route(
        .put, "/v1/users/{user}", .write, "Add a user, or say what is known about them",
        body: .object([], optional: [("attributes", .anything), ("comment", JSONSchema.text.orNull)]),
        status: .noContent,
        handle: putUser),
      Route(
        .delete, "/v1/users/{user}", .write, "Delete a user and every trace of them, in kept models too",
        answer: .object([("user", .text), ("ratings", .count), ("models", .count), ("note", .text)]),
        refusals: [.notFound], handle: deleteUser),
      Route(
        .get, "/v1/users/{user}/ratings", .read, "What a user rated, the newest first", query: [.limit, .cursor],
        answer: .named("Ratings"), handle: listRatings),
      Route(
        .put, "/v1/users/{user}/ratings/{item}", .write, "Rate an item; an unknown user is made",
        body: .object(
          [("value", .number(-1e6...1e6))], optional: [("time", .time)]),
        status: .noContent, refusals: [.notFound], handle: putRating),
      Route(
        .delete, "/v1/users/{user}/ratings/{item}", .write, "Take a rating back", status: .noContent,
        refusals: [.notFound], handle: deleteRating),
    ]
  }

  @Sendable private func listUsers(_ request: RouteRequest) async throws -> Response {
    let page = try await store.users(after: try request.text("cursor"), limit: try request.limit)
    return .json(["users": .array(page.elements.map(answer)), "cursor": .text(page.cursor)])
  }

  private func answer(_ user: StoredUser) -> JSON {
    ["user": .string(user.id), "attributes": user.attributes.json, "comment": .string(user.comment)]
  }

  @Sendable private func readUser(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("user")
    guard let user = try await store.user(id), case .object(let members) = answer(user) else {
      throw ServerError.unknown("user", id)
    }
    let feedback = try await histories.feedback(of: id, in: store)
    let count = feedback.count(where: { !$0.isEarlier })
    return .json(
      .object(members + [("ratings", .integer(count)), ("last", .time(feedback.compactMap(\.time).max()))]))
  }

  @Sendable private func putUser(_ request: RouteRequest) async throws -> Response {
    let body = try await request.body(as: UserBody.self)
    try await store.put([
      StoredUser(
        id: try request.id("user"), attributes: Attributes(body.attributes ?? .null), comment: body.comment ?? "")
    ])
    return .done
  }

  @Sendable private func deleteUser(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("user")
    guard let erasure = try await delete(user: id) else { throw ServerError.unknown("user", id) }
    return .json([
      "user": .string(id), "ratings": .integer(erasure.feedback), "models": .integer(erasure.models.count),
      "note":
        "Nothing of this user is left. Models keep what many users had in common until they are trained again.",
    ])
  }

  /// Deletes a user, in the store and in memory; nil if there was none.
  func delete(user id: String) async throws -> Erasure? {
    let erasure = try await store.deleteUser(id)
    histories.forget(id)
    description = nil
    model?.forget(Self.usersKey)
    if let erasure, let name = model?.name, erasure.models.contains(where: { "\($0)" == name }),
      let current = try await store.currentModel()
    {
      try await serve(current)
    }
    return erasure
  }

  @Sendable private func listRatings(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    let limit = try request.limit
    let start = try ListPosition(request.text("cursor"))
    let ratings = try await histories.feedback(of: user, in: store)
      .filter { !$0.isEarlier && (!$0.isShown || $0.isNotForMe) }
      .sorted { ($1.time ?? .min, $0.item, $0.kind) < ($0.time ?? .min, $1.item, $1.kind) }
    let page = ratings.dropFirst(start.number).prefix(limit)
    let known = items[page.map(\.item)]
    let isLast = start.number + page.count >= ratings.count
    return .json([
      "ratings": .array(
        zip(page, known).map { rating, item in
          [
            "item": .string(rating.item), "title": .text(item?.title), "genres": .texts(item?.genres ?? []),
            "value": .float(rating.value), "time": .time(rating.time),
            "kind": .string(rating.kind),
          ]
        }), "cursor": isLast ? .null : .string(ListPosition(number: start.number + page.count).text),
    ])
  }

  @Sendable private func putRating(_ request: RouteRequest) async throws -> Response {
    let (user, item) = (try request.id("user"), try request.id("item"))
    let body = try await request.body(as: RatingBody.self)
    try checkRating(body.value)
    let time = try body.time?.ofEvent ?? StoredTime.now
    try await store.add([Feedback(user: user, item: item, value: body.value, time: time)])
    noteChange(of: user, newRatings: 1)
    return .done
  }

  /// Refuses a rating that the store does not keep, and one off the scale of the model's ratings.
  func checkRating(_ value: Float) throws(ServerError) {
    guard abs(value) <= 1e6 else {
      throw ServerError(.badRequest, "invalid_value", "A value lies between -1000000 and 1000000.")
    }
    if let scale = model?.recommender.ratingModel?.admissibleRatings, !scale.contains(value) {
      throw .offScale(value, scale)
    }
  }

  @Sendable private func deleteRating(_ request: RouteRequest) async throws -> Response {
    let (user, item) = (try request.id("user"), try request.id("item"))
    let count = try await store.deleteFeedback(kind: Feedback.rating, user: user, item: item)
    noteChange(of: user)
    guard count > 0 else {
      throw ServerError(.notFound, "unknown_rating", "This user has not rated this item.")
    }
    return .done
  }
}

/// How many elements of a listing that is in memory came before; clients see it as an opaque cursor.
struct ListPosition {
  let number: Int

  init(number: Int) { self.number = number }

  init(_ cursor: String?) throws(ServerError) {
    guard let cursor, !cursor.isEmpty else {
      number = 0
      return
    }
    guard let data = Data(base64Encoded: cursor), let number = Int(String(decoding: data, as: UTF8.self)), number >= 0
    else { throw .badParameter("cursor", "is none that this server gave") }
    self.number = number
  }

  var text: String { Data("\(number)".utf8).base64EncodedString() }
}

private struct UserBody: Decodable {
  var attributes: JSON?
  var comment: String?
}

private struct RatingBody: Decodable {
  var value: Float
  var time: RequestTime?
}
