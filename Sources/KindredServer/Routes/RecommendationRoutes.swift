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
      QueryParameter(
        name: "include_observed", schema: .flag, summary: "Whether items may come again that the user had already."),
      QueryParameter(name: "explain", schema: .flag, summary: "Whether each item comes with its reasons."),
      QueryParameter(
        name: "diversity", schema: .number(0...1), summary: "How much likeness within the list counts against items."),
      QueryParameter(
        name: "explore", schema: .number(0...1),
        summary: "The share of places for items without ratings, which their attributes place; by score if not given."),
      QueryParameter(
        name: "minimum_ratings", schema: .integer(0...1_000_000_000), summary: "The fewest users who rated an item."),
    ]
    return [
      Route(
        .get, "/v1/users/{user}/recommendations", .read,
        "What a user should see next; for a user without feedback, what users with the same attributes take, or what "
          + "is popular",
        query: rules, answer: .named("Recommendations"), refusals: [.serviceUnavailable], isList: true,
        handle: recommendToUser),
      Route(
        .post, "/v1/recommendations", .read,
        "What someone with these events should see next, such as an anonymous visitor; nothing is kept. Events count "
          + "in order of time if all have one, else in the given order; without a value, as the best rating. Without "
          + "events, attributes such as an age order the list",
        query: rules, body: Self.historyBody, answer: .named("HistoryRecommendations"), refusals: [.serviceUnavailable],
        isList: true, handle: recommendByHistory),
      Route(
        .get, "/v1/models/{model}/users/{user}/recommendations", .write,
        "What a user would see next if answers came from a model that is kept, to compare it with another; nothing is "
          + "counted, and the current model stays",
        query: rules, answer: .named("Recommendations"), refusals: [.notFound], handle: recommendByKeptModel),
      Route(
        .post, "/v1/predictions", .read, "What users would give items",
        body: .object([("pairs", .array(.object([("user", .id), ("item", .id)]), atMost: 1000))]),
        answer: .named("Predictions"), refusals: [.serviceUnavailable], handle: predict),
    ]
  }

  static let historyBody = JSONSchema.object(
    [
      (
        "history",
        .array(
          .object(
            [("item", .id)],
            optional: [
              ("value", JSONSchema.number(-1e6...1e6).orNull), ("kind", JSONSchema.id.orNull),
              ("time", .time),
            ]))
      )
    ], optional: [("attributes", .anything)])

  @Sendable private func recommendToUser(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    guard let model = try listModel() else { return nothing() }
    // What is counted before the list is made can only be too old.
    let (changes, itemChanges) = (histories.changes, items.changes &+ model.placedCount)
    if let kept = histories.answer(of: user, request.queryText, model: model.name, itemChanges: itemChanges) {
      figures.add(to: "personal")
      return .json(kept.body)
    }
    let query = try ListQuery(request, items)
    let view = try await view(of: user, in: model)
    let (answer, isPersonal) = try await answer(model, view, query)
    let body = answer.buffer
    if isPersonal {
      figures.add(to: "personal")
      histories.keep(
        KeptAnswer(model: model.name, itemChanges: itemChanges, query: request.queryText, body: body), of: user,
        since: changes)
    }
    return .json(body)
  }

  @Sendable private func recommendByKeptModel(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    let query = try ListQuery(request, items)
    let model = try await keptModel(try await version(request))
    return .json(try await answer(model, try await view(of: user, in: model), query).answer)
  }

  @Sendable private func recommendByHistory(_ request: RouteRequest) async throws -> Response {
    let query = try ListQuery(request, items)
    let body = try await request.body(as: HistoryBody.self)
    let source = try listModel()
    let events = try body.events(limits, standard: source?.recommender.ratingModel?.scale?.upperBound ?? 1)
    for event in events where event.kind == Feedback.rating { try checkRating(event.value) }
    guard let model = source else { return nothing([("ignored", .texts(events.ids { _ in true }))]) }
    let unknown = events.ids { model.recommender.position(of: $0) == nil }
    var view = UserView(events, of: model.recommender)
    view.history.attributes = body.attributes.map { Attributes($0).texts } ?? [:]
    let (answer, isPersonal) = try await answer(model, view, query, [("ignored", .texts(unknown))])
    if isPersonal { figures.add(to: "personal") }
    return .json(answer)
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

  private func nothing(_ further: [(String, JSON)] = []) -> Response {
    .json(
      .object(
        [
          ("model", .null), ("basis", "nothing"),
          ("note", "There is no model yet, since there are no ratings to learn from."), ("items", []),
        ] + further))
  }

  /// A list, and the reasons and attributes of each of its items.
  private typealias ExplainedList = (
    list: RecommendationList<String>, reasons: [[Reason<String>]], attributes: [[AttributeReason]]
  )

  private static func list(_ model: ServedModel, _ view: UserView, _ query: ListQuery) -> ExplainedList {
    let (recommender, history) = (model.recommender, view.history)
    let list = recommender.recommendations(
      for: [history], limit: query.limit, rules: query.rules(for: recommender, seen: view.seen))[0]
    guard query.explains else { return (list, list.map { _ in [] }, list.map { _ in [] }) }
    let items = list.map(\.item)
    return (
      list, recommender.reasons(for: items, history: history, limit: 3),
      recommender.attributeReasons(for: items, history: history)
    )
  }

  /// The list of a user as the answer to a request, and whether it comes from their history.
  private func answer(
    _ model: ServedModel, _ view: UserView, _ query: ListQuery, _ further: [(String, JSON)] = []
  ) async throws -> (answer: JSON, isPersonal: Bool) {
    let recommender = model.recommender
    let (list, reasons, attributes) =
      query.isCostly ? try await heavyWork.run { Self.list(model, view, query) } : Self.list(model, view, query)
    let known = items[list.map(\.item)]
    let basis = model.isFallback ? "popularity" : list.basis.rawValue
    let shown = zip(list.indices, known).map { place, item -> JSON in
      let one = list[place]
      let members: [(String, JSON)] = [
        ("item", .string(one.item)), ("title", .text(item?.title)), ("score", .float(one.score)),
        ("rating", .float(one.rating?.value)), ("deviation", .float(one.rating?.deviation)),
        (
          "reasons",
          .array(
            reasons[place].map {
              ["item": .string($0.item), "title": .text(items[$0.item]?.title), "share": .float($0.share)]
            })
        ),
        ("genres", .texts(item?.genres ?? [])), ("ratings", .integer(recommender.ratingCount(of: one.item))),
      ]
      let named = attributes[place].map { reason -> JSON in
        [
          "attribute": .string(reason.attribute), "items": .integer(reason.itemCount), "share": .float(reason.share),
        ]
      }
      return .object(
        members + (named.isEmpty ? [] : [("attributes", .array(named))])
          + (one.isExplored ? [("explored", .bool(true))] : []))
    }
    let answer = JSON.object(
      [
        ("model", model.isFallback ? .null : .string(model.name)), ("basis", .string(basis)),
        ("note", model.isFallback ? "There is no model yet; this is what is popular." : .null),
        ("items", .array(shown)),
      ] + further)
    return (answer, basis == "history")
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

extension [Feedback] {
  /// The ids of the items that a condition holds for, each once.
  fileprivate func ids(where holds: (String) -> Bool) -> [String] {
    var known: Set<ExactText> = []
    return map(\.item).filter { holds($0) && known.insert(ExactText($0)).inserted }
  }
}

/// A history that comes with a request.
struct HistoryBody: Decodable {
  private struct One: Decodable {
    var item: String
    var value: Float?
    var kind: String?
    var time: RequestTime?
  }

  private let history: [One]
  /// What is known of the visitor, by name.
  let attributes: JSON?

  /// The events in the order in which they count; one without a kind is a rating.
  ///
  /// - Parameter standard: The value of an event without one.
  func events(_ limits: Limits, standard: Float) throws(ServerError) -> [Feedback] {
    guard history.count <= limits.historyItems else {
      throw .badBody("holds a history of more than \(limits.historyItems) items")
    }
    var events: [Feedback] = []
    for one in history {
      guard RouteRequest.isID(one.item), RouteRequest.isID(one.kind ?? Feedback.rating) else {
        throw .badBody("holds something that is no id")
      }
      let value = one.value ?? standard
      guard abs(value) <= 1e6 else { throw .badBody("holds a value beyond 1000000") }
      events.append(
        Feedback(
          user: "", item: one.item, kind: one.kind ?? Feedback.rating, value: value, time: try one.time?.ofEvent))
    }
    return events.inOrder
  }
}

private struct PairsBody: Decodable {
  struct Pair: Decodable {
    var user: String
    var item: String
  }
  var pairs: [Pair]
}
