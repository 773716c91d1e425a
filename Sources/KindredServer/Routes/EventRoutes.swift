import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// Events of any kind, many at once.
  var eventRoutes: [Route] {
    [
      Route(
        .post, "/v1/events", .write,
        "Add events such as purchases, plays or ratings, all or none; unknown users and items are made",
        body: .object([
          (
            "events",
            .array(
              .object(
                [("user", .id), ("item", .id)],
                optional: [
                  ("kind", JSONSchema.id.orNull), ("value", JSONSchema.number(-1e6...1e6).orNull), ("time", .time),
                ]), atMost: EventsBody.most)
          )
        ]), answer: .object([("added", .count)]), handle: addEvents)
    ]
  }

  @Sendable private func addEvents(_ request: RouteRequest) async throws -> Response {
    let body = try await request.body(as: EventsBody.self)
    let events = try body.feedback(kind: try await dataDescription().kind, now: StoredTime.now)
    for event in events where event.kind == Feedback.rating { try checkRating(event.value) }
    try await add(events, existing: .latest)
    return .json(["added": .integer(events.count)])
  }
}

private struct EventsBody: Decodable {
  private struct One: Decodable {
    var user: String
    var item: String
    var kind: String?
    var value: Float?
    var time: RequestTime?
  }

  /// The most events of a body.
  static let most = 1000
  private let events: [One]

  /// - Parameters:
  ///   - kind: The kind of an event that names none.
  ///   - now: The time of an event that has none.
  func feedback(kind: String, now: Timestamp) throws(ServerError) -> [Feedback] {
    guard events.count <= Self.most else { throw .badBody("holds more than \(Self.most) events") }
    var feedback: [Feedback] = []
    for (number, one) in events.enumerated() {
      let kind = one.kind ?? kind
      guard RouteRequest.isID(one.user), RouteRequest.isID(one.item), RouteRequest.isID(kind) else {
        throw .badBody("holds an event, number \(number + 1), with something that is no id")
      }
      guard let value = one.value ?? (kind == Feedback.rating ? nil : 1) else {
        throw .badBody("holds a rating, number \(number + 1), without a value")
      }
      guard abs(value) <= 1e6 else { throw .badBody("holds a value beyond 1000000") }
      feedback.append(
        Feedback(user: one.user, item: one.item, kind: kind, value: value, time: try one.time?.ofEvent ?? now))
    }
    return feedback
  }
}
