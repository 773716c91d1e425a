import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// The items: search, read, put, change, hide.
  var itemRoutes: [Route] {
    [
      Route(
        .get, "/v1/items", .read, "All items, those that words find, the best known first, or those without ratings",
        query: [
          QueryParameter(
            name: "query", schema: .text,
            summary: "Words of titles, genres and ids, or what they start with. Without a match, near titles are found."
          ),
          QueryParameter(
            name: "unrated", schema: .flag, summary: "Whether only items without ratings, the newest first."),
          .limit, .cursor,
        ], answer: .named("FoundItems"), handle: listItems),
      Route(
        .get, "/v1/items/{item}", .read, "One item", answer: .named("Item"), refusals: [.notFound], handle: readItem),
      Route(
        .put, "/v1/items/{item}", .write, "Add an item, or put it in place of the one there is",
        body: .named("ItemBody"), status: .noContent, handle: putItem),
      Route(
        .patch, "/v1/items/{item}", .write, "Change what is given of an item; null keeps", body: .named("ItemBody"),
        status: .noContent, refusals: [.notFound], handle: patchItem),
      Route(
        .delete, "/v1/items/{item}", .write, "Delete an item and what users did with it", status: .noContent,
        refusals: [.notFound], handle: deleteItem),
    ]
  }

  @Sendable private func listItems(_ request: RouteRequest) async throws -> Response {
    let (limit, cursor) = (try request.limit, try request.text("cursor"))
    if try request.flag("unrated") { return answer(try await store.unratedItems(after: cursor, limit: limit)) }
    guard let query = try request.text("query") else {
      return answer(try await store.items(after: cursor, limit: limit))
    }
    guard query.utf8.count <= 1000 else { throw ServerError.badParameter("query", "is longer than 1000 bytes") }
    let start = try ListPosition(cursor).number
    let popular = (model ?? fallback)?.recommender
    let found = try await heavyWork.run { [items] in
      items.matches(query) { popular?.ratingCount(of: $0) ?? 0 }
    }
    let page = found.items.dropFirst(start).prefix(limit)
    let next = start + page.count
    let cursorText = next < found.items.count ? ListPosition(number: next).text : nil
    return answer(
      Array(page), cursor: cursorText, [("total", .integer(found.items.count)), ("near", .bool(found.areNear))])
  }

  private func answer(_ page: StorePage<StoredItem>) -> Response { answer(page.elements, cursor: page.cursor) }

  private func answer(_ items: [StoredItem], cursor: String?, _ further: [(String, JSON)] = []) -> Response {
    let model = model
    return .json(
      .object([("items", .array(items.map { answer($0, model) })), ("cursor", .text(cursor))] + further))
  }

  private func answer(_ item: StoredItem, _ model: ServedModel?) -> JSON {
    [
      "item": .string(item.id), "title": .text(item.title), "genres": .texts(item.genres),
      "attributes": item.attributes.json, "hidden": .bool(item.isHidden),
      "time": .time(item.time),
      "ratings": .integer((model ?? fallback)?.recommender.ratingCount(of: item.id) ?? 0),
    ]
  }

  @Sendable private func readItem(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("item")
    guard let item = try await store.item(id), case .object(let members) = answer(item, model) else {
      throw ServerError.unknown("item", id)
    }
    return .json(.object(members + [("mean", .real(try await mean(of: id)))]))
  }

  /// The mean of at most 10,000 ratings of an item; nil without any.
  private func mean(of item: String) async throws -> Double? {
    let data = try await dataDescription()
    if data.scale == nil { return nil }
    let page = try await store.feedback(kind: data.kind, item: item, limit: 10_000)
    let values = page.elements.filter { !$0.isShown }.map { Double($0.value) }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  @Sendable private func putItem(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("item")
    let body = try await request.body(as: ItemBody.self)
    try await put([
      StoredItem(
        id: id, title: body.title, genres: body.genres ?? [], attributes: Attributes(body.attributes ?? .null),
        isHidden: body.hidden ?? false, time: body.time?.timestamp)
    ])
    return .done
  }

  @Sendable private func patchItem(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("item")
    let body = try await request.body(as: ItemBody.self)
    let patch = ItemPatch(
      title: body.title, genres: body.genres, attributes: body.attributes.map { Attributes($0) }, isHidden: body.hidden,
      time: body.time?.timestamp)
    guard try await self.patch(id, patch) else { throw ServerError.unknown("item", id) }
    return .done
  }

  @Sendable private func deleteItem(_ request: RouteRequest) async throws -> Response {
    let id = try request.id("item")
    guard try await delete(item: id) else { throw ServerError.unknown("item", id) }
    return .done
  }

  /// Adds items or replaces them, in the store and in memory.
  func put(_ items: [StoredItem]) async throws {
    try await store.put(items)
    self.items.put(items)
    model?.place(items)
  }

  /// Changes a part of an item, in the store and in memory; whether there is such an item.
  func patch(_ id: String, _ patch: ItemPatch) async throws -> Bool {
    guard try await store.patchItem(id, patch) else { return false }
    try await refresh(id)
    return true
  }

  /// Deletes an item, in the store and in memory; whether there was one.
  func delete(item id: String) async throws -> Bool {
    guard try await store.deleteItem(id) else { return false }
    items.remove(id)
    histories.forgetAll()
    return true
  }

  /// Reads an item into memory again.
  func refresh(_ id: String) async throws {
    guard let item = try await store.item(id) else { return items.remove(id) }
    items.put([item])
    model?.place([item])
  }
}

/// What is told about an item.
private struct ItemBody: Decodable {
  var title: String?
  var genres: [String]?
  var attributes: JSON?
  var hidden: Bool?
  var time: RequestTime?
}
