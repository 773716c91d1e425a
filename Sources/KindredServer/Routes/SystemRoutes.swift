import Hummingbird
import KindredStore
import Metrics

extension RecommendationService {
  /// What machines ask about the server itself.
  var systemRoutes: [Route] {
    let health = JSONSchema.object([
      ("status", .text), ("model", JSONSchema.text.orNull), ("training", .flag), ("note", JSONSchema.text.orNull),
    ])
    return [
      Route(.get, "/health/live", .open, "Whether the server runs", answer: .object([("status", .text)])) { _ in
        .json(["status": "live"])
      },
      Route(
        .get, "/health/ready", .open, "Whether the server answers: from a model, or with what is popular",
        answer: health, refusals: [.serviceUnavailable]
      ) { _ in
        guard self.isReady else { throw ServerError.notReady }
        let model = self.model
        return .json([
          "status": "ready", "model": .text(model?.name), "training": .bool(self.isTraining),
          "note": model != nil
            ? .null
            : self.fallback == nil
              ? "There are no ratings yet, so lists are empty." : "There is no model yet; lists show what is popular.",
        ])
      },
      Route(
        .get, "/metrics", .read, "Counters and times as Prometheus text", answer: .text,
        mediaType: "text/plain; version=0.0.4"
      ) { _ in
        self.measure()
        return Response(
          status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: self.metrics.text)))
      },
      Route(
        .get, "/v1", .read, "How much there is of everything",
        answer: .object([("users", .count), ("items", .count), ("ratings", .count), ("model", JSONSchema.text.orNull)])
      ) { _ in
        let counts = try await self.store.counts()
        return .json([
          "users": .integer(counts.users), "items": .integer(counts.items), "ratings": .integer(counts.feedbackCount),
          "model": .text(self.model?.name),
        ])
      },
    ]
  }

  /// Brings the levels up to date before they are read.
  private func measure() {
    Gauge(label: "kindred_items", factory: metrics).record(items.count)
    Gauge(label: "kindred_new_ratings", factory: metrics).record(newRatings)
    if let model, let number = Int(model.name) { Gauge(label: "kindred_model", factory: metrics).record(number) }
  }
}
