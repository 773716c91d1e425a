import ArgumentParser
import Foundation
import Kindred
import KindredJSON
import KindredReport
import KindredStore
import Synchronization

/// Options of a training's data and output, and its messages.
struct TrainingOutput: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the model to this file; if not given, r.kindred for the ratings of r.csv.", valueName: "file"))
  var model: String?

  @Option(
    help: ArgumentHelp("Train on this store; without --model the model is kept beside it.", valueName: "file"))
  var store: String?

  @Option(
    help: ArgumentHelp(
      "Train on this Spark cluster, such as 'sc://host:15002'; --ratings then names files that the cluster reads.",
      valueName: "address"))
  var spark: String?

  @Flag(help: "Print one JSON object, for programs.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "How often a long training (bayesian) saves a checkpoint, from which the same command resumes; 10s if not given.",
      valueName: "time"))
  var checkpointEvery: Budget?

  /// Reads the data, trains, writes the model and prints a summary.
  ///
  /// A model that a store keeps is measured too, so that the store can compare it with others.
  ///
  /// - Parameters:
  ///   - trainers: The trainers of the model that orders lists and of the one that predicts ratings.
  ///   - training: Trains both.
  func train(
    _ data: DataOptions, showsEachLoss: Bool = false,
    with trainers: (RatingData) -> (ranking: any Trainer, rating: (any Trainer)?),
    by training: (
      RatingData, @escaping @Sendable (Recommender<String, String>.Progress) -> Void
    ) async throws(TrainingError) -> Recommender<String, String>
  ) async throws {
    if store != nil, !data.files.ratings.isEmpty {
      throw Failure(.usage, "--store and --ratings cannot be used together")
    }
    if store == nil, data.files.ratings.isEmpty {
      throw Failure(.usage, "--ratings <file> or --store <store> is missing")
    }
    let model = model ?? data.files.ratings.first.map(Self.modelPath)
    let start = ContinuousClock.now
    Terminal.show("reading")
    let snapshot = try await readSnapshot(kindValues: data.kindValues())
    let ratings = try snapshot.map { try data.prepared($0.interactions) } ?? data.read()
    // A path that cannot be written is an error before minutes of training.
    if let model { try checkWritable(model) }
    Self.warnOfEqualValues(ratings.interactions, of: trainers(ratings).ranking)
    var validation = ModelValidation(
      ratings.interactions, rule: ratings.rule, seed: data.training.seed, threads: data.training.threads)
    if model == nil {
      Terminal.show("measuring")
      let (ranking, rating) = trainers(ratings)
      validation = try await validation.measure(ranking, rating, Self.measuring)
    }
    Terminal.show("training")
    let checkpoint = checkpoint(of: data)
    let resumes = Mutex(checkpoint.map { FileManager.default.fileExists(atPath: $0.path) } ?? false)
    let recommender: Recommender<String, String>
    do {
      recommender = try await Terminal.ticking {
        try await training(ratings) { progress in
          let first = progress.training.epoch
          if first > 0,
            resumes.withLock({ isFirst in
              let was = isFirst; isFirst = false; return was
            }), first > 1
          {
            Terminal.note("Going on after epoch \(first - 1) of an interrupted training.")
          }
          Self.show(progress, eachLoss: showsEachLoss)
        }
      }
    } catch let error as TrainingError where error.reason == .cancelled {
      guard let checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) else { throw error }
      throw Failure(
        .interrupted,
        "interrupted; the training so far is in \(checkpoint.path), and the same command goes on from there"
      )
    }
    Terminal.endProgress()
    try Task.checkCancellation()
    var kept: (path: String, answers: Bool) = (model ?? "", false)
    if let model {
      try recommender.write(to: model)
    } else if let snapshot, let store {
      kept = try await keep(recommender, in: store, trainedOn: snapshot.mark, validation, start)
    }
    if let checkpoint { try? FileManager.default.removeItem(atPath: checkpoint.path) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    say(recommender, ratings, validation, seconds: seconds, path: kept.path)
    if kept.answers, !json, let store {
      printLine("It answers when the store is served: kindred serve --store \(store)")
    }
  }

  /// Says where a predictor of ratings has nothing to predict.
  private static func warnOfEqualValues(_ ratings: Interactions<String, String>, of trainer: any Trainer) {
    guard type(of: trainer).predictsRatings, let values = ratings.valueRange, values.lowerBound == values.upperBound
    else { return }
    Terminal.note(
      "Warning: the values do not differ, so \(type(of: trainer).name) has no ratings to learn; implicit-als and ease "
        + "learn from who took what.")
  }

  /// The model's file where none is named: `r.kindred` in the current folder for the ratings of `data/r.csv.gz`.
  static func modelPath(_ ratings: String) -> String {
    let name = URL(fileURLWithPath: ratings).lastPathComponent
    return (name.split(separator: ".").first.map(String.init) ?? "model") + ".kindred"
  }

  /// A snapshot of the store, which is closed before training starts.
  private func readSnapshot(kindValues: [String: Float]) async throws -> StoreSnapshot? {
    guard let location = self.store else { return nil }
    let store = try await StorePlace.open(location)
    let snapshot = try await store.snapshot(kindValues: kindValues)
    try await store.close()
    return snapshot
  }

  private static let measuring: ModelValidation.Report = { algorithm, training in
    show(algorithm, training)
  }

  /// Keeps a model in a store; returns where it is, and whether it answers when the store is served.
  private func keep(
    _ recommender: Recommender<String, String>, in location: String, trainedOn mark: SnapshotMark,
    _ validation: ModelValidation, _ start: ContinuousClock.Instant
  ) async throws -> (path: String, answers: Bool) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let store = try await StorePlace.open(location)
    let refusal = try await validation.refusal(in: store, Self.measuring)
    Terminal.endProgress()
    let version = try await store.add(
      recommender, trainedOn: mark, metrics: validation.metrics(seconds: seconds), isCurrent: refusal == nil)
    try await store.close()
    if let refusal { Terminal.note("Model \(version.number) is kept and does not answer: \(refusal).") }
    return (version.location, refusal == nil)
  }

  /// The checkpoint of a long training, beside its model or its store.
  func checkpoint(of data: DataOptions) -> Checkpoint? {
    (model ?? store.map { StorePlace.isDatabase($0) ? "kindred" : $0 } ?? data.files.ratings.first.map(Self.modelPath))
      .map {
        Checkpoint(path: $0 + ".checkpoint", every: checkpointEvery.map { .seconds($0.seconds) } ?? .seconds(10))
      }
  }

  /// The costs below which nothing is said of them beforehand, in seconds.
  private static let leastCost = 1.0

  /// Says what a training is expected to take.
  private static func say(_ cost: TrainingCost) {
    guard cost.seconds >= leastCost else { return }
    Terminal.note(
      "This takes about \(duration(cost.seconds)) on a common machine, up to \(cost.memory.asMemory) of memory, and a "
        + "file of about \(cost.fileSize.asMemory).")
  }

  static func show(_ progress: Recommender<String, String>.Progress, eachLoss: Bool) {
    let training = progress.training
    if let cost = progress.cost { return say(cost) }
    if eachLoss, let loss = training.loss {
      guard Self.isShown(pass: training.epoch, of: training.epochs) else { return }
      Terminal.note("\(progress.algorithm): pass \(training.epoch), loss \(format(loss))")
      return
    }
    show(progress.algorithm, training)
  }

  private static func show(_ algorithm: String, _ training: TrainingProgress) {
    guard !Algorithm.baselines.map(\.rawValue).contains(algorithm) else { return }
    let choice = training.stage == .choosing ? "\(training.epoch) of \(training.epochs)" : ""
    let figure = training.validationError.map { "RMSE \(format($0))" } ?? training.loss.map { "loss \(format($0))" }
    Terminal.show(algorithm + training.stageNote, training, detail: figure ?? choice)
  }

  /// Whether a pass of plain descent is printed: all of a few; of many the first ten, and then three per power of ten.
  static func isShown(pass: Int, of passes: Int) -> Bool {
    guard passes > 20, pass > 10, pass < passes else { return true }
    var unit = 1
    while unit * 10 <= pass { unit *= 10 }
    return [unit, 2 * unit, 5 * unit].contains(pass)
  }

  private static func format(_ value: Float) -> String { String(format: "%.4f", value) }

  private func say(
    _ recommender: Recommender<String, String>, _ ratings: RatingData, _ validation: ModelValidation,
    seconds: Double, path: String
  ) {
    let interactions = ratings.interactions
    let provenance = recommender.provenance
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    if json {
      var line = JSONLine([("model", .text(path)), ("users", .integer(interactions.userCount))])
      line.append("items", .integer(interactions.itemCount))
      line.append("ratings", .integer(interactions.count))
      line.append("ranking", .text(provenance.ranking?.algorithm))
      line.append("rating", .text(provenance.rating?.algorithm))
      line.append("seconds", .number(seconds))
      line.append("bytes", .integer(size))
      line.append("ndcg@10", .number(validation.metrics["ndcg@10"]))
      line.append("validation_ndcg@10", .number(provenance.validationNDCG))
      line.append("validation_rmse", .number(provenance.validationError.map { Double($0) }))
      for (name, value) in ratings.reading?.members ?? [] { line.append(name, value) }
      return printLine(line.text)
    }
    let models = [provenance.ranking, provenance.rating].compactMap { $0?.algorithm }
    printSentence(
      "Trained \(models.joined(separator: " and ")) in \(duration(seconds)): \(interactions.count.grouped) ratings, "
        + "\(interactions.userCount.grouped) users, \(interactions.itemCount.grouped) items.")
    printLine("The model is in \(path): \(size.asMemory).")
    if let figure = validation.metrics["ndcg@10"] {
      let popular =
        validation.metrics["popularity.ndcg@10"].map { "; \(Self.format(Float($0))) for what is popular" } ?? ""
      printSentence("Measured on \(validation.cut): NDCG@10 \(Self.format(Float(figure)))\(popular).")
    }
    if let figures = provenance.validationFigures {
      printSentence(
        "Its settings were chosen on a validation cut: \(figures) there. Other events have other figures."
      )
    }
    // Only an id that a shell takes as it is can be shown as part of a command.
    let first = interactions.userCount > 0 ? interactions.user(at: 0) : ""
    let isPlain = !first.isEmpty && first.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    printLine("Next: kindred recommend --model \(path) \(isPlain ? first : "USER")")
  }
}

extension TrainingProgress {
  /// What is added to an algorithm's name in a stage before the training on all data.
  var stageNote: String {
    switch stage {
    case .validating: " (validation)"
    case .choosing: ": choosing settings"
    case .training: ""
    }
  }
}

extension Provenance {
  /// The figures by which the training chose its settings, in words; nil if there are none.
  var validationFigures: String? {
    let parts = [
      validationNDCG.map { "NDCG@10 \(String(format: "%.4f", $0))" },
      validationError.map { "RMSE \(String(format: "%.4f", $0))" },
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
