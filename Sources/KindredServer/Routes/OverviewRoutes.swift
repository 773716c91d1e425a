import Hummingbird
import KindredJSON
import KindredStore

extension RecommendationService {
  /// What the servers of the store did, over time.
  var overviewRoutes: [Route] {
    [
      Route(
        .get, "/v1/overview", .read,
        "What the servers of this store did: lists, those made for one user, ratings, requests, those refused, errors, "
          + "and the times of lists, in steps from the oldest to now",
        query: [
          QueryParameter(
            name: "hours", schema: .integer(1...720), summary: "How far back; 24 where nothing is said.")
        ], answer: .named("Overview"), handle: overview)
    ]
  }

  /// The most steps of an overview.
  private static let mostSteps = 96
  private static let sums = ["lists", "personal", "ratings", "requests", "refused", "errors"]

  @Sendable private func overview(_ request: RouteRequest) async throws -> Response {
    let minutes = try request.integer("hours", default: 24, in: 1...720) * 60
    let now = MinuteFigures.minute
    let length = max(1, minutes / Self.mostSteps)
    let first = now - minutes + 1
    let kept = try await store.minutes(since: first) + [(now, figures.figures)]
    var steps = [[String: Double]](repeating: [:], count: (minutes + length - 1) / length)
    for (minute, figures) in kept where (first...now).contains(minute) {
      steps[(minute - first) / length].merge(figures, uniquingKeysWith: +)
    }
    let all = steps.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    let current = try await store.currentModel()
    return .json([
      "minutes": .integer(length), "model": .text(model?.name), "model_made": .time(current?.made),
      "new_ratings": .integer(newRatings), "p50_ms": .real(MinuteFigures.quantile(0.5, of: all)),
      "p99_ms": .real(MinuteFigures.quantile(0.99, of: all)),
      "steps": .array(
        steps.enumerated().map { number, figures in
          .object(
            [("time", .integer((first + number * length) * 60))]
              + Self.sums.map { ($0, .integer(Int(figures[$0] ?? 0))) }
              + [
                ("p50_ms", .real(MinuteFigures.quantile(0.5, of: figures))),
                ("p99_ms", .real(MinuteFigures.quantile(0.99, of: figures))),
              ])
        }),
    ])
  }
}
