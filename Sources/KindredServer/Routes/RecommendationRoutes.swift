import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// Lists, and predicted ratings.
  var recommendationRoutes: [Route] {
    let rules = [
      .limit,
      QueryParameter(
        name: "category", schema: .text, summary: "Only items of one of these genres, in whatever case.",
        isRepeatable: true),
      QueryParameter(name: "exclude", schema: .text, summary: "Items to leave out.", isRepeatable: true),
      QueryParameter(name: "explain", schema: .flag, summary: "Whether each item comes with its reasons."),
      QueryParameter(
        name: "diversity", schema: .number(0...1), summary: "How much likeness within the list counts against items."),
      QueryParameter(
        name: "minimum_ratings", schema: .integer(0...1_000_000_000), summary: "The fewest users who rated an item."),
    ]
    return [
      Route(
        .get, "/v1/users/{user}/recommendations", .read,
        "What a user should see next; for an unknown user, what is popular",
        query: rules, answer: .named("Recommendations"), refusals: [.serviceUnavailable], handle: recommendToUser),
      Route(
        .post, "/v1/recommendations", .read, "What a user with this history should see next; nothing is kept",
        query: rules, body: Self.historyBody, answer: .named("Recommendations"), refusals: [.serviceUnavailable],
        handle: recommendByHistory),
      Route(
        .post, "/v1/predictions", .read, "What users would give items",
        body: .object([("pairs", .array(.object([("user", .id), ("item", .id)]), atMost: 1000))]),
        answer: .named("Predictions"), refusals: [.serviceUnavailable], handle: predict),
    ]
  }

  static let historyBody = JSONSchema.object([
    (
      "history",
      .array(.object([("item", .id), ("value", .number(-1e6...1e6))], optional: [("time", JSONSchema.number.orNull)]))
    )
  ])

  @Sendable private func recommendToUser(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    let query = try ListQuery(request, items)
    guard let model = try listModel() else { return nothing() }
    return try await answer(model, try await history(of: user, in: model), query)
  }

  @Sendable private func recommendByHistory(_ request: RouteRequest) async throws -> Response {
    let query = try ListQuery(request, items)
    let body = try await request.body(as: HistoryBody.self)
    let feedback = try body.feedback(limits)
    guard let model = try listModel() else { return nothing() }
    return try await answer(model, model.recommender.history(of: feedback), query)
  }

  /// The model, or nil where there is nothing to make one of yet.
  func servedModel() throws(ServerError) -> ServedModel? {
    let model = model
    if model == nil, !isReady { throw .notReady }
    return model
  }

  /// What lists come from: the model, or what is popular while there is none; nil where there are no ratings.
  func listModel() throws(ServerError) -> ServedModel? {
    if let model = model ?? fallback { return model }
    return try servedModel()
  }

  private func nothing() -> Response {
    .json([
      "model": .null, "basis": "nothing", "note": "There is no model yet, since there are no ratings to learn from.",
      "items": [],
    ])
  }

  /// A list and the reasons of each of its items.
  private typealias ExplainedList = (list: RecommendationList<String>, reasons: [[Reason<String>]])

  private static func list(_ model: ServedModel, _ history: History, _ query: ListQuery) -> ExplainedList {
    let recommender = model.recommender
    let list = recommender.recommendations(for: [history], limit: query.limit, rules: query.rules(for: recommender))[0]
    let reasons = query.explains ? recommender.reasons(for: list.map(\.item), history: history, limit: 3) : []
    return (list, reasons)
  }

  private func answer(_ model: ServedModel, _ history: History, _ query: ListQuery) async throws -> Response {
    let recommender = model.recommender
    let (list, reasons) =
      query.isCostly
      ? try await heavyWork.run { Self.list(model, history, query) } : Self.list(model, history, query)
    let known = items[list.map(\.item)]
    return .json([
      "model": model.isFallback ? .null : .string(model.name),
      "basis": list.basis == .history && !model.isFallback ? "history" : "popularity",
      "note": model.isFallback ? "There is no model yet; this is what is popular." : .null,
      "items": .array(
        zip(list.indices, known).map { place, item in
          let one = list[place]
          return [
            "item": .string(one.item), "title": .text(item?.title), "score": .float(one.score),
            "rating": .float(one.rating?.value), "deviation": .float(one.rating?.deviation),
            "reasons": .array(
              (query.explains ? reasons[place] : []).map {
                ["item": .string($0.item), "title": .text(items[$0.item]?.title), "share": .float($0.share)]
              }),
            "genres": .texts(item?.genres ?? []), "ratings": .integer(recommender.ratingCount(of: one.item)),
          ]
        }),
    ])
  }

  @Sendable private func predict(_ request: RouteRequest) async throws -> Response {
    let body = try await request.body(as: PairsBody.self)
    guard body.pairs.count <= 1000 else { throw ServerError.badBody("holds more than 1000 pairs") }
    guard let model = try servedModel() else { return .json(["model": .null, "predictions": []]) }
    var predictions: [JSON] = []
    for pair in body.pairs {
      guard RouteRequest.isID(pair.user), RouteRequest.isID(pair.item) else {
        throw ServerError.badBody("holds something that is no id")
      }
      let history = try await history(of: pair.user, in: model)
      let rating = model.recommender.rating(of: pair.item, for: history)
      predictions.append([
        "user": .string(pair.user), "item": .string(pair.item), "rating": .float(rating?.value),
        "deviation": .float(rating?.deviation),
      ])
    }
    return .json(["model": .string(model.name), "predictions": .array(predictions)])
  }
}

/// A history that comes with a request.
struct HistoryBody: Decodable {
  private struct One: Decodable {
    var item: String
    var value: Float
    var time: Timestamp?
  }

  private let history: [One]

  /// The history by item, the last of an item alone.
  func feedback(_ limits: Limits) throws(ServerError) -> [Feedback] {
    guard history.count <= limits.historyItems else {
      throw .badBody("holds a history of more than \(limits.historyItems) items")
    }
    var positions: [ExactText: Int] = [:]
    var feedback: [Feedback] = []
    for one in history {
      guard RouteRequest.isID(one.item) else { throw .badBody("holds something that is no id") }
      guard abs(one.value) <= 1e6 else { throw .badBody("holds a value beyond 1000000") }
      let new = Feedback(user: "", item: one.item, value: one.value, time: one.time)
      if let position = positions[ExactText(one.item)] {
        feedback[position] = new
      } else {
        positions[ExactText(one.item)] = feedback.count
        feedback.append(new)
      }
    }
    return feedback
  }
}

private struct PairsBody: Decodable {
  struct Pair: Decodable {
    var user: String
    var item: String
  }
  var pairs: [Pair]
}
