import Foundation
import Hummingbird
import Kindred
import KindredStore

extension Engine {
  /// People, and what they rated.
  var peopleRoutes: [Route] {
    [
      Route(
        .get, "/v1/users", .read, "All people", query: [.limit, .cursor], answer: .named("People"), handle: listPeople),
      Route(
        .get, "/v1/users/{user}", .read, "One person", answer: .named("Person"), refusals: [.notFound],
        handle: readPerson),
      Route(
        .put, "/v1/users/{user}", .write, "Add a person, or say what is known about her",
        body: .object([], optional: [("attributes", .anything), ("comment", Schema.text.orNull)]), status: .noContent,
        handle: putPerson),
      Route(
        .delete, "/v1/users/{user}", .write, "Delete a person and every trace of her, in kept models too",
        answer: .object([("user", .text), ("ratings", .count), ("models", .count), ("note", .text)]),
        refusals: [.notFound], handle: deletePerson),
      Route(
        .get, "/v1/users/{user}/ratings", .read, "What a person rated, the newest first", query: [.limit, .cursor],
        answer: .named("Ratings"), handle: listRatings),
      Route(
        .put, "/v1/users/{user}/ratings/{item}", .write, "Rate an item; an unknown person is made",
        body: .object(
          [("value", .number(-1e6...1e6))], optional: [("time", Schema.integer(0...253_402_300_799).orNull)]),
        status: .noContent, refusals: [.notFound], handle: putRating),
      Route(
        .delete, "/v1/users/{user}/ratings/{item}", .write, "Take a rating back", status: .noContent,
        refusals: [.notFound], handle: deleteRating),
    ]
  }

  @Sendable private func listPeople(_ call: Call) async throws -> Response {
    let page = try await store.people(after: try call.text("cursor"), limit: try call.limit)
    return .json(["users": .array(page.elements.map(answer)), "cursor": .text(page.cursor)])
  }

  private func answer(_ person: Person) -> Answer {
    ["user": .string(person.id), "attributes": .value(person.attributes), "comment": .string(person.comment)]
  }

  @Sendable private func readPerson(_ call: Call) async throws -> Response {
    let id = try call.id("user")
    guard let person = try await store.person(id) else { throw ServerError.unknown("user", id) }
    return .json(answer(person))
  }

  @Sendable private func putPerson(_ call: Call) async throws -> Response {
    let body = try await call.body(as: PersonBody.self)
    try await store.put([
      Person(id: try call.id("user"), attributes: body.attributes ?? .null, comment: body.comment ?? "")
    ])
    return .done
  }

  @Sendable private func deletePerson(_ call: Call) async throws -> Response {
    let id = try call.id("user")
    guard let erasure = try await delete(person: id) else { throw ServerError.unknown("user", id) }
    return .json([
      "user": .string(id), "ratings": .integer(erasure.feedback), "models": .integer(erasure.models.count),
      "note":
        "Nothing of this person is left. Models keep what many people had in common until they are trained again.",
    ])
  }

  /// Deletes a person, in the store and in memory; nil if there was none.
  func delete(person id: String) async throws -> Erasure? {
    let erasure = try await store.deletePerson(id)
    histories.forget(id)
    model?.forget(Self.peopleKey)
    return erasure
  }

  @Sendable private func listRatings(_ call: Call) async throws -> Response {
    let person = try call.id("user")
    let limit = try call.limit
    let start = try Position(call.text("cursor"))
    let ratings = try await histories.feedback(of: person, in: store)
      .sorted { ($1.time ?? 0, $0.item, $0.kind) < ($0.time ?? 0, $1.item, $1.kind) }
    let page = ratings.dropFirst(start.number).prefix(limit)
    let known = items[page.map(\.item)]
    let isLast = start.number + page.count >= ratings.count
    return .json([
      "ratings": .array(
        zip(page, known).map { rating, item in
          [
            "item": .string(rating.item), "title": .text(item?.title), "genres": .texts(item?.genres ?? []),
            "value": .number(rating.value), "time": rating.time.map { .integer(Int($0)) } ?? .null,
            "kind": .string(rating.kind),
          ]
        }), "cursor": isLast ? .null : .string(Position(number: start.number + page.count).text),
    ])
  }

  @Sendable private func putRating(_ call: Call) async throws -> Response {
    let (person, item) = (try call.id("user"), try call.id("item"))
    let body = try await call.body(as: RatingBody.self)
    guard abs(body.value) <= 1e6 else {
      throw ServerError(.badRequest, "invalid_value", "A value lies between -1000000 and 1000000.")
    }
    let time = body.time ?? Timestamp(Date().timeIntervalSince1970)
    guard (0...253_402_300_799).contains(time) else {
      throw ServerError(.badRequest, "invalid_value", "A time is a number of seconds since 1970, up to the year 9999.")
    }
    try await store.add([Feedback(person: person, item: item, value: body.value, time: time)])
    noteChange(of: person, newRatings: 1)
    return .done
  }

  @Sendable private func deleteRating(_ call: Call) async throws -> Response {
    let (person, item) = (try call.id("user"), try call.id("item"))
    let count = try await store.deleteFeedback(kind: Feedback.rating, person: person, item: item)
    noteChange(of: person)
    guard count > 0 else {
      throw ServerError(.notFound, "unknown_rating", "This person has not rated this item.")
    }
    return .done
  }
}

/// How many elements of a listing that is in memory came before; clients see it as an opaque cursor.
private struct Position {
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

private struct PersonBody: Decodable {
  var attributes: JSON?
  var comment: String?
}

private struct RatingBody: Decodable {
  var value: Float
  var time: Timestamp?
}
