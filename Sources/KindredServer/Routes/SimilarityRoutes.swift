import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// Similar items, what is taken together, similar users, and groups of users.
  var similarityRoutes: [Route] {
    [
      Route(
        .get, "/v1/items/{item}/similar", .read, "The items most like one", query: [.limit],
        answer: .named("SimilarItems"), refusals: [.notFound, .serviceUnavailable], handle: similarItems),
      Route(
        .get, "/v1/items/{item}/together", .read,
        "The items that users take together with one, the highest lift first: the baskets with both, divided by the "
          + "number expected by chance. A basket is a run of a user's events, each at most a day after the one before",
        query: [.limit], answer: .named("Companions"), refusals: [.notFound, .serviceUnavailable],
        handle: takenTogether),
      Route(
        .get, "/v1/users/{user}/similar", .read, "The users whose taste is most like one's", query: [.limit],
        answer: .named("SimilarUsers"), refusals: [.notFound, .serviceUnavailable], handle: similarUsers),
      Route(
        .get, "/v1/groups", .read, "Groups of users of like taste, the largest first",
        query: [
          QueryParameter(
            name: "count", schema: .integer(1...100), summary: "How many groups; 8 where nothing is said."),
          QueryParameter(
            name: "members", schema: .integer(0...1_000_000_000),
            summary: "The most users to name of each; all where nothing is said."),
        ],
        answer: .named("Groups"), refusals: [.serviceUnavailable], handle: groups),
    ]
  }

  @Sendable private func similarItems(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("item")
    let limit = try request.limit
    guard items[id] != nil else { throw ServerError.unknown("item", id) }
    guard let model = try servedModel() else { return .json(["model": .null, "items": []]) }
    let neighbors = similar(to: id, limit: limit, in: model)
    let known = items[neighbors.map(\.id)]
    return .json([
      "model": .string(model.name),
      "items": .array(
        zip(neighbors, known).map { neighbor, item in
          [
            "item": .string(neighbor.id), "title": .text(item?.title), "score": .float(neighbor.score),
            "genres": .texts(item?.genres ?? []), "ratings": .integer(model.recommender.ratingCount(of: neighbor.id)),
          ]
        }),
    ])
  }

  @Sendable private func takenTogether(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("item")
    let limit = try request.limit
    guard items[id] != nil else { throw ServerError.unknown("item", id) }
    guard let model = try listModel() else { return .json(["items": []]) }
    let recommender = try await recommenderWithUsers(in: model)
    let hidden = items.unavailable
    let companions = try await heavyWork.run {
      Array(
        recommender.items(takenWith: id, limit: limit + hidden.count)
          .filter { !hidden.contains(ExactText($0.item)) }.prefix(limit))
    }
    let known = items[companions.map(\.item)]
    return .json([
      "items": .array(
        zip(companions, known).map { companion, item in
          [
            "item": .string(companion.item), "title": .text(item?.title), "genres": .texts(item?.genres ?? []),
            "ratings": .integer(recommender.ratingCount(of: companion.item)), "lift": .float(companion.lift),
            "baskets": .integer(companion.baskets),
          ]
        })
    ])
  }

  /// The items most like one, without those that may not be shown.
  func similar(to item: String, limit: Int, in model: ServedModel) -> [Neighbor<String>] {
    let hidden = items.unavailable
    let neighbors = model.recommender.items(similarTo: item, limit: limit + hidden.count)
    return Array(neighbors.filter { !hidden.contains(ExactText($0.id)) }.prefix(limit))
  }

  @Sendable private func similarUsers(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    let limit = try request.limit
    guard try await store.user(user) != nil else { throw ServerError.unknown("user", user) }
    guard let model = try servedModel() else { return .json(["model": .null, "users": []]) }
    let neighbors = try await similarUsers(to: user, limit: limit, in: model)
    return .json([
      "model": .string(model.name),
      "users": .array(neighbors.map { ["user": .string($0.id), "score": .float($0.score)] }),
    ])
  }

  /// The users whose taste is most like that of a user, by their feedback until now.
  func similarUsers(to user: String, limit: Int, in model: ServedModel) async throws -> [Neighbor<String>] {
    let history = try await history(of: user, in: model)
    return try await recommenderWithUsers(in: model).users(similarTo: history, excluding: user, limit: limit)
  }

  static let usersKey = "users"

  /// The recommender with all users of the store folded in: made at the first request, and anew after a user was
  /// deleted.
  func recommenderWithUsers(in model: ServedModel) async throws -> Recommender<String, String> {
    let store = store
    return try await model.once(Self.usersKey) {
      let data = try await store.snapshot(kindValues: model.recommender.rule.kinds).interactions
      return await model.recommender.replacingUsers(with: data)
    }
  }

  @Sendable private func groups(_ request: RouteRequest) async throws -> Response {
    let count = try request.integer("count", default: 8, in: 1...100)
    let members = try request.integer("members", default: .max, in: 0...1_000_000_000)
    guard let model = try servedModel() else { return .json(["model": .null, "groups": []]) }
    let recommender = try await recommenderWithUsers(in: model)
    let groups = try await groups(count, of: recommender, in: model)
    let hidden = items.unavailable
    return .json([
      "model": .string(model.name),
      "groups": .array(
        groups.enumerated().map { number, group -> JSON in
          let shown = group.items.filter { !hidden.contains(ExactText($0)) }
          return [
            "group": .integer(number + 1), "size": .integer(group.users.count),
            "label": .string(recommender.label(of: group)),
            "genres": .texts(group.genres),
            "items": .array(zip(shown, items[shown]).map { .object(described($0, $1, model)) }),
            "users": .texts(group.users.prefix(members)),
          ]
        }),
    ])
  }

  /// The groups of a model's users: made once per model.
  func groups(
    _ count: Int, of recommender: Recommender<String, String>, in model: ServedModel
  ) async throws -> [UserGroup<String, String>] {
    try await model.once("groups \(count)") { [heavyWork] in
      try await heavyWork.run { recommender.groups(count: count) }
    }
  }
}
