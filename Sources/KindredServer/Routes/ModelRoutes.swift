import Foundation
import Hummingbird
import Kindred
import KindredJSON
import KindredStore

extension RecommendationService {
  /// Training, and the models that were kept.
  func modelRoutes(_ jobs: TrainingJobs) -> [Route] {
    let events = "text/event-stream"
    return [
      Route(
        .post, "/v1/train", .write, "Train in the background; GET follows it",
        body: .object(
          [],
          optional: [
            ("algorithm", .choice(Algorithm.allCases.map(\.rawValue))),
            ("settings", .dictionary(.anything)), ("seed", .count),
          ]), answer: .object([("training", .count)]), status: .accepted, refusals: [.conflict]
      ) { request in
        let wanted = try await request.body(as: TrainingRequest.self, standard: TrainingRequest())
        try await wanted.check()
        if let algorithm = wanted.algorithm, try await !self.suitableAlgorithms().contains(algorithm) {
          throw ServerError(
            .badRequest, "unsuitable_algorithm",
            "'\(algorithm.rawValue)' predicts ratings, and these data have none; train one that orders lists.")
        }
        let training = try await jobs.start(wanted)
        if request.headers[.accept]?.contains(events) == true { return await Self.stream(jobs) }
        return .json(["training": .integer(training)], status: .accepted)
      },
      Route(
        .get, "/v1/train", .read, "The training under way, or the last one, as server-sent events from its start",
        answer: .events(.named("TrainingEvent")), mediaType: events
      ) { _ in await Self.stream(jobs) },
      Route(
        .delete, "/v1/train", .write, "Give up the training under way", status: .noContent, refusals: [.notFound]
      ) { _ in
        guard await jobs.cancel() else {
          throw ServerError(.notFound, "no_training", "No training is under way.")
        }
        return .done
      },
      Route(
        .get, "/v1/models", .read,
        "The models that are kept, the newest first, and the algorithms that suit the data, the default first",
        answer: .named("Models")
      ) { _ in
        let algorithms = try await self.suitableAlgorithms().map(Self.describe)
        return .json([
          "models": .array(try await self.store.models().map(\.answer)), "algorithms": .array(algorithms),
        ])
      },
      Route(
        .get, "/v1/models/{model}", .read, "One model", answer: .named("Model"), refusals: [.notFound]
      ) { request in .json(try await self.version(request).answer) },
      Route(
        .delete, "/v1/models/{model}", .write, "Delete a model; the one that answers come from cannot be deleted",
        status: .noContent, refusals: [.notFound, .conflict]
      ) { request in
        let version = try await self.version(request)
        guard !version.isCurrent, self.model?.name != "\(version.number)" else {
          throw ServerError(
            .conflict, "model_is_current", "Answers come from this model; let another one answer first.")
        }
        _ = try await self.store.deleteModel(version.number)
        return .done
      },
      Route(
        .put, "/v1/models/{model}/current", .write, "Let answers come from this model", status: .noContent,
        refusals: [.notFound]
      ) { request in
        let version = try await self.version(request)
        // Nothing changes if the file cannot be read.
        try await self.serve(version)
        try await self.store.makeCurrent(version.number)
        return .done
      },
    ]
  }

  /// The algorithms that can be trained on the data, the default first: without ratings, none predicts them.
  private func suitableAlgorithms() async throws -> [Algorithm] {
    let areRated = try await dataDescription().scale != nil
    return ([.blend] + Algorithm.allCases.filter { $0 != .blend }).filter { areRated || !$0.type.predictsRatings }
  }

  /// An algorithm with its settings as they are by default.
  private static func describe(_ algorithm: Algorithm) -> JSON {
    let trainer: any Trainer = algorithm.type.init()
    let settings = trainer.parameters.sorted { $0.key < $1.key }
    return [
      "algorithm": .string(algorithm.rawValue), "settings": .object(settings.map { ($0.key, .string($0.value)) }),
    ]
  }

  /// The model that the path names.
  func version(_ request: RouteRequest) async throws -> ModelVersion {
    let name = try request.id("model")
    guard let number = Int(name), let version = try await store.model(number) else {
      throw ServerError.unknown("model", name)
    }
    return version
  }

  private static func stream(_ jobs: TrainingJobs) async -> Response {
    let events = await jobs.listen()
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
      body: ResponseBody { writer in
        for await event in events {
          try await writer.write(ByteBuffer(string: "event: \(event.name)\ndata: \(event.data.text())\n\n"))
        }
        try await writer.finish(nil)
      })
  }
}

extension ModelVersion {
  fileprivate var answer: JSON {
    [
      "model": .string("\(number)"), "current": .bool(isCurrent), "made": .time(made),
      "algorithms": .texts(trainer.split(separator: ",").map { $0.trimmingPrefix(" ").description }),
      "parameters": .object(parameters.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }),
      "seed": .string(seed), "ratings": .integer(interactions), "users": metric("users"), "items": metric("items"),
      "seconds": .real(metrics["seconds"]), "bytes": size.map { .integer($0) } ?? .null, "metrics": measured(""),
      "baselines": .array(
        ["popularity", "bias"].filter { name in metrics.keys.contains { $0.hasPrefix(name + ".") } }.map { name in
          guard case .object(let fields) = measured(name + ".") else { return .null }
          return .object([("algorithm", .string(name))] + fields)
        }),
    ]
  }

  /// The bytes of its file.
  private var size: Int? { (try? FileManager.default.attributesOfItem(atPath: location)[.size]) as? Int }

  private func metric(_ name: String) -> JSON { metrics[name].map { .integer(Int($0)) } ?? .null }

  /// The figures of one algorithm, null where nothing was measured; intervals as pairs.
  private func measured(_ prefix: String) -> JSON {
    var fields: [(String, JSON)] = []
    for name in ["ndcg@10", "recall@10", "rmse"] {
      fields.append((name, .real(metrics[prefix + name])))
      let bounds = [metrics[prefix + name + "_low"], metrics[prefix + name + "_high"]].compactMap { $0 }
      fields.append((name + "_ci95", bounds.count == 2 ? .array(bounds.map { .real($0) }) : .null))
    }
    fields.append(("coverage@10", .real(metrics[prefix + "coverage@10"])))
    return .object(fields)
  }
}
