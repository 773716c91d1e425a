import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// What the data are, the words for items and users, and likes.
  var dataRoutes: [Route] {
    [
      Route(
        .get, "/v1/data", .read,
        "What the data are: the words for items and users, the scale of ratings or that users like items, the kinds of "
          + "feedback, and the genres, the most frequent first",
        answer: .named("Data"), handle: readData),
      Route(
        .patch, "/v1/data", .write, "Set the words for items and users; what is not given stays",
        body: .object(
          [], optional: [("words", .object([], optional: ["item", "items", "user", "users"].map { ($0, .text) }))]),
        status: .noContent, handle: patchData),
      Route(
        .put, "/v1/users/{user}/likes/{item}", .write,
        "Like an item, where users give no ratings, as feedback of the kind that the data have; or say that it is not "
          + "for this user, which leaves it out of their lists",
        body: .object([("liked", .flag)]), status: .noContent, refusals: [.notFound, .conflict], handle: putLike),
      Route(
        .delete, "/v1/users/{user}/likes/{item}", .write, "Take back that an item is liked, or not for this user",
        status: .noContent, refusals: [.notFound], handle: deleteLike),
    ]
  }

  /// Reads anew what the data are.
  func describeData() async {
    do {
      description = try await DataDescription(of: store, rule: model?.recommender.rule)
    } catch {
      logger.error("the data could not be described", metadata: ["error": "\(error)"])
    }
  }

  /// What the data are; read at the first request.
  func dataDescription() async throws -> DataDescription {
    if description == nil { await describeData() }
    guard let description else { throw ServerError.notReady }
    return description
  }

  @Sendable private func readData(_ request: RouteRequest) async throws -> Response {
    let data = try await dataDescription()
    let counts = try await store.counts()
    let words = try await store.words()
    let scale = data.scale.map { scale -> JSON in
      [
        "least": .float(scale.range.lowerBound), "greatest": .float(scale.range.upperBound), "step": .float(scale.step),
      ]
    }
    return .json([
      "words": [
        "item": .string(words.item), "items": .string(words.items), "user": .string(words.user),
        "users": .string(words.users),
      ],
      "feedback": data.scale == nil ? "likes" : "ratings", "kind": .string(data.kind), "scale": scale ?? .null,
      "values": .array(data.values.prefix(200).map { ["value": .float($0.value), "count": .integer($0.count)] }),
      "kinds": .array(
        counts.feedback.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          ["kind": .string($0.key), "count": .integer($0.value)]
        }),
      "genres": .array(items.genres.map { ["genre": .string($0.genre), "items": .integer($0.count)] }),
      "users": .integer(counts.users), "items": .integer(counts.items), "hidden": .integer(counts.hiddenItems),
      "ratings": .integer(counts.feedbackCount),
      "model": .text(model?.name), "writes": .bool(request.mayWrite),
    ])
  }

  @Sendable private func patchData(_ request: RouteRequest) async throws -> Response {
    let body = try await request.body(as: DataBody.self)
    var words = try await store.words()
    for (word, path) in [
      (body.words?.item, \DataWords.item), (body.words?.items, \.items), (body.words?.user, \.user),
      (body.words?.users, \.users),
    ] {
      guard let word else { continue }
      guard !word.contains("/"), let noun = DataWords.noun(word) else {
        throw ServerError.badBody("holds a word that is no noun of at most 40 letters")
      }
      words[keyPath: path] = noun.one
    }
    try await store.set(words)
    return .done
  }

  @Sendable private func putLike(_ request: RouteRequest) async throws -> Response {
    let (user, item) = (try request.id("user"), try request.id("item"))
    let body = try await request.body(as: LikeBody.self)
    let data = try await dataDescription()
    guard data.scale == nil else {
      throw ServerError(.conflict, "ratings_expected", "The users of these data give ratings; put one instead.")
    }
    guard try await store.item(item) != nil else { throw ServerError.unknown("item", item) }
    if !body.liked { _ = try await store.deleteFeedback(kind: data.kind, user: user, item: item) }
    try await store.add([
      Feedback(
        user: user, item: item, kind: data.kind, value: body.liked ? 1 : Feedback.notForMe, time: StoredTime.now,
        isShown: !body.liked)
    ])
    noteChange(of: user, newRatings: body.liked ? 1 : 0)
    return .done
  }

  @Sendable private func deleteLike(_ request: RouteRequest) async throws -> Response {
    let (user, item) = (try request.id("user"), try request.id("item"))
    let kind = try await dataDescription().kind
    let count = try await store.deleteFeedback(kind: kind, user: user, item: item)
    noteChange(of: user)
    guard count > 0 else {
      throw ServerError(.notFound, "unknown_rating", "This user has said nothing of this item.")
    }
    return .done
  }
}

extension Feedback {
  /// The value of what a user was shown and does not want: models learn nothing from it, and lists leave it out.
  static let notForMe: Float = -1

  /// Whether the user said so, and was not merely shown the item.
  var isNotForMe: Bool { isShown && value == Self.notForMe }
}

private struct DataBody: Decodable {
  struct Words: Decodable { var item, items, user, users: String? }
  var words: Words?
}

private struct LikeBody: Decodable {
  var liked: Bool
}
