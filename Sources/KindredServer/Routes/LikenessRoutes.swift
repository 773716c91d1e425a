import Hummingbird
import Kindred
import KindredStore

extension Engine {
  /// Items and people that are alike, and groups of people.
  var likenessRoutes: [Route] {
    [
      Route(
        .get, "/v1/items/{item}/similar", .read, "The items most like one", query: [.limit],
        answer: .named("SimilarItems"), refusals: [.notFound, .serviceUnavailable], handle: similarItems),
      Route(
        .get, "/v1/users/{user}/similar", .read, "The people whose taste is most like one's", query: [.limit],
        answer: .named("SimilarUsers"), refusals: [.serviceUnavailable], handle: similarPeople),
      Route(
        .get, "/v1/groups", .read, "Groups of people of like taste, the largest first",
        query: [
          QueryParameter(name: "count", schema: .integer(1...100), summary: "How many groups; 8 where nothing is said.")
        ],
        answer: .named("Groups"), refusals: [.serviceUnavailable], handle: groups),
    ]
  }

  @Sendable private func similarItems(_ call: Call) async throws -> Response {
    let id = try call.id("item")
    let limit = try call.limit
    guard items[id] != nil else { throw ServerError.unknown("item", id) }
    guard let model = try servedModel() else { return .json(["model": .null, "items": []]) }
    let neighbors = similar(to: id, limit: limit, in: model)
    let known = items[neighbors.map(\.id)]
    return .json([
      "model": .string(model.name),
      "items": .array(
        zip(neighbors, known).map { neighbor, item in
          [
            "item": .string(neighbor.id), "title": .text(item?.title), "score": .number(neighbor.score),
            "genres": .texts(item?.genres ?? []), "ratings": .integer(model.recommender.ratingCount(of: neighbor.id)),
          ]
        }),
    ])
  }

  /// The items most like one, without those that may not be shown.
  func similar(to item: String, limit: Int, in model: ServedModel) -> [Neighbor<String>] {
    let hidden = items.unavailable
    let neighbors = model.recommender.items(similarTo: item, limit: limit + hidden.count)
    return Array(neighbors.filter { !hidden.contains($0.id) }.prefix(limit))
  }

  @Sendable private func similarPeople(_ call: Call) async throws -> Response {
    let person = try call.id("user")
    let limit = try call.limit
    guard let model = try servedModel() else { return .json(["model": .null, "users": []]) }
    let neighbors = try await similarPeople(to: person, limit: limit, in: model)
    return .json([
      "model": .string(model.name),
      "users": .array(neighbors.map { ["user": .string($0.id), "score": .number($0.score)] }),
    ])
  }

  /// The people whose taste is most like one's, whose own is what she did until now.
  func similarPeople(to person: String, limit: Int, in model: ServedModel) async throws -> [Neighbor<String>] {
    let history = try await history(of: person, in: model)
    return try await people(in: model).users(similarTo: history, excluding: person, limit: limit)
  }

  static let peopleKey = "people"

  /// The recommender with everybody in the store folded in: made when it is first asked for, and after somebody was deleted.
  func people(in model: ServedModel) async throws -> Recommender<String, String> {
    let store = store
    let people = await model.once(Self.peopleKey) { () -> Result<Recommender<String, String>, any Error> in
      do {
        let data = try await store.snapshot(kindValues: model.recommender.rule.kinds).interactions
        return .success(await model.recommender.knowing(data))
      } catch { return .failure(error) }
    }
    if case .failure = people { model.forget(Self.peopleKey) }
    return try people.get()
  }

  @Sendable private func groups(_ call: Call) async throws -> Response {
    let count = try call.integer("count", default: 8, in: 1...100)
    guard let model = try servedModel() else { return .json(["model": .null, "groups": []]) }
    let people = try await people(in: model)
    let groups = await model.once("groups \(count)") { people.groups(count) }
    return .json([
      "model": .string(model.name),
      "groups": .array(
        groups.enumerated().map { number, group in
          [
            "group": .integer(number + 1), "size": .integer(group.users.count),
            "label": .string(people.label(of: group)),
            "genres": .texts(group.genres),
            "items": .array(group.items.map { ["item": .string($0), "title": .text(items[$0]?.title)] }),
            "users": .texts(group.users),
          ]
        }),
    ])
  }
}
