import Hummingbird
import Kindred
import KindredJSON
import KindredStore

/// The places of items and users in the plane: made once per model, at the first request.
private struct ItemMap: Sendable {
  /// How many groups users are shown in.
  static let groupCount = 8

  let map: TasteMap?
  let groups: [UserGroup<String, String>]
}

extension RecommendationService {
  /// The map of taste, the place of a user on it, and what to ask a new user.
  var mapRoutes: [Route] {
    [
      Route(
        .get, "/v1/map", .read, "The items in the plane, alike ones together, the most rated first",
        query: [
          QueryParameter(
            name: "limit", schema: .integer(1...5000), summary: "The most items to return; 1000 where nothing is said.")
        ],
        answer: .named("Map"), refusals: [.serviceUnavailable], handle: map),
      Route(
        .get, "/v1/users/{user}/position", .read,
        "Where a user stands on the map, among the items of their list, their group, and the users most like them",
        query: [
          QueryParameter(
            name: "limit", schema: .integer(1...100), summary: "The most users to return; 5 where nothing is said.")
        ],
        answer: .named("Position"), refusals: [.serviceUnavailable], handle: position),
      Route(
        .get, "/v1/users/{user}/starters", .read,
        "Items that tell most about a user once rated: well known, and users disagree about them",
        query: [.limit], answer: .named("Starters"), refusals: [.serviceUnavailable], handle: starters),
    ]
  }

  private func itemMap(_ model: ServedModel) async throws -> ItemMap {
    let recommender = try await recommenderWithUsers(in: model)
    return try await model.once("map") { [self] in
      let groups = try await groups(ItemMap.groupCount, of: recommender, in: model)
      let map = await model.recommender.tasteMap(following: lastMap)
      if let map { lastMap = (map, model.recommender) }
      return ItemMap(map: map, groups: groups)
    }
  }

  @Sendable private func map(_ request: RouteRequest) async throws -> Response {
    let limit = try request.integer("limit", default: 1000, in: 1...5000)
    guard let model = try servedModel() else { return .json(["model": .null, "items": [], "groups": []]) }
    let itemMap = try await itemMap(model)
    guard let map = itemMap.map else { return .json(["model": .string(model.name), "items": [], "groups": []]) }
    let recommender = model.recommender
    let hidden = items.unavailable
    let ids = map.items.map { recommender.item(at: $0) }
    let shown = ids.indices.filter { !hidden.contains(ExactText(ids[$0])) }.prefix(limit)
    return .json([
      "model": .string(model.name),
      "items": .array(
        zip(shown, items[shown.map { ids[$0] }]).map { place, item in
          .object(
            described(ids[place], item, model) + [
              ("x", .float(map.places[place].x)), ("y", .float(map.places[place].y)),
            ])
        }),
      "groups": .array(
        itemMap.groups.enumerated().compactMap { number, group in
          recommender.place(of: group, on: map).map { place in
            .object(summary(group, number) + [("x", .float(place.x)), ("y", .float(place.y))])
          }
        }),
    ])
  }

  /// What answers say of an item.
  func described(_ id: String, _ item: StoredItem?, _ model: ServedModel) -> [(String, JSON)] {
    [
      ("item", .string(id)), ("title", .text(item?.title)), ("genres", .texts(item?.genres ?? [])),
      ("ratings", .integer(model.recommender.ratingCount(of: id))),
    ]
  }

  private func summary(_ group: UserGroup<String, String>, _ number: Int) -> [(String, JSON)] {
    [("group", .integer(number + 1)), ("size", .integer(group.users.count)), ("genres", .texts(group.genres))]
  }

  @Sendable private func position(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    let limit = try request.integer("limit", default: 5, in: 1...100)
    let nowhere = { (name: JSON) -> JSON in
      ["model": name, "x": .null, "y": .null, "group": .null, "among": [], "users": []]
    }
    guard let model = try servedModel() else { return .json(nowhere(.null)) }
    let view = try await view(of: user, in: model)
    let history = view.history
    let itemMap = try await itemMap(model)
    let recommender = try await recommenderWithUsers(in: model)
    guard let map = itemMap.map, let (place, among) = place(of: [view], on: map, in: model)[0] else {
      return .json(nowhere(.string(model.name)))
    }
    let near = history.count < Self.leastForSentence ? [] : among.prefix(4).map { recommender.item(at: $0) }
    let neighbors = recommender.users(similarTo: history, excluding: user, limit: limit)
    var views: [UserView] = []
    for neighbor in neighbors { views.append(try await self.view(of: neighbor.id, in: model)) }
    let places = self.place(of: views, on: map, in: model)
    let group = recommender.group(of: history, among: itemMap.groups)
    return .json([
      "model": .string(model.name), "x": .float(place.x), "y": .float(place.y),
      "group": group.map { number in
        let group = itemMap.groups[number]
        return .object(
          summary(group, number) + [
            ("items", .array(zip(group.items, items[group.items]).map { .object(described($0, $1, model)) }))
          ])
      } ?? .null,
      "among": .array(zip(near, items[near]).map { .object(described($0, $1, model)) }),
      "users": .array(
        zip(neighbors, places).map { neighbor, place in
          [
            "user": .string(neighbor.id), "score": .float(neighbor.score), "x": .float(place?.place.x),
            "y": .float(place?.place.y),
          ]
        }),
    ])
  }

  /// Below this many events a user's place says little.
  private static let leastForSentence = 3

  /// Where users stand: amid the items of their lists; nil for a user without a list of their own.
  private func place(
    of views: [UserView], on map: TasteMap, in model: ServedModel
  ) -> [(place: SIMD2<Float>, items: [Int32])?] {
    let recommender = model.recommender
    return views.map { view in
      var rules = ListRules(excluding: items.unavailable, restrictingTo: nil, of: recommender)
      rules.excludingPositions += view.seen
      let list = recommender.recommendations(for: [view.history], limit: 40, rules: rules)[0]
      guard list.basis == .history else { return nil }
      return map.place(
        ofList: list.compactMap { entry in recommender.position(of: entry.item).map { ($0, entry.score) } })
    }
  }

  @Sendable private func starters(_ request: RouteRequest) async throws -> Response {
    let user = try request.id("user")
    let limit = try request.limit
    guard let model = try servedModel() else { return .json(["model": .null, "items": []]) }
    let rated = try await histories.feedback(of: user, in: store).map(\.item)
    let recommender = try await recommenderWithUsers(in: model)
    let left = items.unavailable.map(\.text) + rated
    let ids = try await heavyWork.run {
      recommender.starters(limit: limit, excludingPositions: Set(left.compactMap { recommender.position(of: $0) }))
    }
    return .json([
      "model": .string(model.name), "items": .array(zip(ids, items[ids]).map { .object(described($0, $1, model)) }),
    ])
  }
}
