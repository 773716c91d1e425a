import Foundation
import Kindred
import KindredReport
import KindredSpark

extension TrainingOutput {
  /// Trains on a cluster, writes the model and prints a summary.
  ///
  /// - Parameters:
  ///   - trainer: The trainer.
  ///   - data: The ratings, which the cluster reads.
  ///   - address: The address of the cluster.
  func train(_ trainer: any Trainer, on data: DataOptions, sparkAt address: String) async throws {
    #if Spark
      let address = try SparkAddress(parsing: address)
      for (name, isGiven) in [
        ("--store", store != nil), ("--reject", data.files.reject != nil), ("--users", data.files.users != nil),
      ] where isGiven {
        throw Failure(.usage, "\(name) and --spark cannot be used together")
      }
      guard let first = data.files.ratings.first else { throw Failure(.usage, "--ratings <file> is missing") }
      let model = model ?? Self.modelPath(first)
      try checkWritable(model)
      let start = ContinuousClock.now
      let catalog =
        try data.files.items.map { try CatalogReader(subject: .items).read($0, rejects: nil).0 } ?? Catalog()
      var request = SparkRatings.Request(paths: data.files.ratings.map(Self.absolute))
      request.columns = try data.files.columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
      request.duplicates = data.files.duplicates
      request.kinds = try data.kindValues()
      request.minimumValue = data.rules.minimumValue
      request.core = data.rules.core ?? 1
      let wanted = request
      Terminal.show("connecting to Spark at \(address)")
      let (recommender, count) = try await Terminal.ticking {
        try await SparkSession.run(at: address, progress: Self.show) { session in
          let version = try await session.version()
          let ratings = try await SparkRatings(wanted, in: session)
          Terminal.note(Self.sentence(ratings, version))
          let sample = Self.sample(ratings.sample)
          if type(of: trainer).predictsRatings, sample.holdsCounts {
            throw Failure(
              .badData, "the values are counts and no ratings to predict; train an algorithm that orders lists")
          }
          var rule = try data.rule(for: sample)
          rule = try await ratings.resolved(rule)
          let training = SparkTraining(
            of: ratings, rule: rule, seed: data.training.seed, threads: data.training.threads
          ) {
            Terminal.note($0)
          }
          return (try await training.train(trainer, itemCatalog: catalog), ratings.count)
        }
      }
      Terminal.endProgress()
      try Task.checkCancellation()
      try recommender.write(to: model)
      say(recommender, ratings: count, seconds: (ContinuousClock.now - start) / .seconds(1), path: model)
    #else
      throw Failure(
        .usage, "this command was built without Spark; build it with 'swift build -c release --traits default,Spark'")
    #endif
  }
}

#if Spark
  extension TrainingOutput {
    /// A path of this machine from its root, and any other address as it is.
    private static func absolute(_ path: String) -> String {
      path.contains(":/") ? path : URL(fileURLWithPath: path).absoluteURL.absoluteString
    }

    @Sendable private static func show(_ progress: SparkSession.Progress) {
      guard progress.tasks > 0 else { return }
      Terminal.show(
        "Spark", done: progress.done, of: progress.tasks,
        detail: "\(progress.running) tasks running")
    }

    private static func sentence(_ ratings: SparkRatings, _ version: String) -> String {
      let columns = ratings.columns
      let used = [
        ("user", columns.user), ("item", columns.item), ("value", columns.value), ("time", columns.time),
        ("kind", columns.kind),
      ].compactMap { role, name in name.map { "\(role) \($0)" } }.joined(separator: ", ")
      let repeats =
        ratings.repeats == 0
        ? "" : " \(ratings.repeats.grouped) rows repeat a pair\(ratings.keepsRepeats ? " and are kept as events" : "")."
      return "Spark \(version) read \(ratings.count.grouped) ratings of \(ratings.userCount.grouped) users and "
        + "\(ratings.itemCount.grouped) items: \(used).\(repeats)"
    }

    /// A data set of values alone, from which the rule of feedback is derived.
    private static func sample(_ values: [Float]) -> Interactions<String, String> {
      Interactions(values.enumerated().map { Interaction(user: "\($0)", item: "0", value: $1) })
    }

    private func say(_ recommender: Recommender<String, String>, ratings: Int, seconds: Double, path: String) {
      let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      let algorithm = recommender.provenance.ranking?.algorithm ?? ""
      if json {
        var line = JSONLine([("model", .text(path)), ("users", .integer(recommender.userCount))])
        line.append("items", .integer(recommender.itemCount))
        line.append("ratings", .integer(ratings))
        line.append("ranking", .text(algorithm))
        line.append("seconds", .number(seconds))
        line.append("bytes", .integer(size))
        return printLine(line.text)
      }
      printSentence(
        "Trained \(algorithm) on Spark in \(duration(seconds)): \(ratings.grouped) ratings, "
          + "\(recommender.itemCount.grouped) items.")
      printLine("The model is in \(path): \(size.asMemory).")
    }
  }

  extension Failure {
    init(_ error: SparkError) {
      switch error.reason {
      case .usage, .unauthenticated: self.init(.usage, error.description)
      case .unreachable: self.init(.unavailable, error.description)
      case .missingInput: self.init(.noInput, error.description)
      case .badData, .failed: self.init(.badData, error.description)
      }
    }
  }
#endif
