import Kindred
import KindredJSON

@_cdecl("kindred_train")
public func kindredTrain(
  _ data: Int64, _ options: UnsafePointer<CChar>?, _ progress: ProgressFunction?, _ context: UnsafeMutableRawPointer?
) -> Int64 {
  answering(failed: 0) {
    let data = try Handles.data(data)
    var options = try Options(options)
    let name = try options.text("algorithm")
    let settings = try options.settings()
    let rule = try options.rule(for: data)
    let budget = try options.number("budget", in: 1...1e6)
    let (seed, threads, validation) = (try options.seed(), try options.threads(), try options.validation())
    try options.checkNames()
    let trainer = try name.map { try algorithm(named: $0).trainer(setting: settings) }
    try require(trainer != nil || settings.isEmpty, "settings need an algorithm")
    let recommender = try waiting(telling: progress, context) { queue in
      let tell = { @Sendable (step: Recommender<String, String>.Progress) in queue.add(step.algorithm, step.training) }
      guard let trainer else {
        return try await Recommender.train(
          on: data, rule: rule, budget: budget ?? 20, validation: validation, seed: seed, threads: threads,
          progress: tell)
      }
      return try await Recommender.train(
        on: data, ranking: trainer, rule: rule, validation: validation, seed: seed, threads: threads, progress: tell)
    }
    return Handles.add(.recommender(recommender))
  }
}

@_cdecl("kindred_algorithms")
public func kindredAlgorithms() -> UnsafeMutablePointer<CChar>? {
  answering(failed: nil) {
    let members = try Algorithm.allCases.map { algorithm in
      (algorithm.rawValue, settings(try algorithm.trainer().parameters))
    }
    return allocated(JSON.object(members).text())
  }
}

/// Hyperparameters as JSON, in order of their names.
func settings(_ texts: [String: String]) -> JSON {
  .object(
    texts.sorted { $0.key < $1.key }.map { name, text in
      if let flag = Bool(text) { return (name, .bool(flag)) }
      if let integer = Int(text) { return (name, .integer(integer)) }
      if let number = Double(text), number.isFinite { return (name, .number(number)) }
      return (name, .string(text))
    })
}

@_cdecl("kindred_load")
public func kindredLoad(_ path: UnsafePointer<CChar>?) -> Int64 {
  answering(failed: 0) {
    Handles.add(.recommender(try Recommender(contentsOf: text(path, "the path"))))
  }
}

@_cdecl("kindred_save")
public func kindredSave(_ recommender: Int64, _ path: UnsafePointer<CChar>?) -> Int32 {
  answering(failed: -1) {
    try Handles.recommender(recommender).write(to: text(path, "the path"))
    return 0
  }
}

@_cdecl("kindred_describe")
public func kindredDescribe(_ handle: Int64) -> UnsafeMutablePointer<CChar>? {
  answering(failed: nil) {
    switch try Handles.object(handle) {
    case .data(let data):
      let (split, _) = data.defaultSplit
      return allocated(
        JSON.object([
          ("users", .integer(data.userCount)), ("items", .integer(data.itemCount)),
          ("interactions", .integer(data.count)), ("has_times", .bool(data.hasTimes)),
          ("has_ratings", .bool(data.hasRatings)), ("keeps_repeats", .bool(data.keepsRepeats)),
          ("split", .string(split.description)),
        ]).text())
    case .recommender(let recommender):
      let provenance = recommender.provenance
      func training(_ training: Provenance.Training?) -> JSON {
        training.map {
          .object([("algorithm", .string($0.algorithm)), ("settings", settings($0.settings))])
        } ?? .null
      }
      let scale = recommender.ratingModel?.scale
      return allocated(
        JSON.object([
          ("users", .integer(recommender.userCount)), ("items", .integer(recommender.itemCount)),
          ("interactions", provenance.interactionCount.map { .integer($0) } ?? .null),
          ("ranking", training(provenance.ranking)), ("rating", training(provenance.rating)),
          ("scale", scale.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null),
          ("seed", provenance.seed.map { .integer($0) } ?? .null),
          ("fingerprint", provenance.fingerprint.map { .string($0) } ?? .null),
          ("summary", .string(recommender.description)),
        ]).text())
    }
  }
}
