import Hummingbird
import Kindred
import KindredJSON
import KindredStore
import NIOConcurrencyHelpers

/// What is liked by many of late, counted from the store.
final class Trend: Sendable {
  /// The items, the most popular first.
  struct Counted: Sendable {
    var changes: UInt64
    var time: Timestamp
    var halfLife: Double
    var model: String?
    var items: [(item: String, score: Double)]
  }

  /// The half-life where the model does not say one, in days.
  private static let standardHalfLife = 30.0
  private let latest = NIOLockedValueBox<Counted?>(nil)

  /// Counts anew after each change, and each second, since events of the future come in.
  func counted(in service: RecommendationService) async throws -> Counted {
    let (changes, now, model) = (service.histories.changes, StoredTime.now, service.model)
    if let known = latest.withLockedValue({ $0 }), known.changes == changes, known.model == model?.name,
      now - known.time < 1_000_000
    {
      return known
    }
    let provenance = model?.recommender.provenance.ranking
    let tuned = provenance?.settings["popularityHalfLife"].flatMap { Double($0) } ?? 0
    let halfLife = tuned > 0 ? tuned : Self.standardHalfLife
    let items = try await service.store.trend(
      at: now, halfLife: max(1, Timestamp(min(halfLife, 1e6) * 86_400e6)),
      kindValues: model?.recommender.rule.kinds ?? [:])
    let counted = Counted(
      changes: changes, time: now, halfLife: halfLife, model: model?.name,
      items: items.sorted { $0.score != $1.score ? $0.score > $1.score : $0.item < $1.item })
    latest.withLockedValue { $0 = counted }
    return counted
  }
}

extension RecommendationService {
  /// What is liked of late, whoever asks.
  var trendRoutes: [Route] {
    [
      Route(
        .get, "/v1/trending", .read,
        "What is liked by many of late: each user counts once per item, by half as much per half-life",
        query: [
          .limit,
          QueryParameter(
            name: "category", schema: .text, summary: "Only items of one of these genres, in whatever case.",
            isRepeatable: true),
        ], answer: .named("Trending"), handle: trending)
    ]
  }

  @Sendable private func trending(_ request: RouteRequest) async throws -> Response {
    let limit = try request.limit
    let (hidden, allowed) = (items.unavailable, try items.ids(ofCategories: request.texts("category")))
    let counted = try await trend.counted(in: self)
    let shown = counted.items.lazy.filter { one in
      let id = ExactText(one.item)
      return !hidden.contains(id) && allowed?.contains(id) ?? true
    }.prefix(limit)
    return .json([
      "half_life_days": .real(counted.halfLife),
      "items": .array(
        zip(shown, items[shown.map(\.item)]).map { one, item in
          [
            "item": .string(one.item), "title": .text(item?.title), "genres": .texts(item?.genres ?? []),
            "ratings": .integer(model?.recommender.ratingCount(of: one.item) ?? 0), "score": .real(one.score),
          ]
        }),
    ])
  }
}
