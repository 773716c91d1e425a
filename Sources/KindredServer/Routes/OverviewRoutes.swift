import Hummingbird
import KindredJSON
import KindredStore

extension RecommendationService {
  /// What the servers of the store did, over time.
  var overviewRoutes: [Route] {
    [
      Route(
        .get, "/v1/overview", .read,
        "What the servers of this store did: lists, those made for one user, ratings, requests, errors, and the times "
          + "of answers, in steps from the oldest to now",
        query: [
          QueryParameter(
            name: "hours", schema: .integer(1...720), summary: "How far back; 24 where nothing is said.")
        ], answer: .named("Overview"), handle: overview)
    ]
  }

  /// The most steps of an overview.
  private static let mostSteps = 96

  @Sendable private func overview(_ request: RouteRequest) async throws -> Response {
    let minutes = try request.integer("hours", default: 24, in: 1...720) * 60
    let now = MinuteFigures.minute
    let length = max(1, minutes / Self.mostSteps)
    let first = now - minutes + 1
    let kept = try await store.minutes(since: first) + [(now, figures.figures)]
    var steps = [[String: Double]](repeating: [:], count: (minutes + length - 1) / length)
    for (minute, figures) in kept where (first...now).contains(minute) {
      let step = (minute - first) / length
      let (before, own) = (steps[step]["requests"] ?? 0, figures["requests"] ?? 0)
      for (name, value) in figures where !name.hasSuffix("_ms") { steps[step][name, default: 0] += value }
      // Quantiles of parts give none of the whole: the median is their mean, and the last centile their greatest.
      steps[step]["p99_ms"] = max(steps[step]["p99_ms"] ?? 0, figures["p99_ms"] ?? 0)
      let sum = before * (steps[step]["p50_ms"] ?? 0) + own * (figures["p50_ms"] ?? 0)
      steps[step]["p50_ms"] = before + own > 0 ? sum / (before + own) : 0
    }
    let current = try await store.currentModel()
    return .json([
      "minutes": .integer(length), "model": .text(model?.name), "model_made": .time(current?.made),
      "new_ratings": .integer(newRatings),
      "steps": .array(
        steps.enumerated().map { number, figures in
          .object(
            [("time", .integer((first + number * length) * 60))]
              + ["lists", "personal", "ratings", "requests", "errors"].map { ($0, .integer(Int(figures[$0] ?? 0))) }
              + ["p50_ms", "p99_ms"].map { ($0, .real(figures[$0])) })
        }),
    ])
  }
}
