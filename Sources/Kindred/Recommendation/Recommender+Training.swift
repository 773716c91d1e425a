extension Recommender {
  /// What a training of a recommender is busy with.
  public struct Progress: Sendable {
    /// The algorithm under way.
    public var algorithm: Algorithm
    /// How far it is.
    public var training: TrainingProgress
  }

  /// Trains a recommender with the defaults: implicit ALS orders the lists and, where the values are ratings, SGD predicts them.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - seed: The same seed and data give the same model file, byte for byte, at any number of threads.
  ///   - threads: How many threads; nil takes one a core.
  ///   - progress: Called after each epoch, on no particular thread.
  /// - Throws: ``TrainingError``; cancelling the task throws it too, within a block's time.
  public static func train(
    on interactions: Interactions<User, Item>, seed: UInt64 = 0, threads: Int? = nil,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(TrainingError) -> Recommender {
    let rating: (any Trainer)? = interactions.data.hasRatings ? SGD() : nil
    return try await train(
      on: interactions, ranking: ImplicitALS(), rating: rating, seed: seed, threads: threads, progress: progress)
  }

  /// Trains a recommender with algorithms of your choice.
  ///
  /// - Parameters:
  ///   - ranking: What orders the lists. If it predicts ratings, and `rating` is nil, it does both.
  ///   - rating: What predicts ratings; nil for none.
  public static func train(
    on interactions: Interactions<User, Item>, ranking: any Trainer, rating: (any Trainer)? = nil, seed: UInt64 = 0,
    threads: Int? = nil, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(TrainingError) -> Recommender {
    let data = interactions.data
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let parallel = Parallel(threads: threads)
    var provenance = [
      "seed": seed.description, "interactions": data.count.description,
      "fingerprint": data.fingerprint(using: parallel),
    ]
    let rankingModel = try await fit(ranking, "ranking", data, seed, parallel, &provenance, progress)
    var ratingModel: RatingModel?
    if let rating {
      guard let model = try await fit(rating, "rating", data, seed, parallel, &provenance, progress) as? RatingModel
      else {
        throw TrainingError(.invalidSetting("\(Algorithm(of: rating).rawValue) does not predict ratings"))
      }
      ratingModel = model
    }
    var popularity = [Int32](repeating: 0, count: data.itemCount)
    for item in data.items { popularity[Int(item)] += 1 }
    return Recommender(
      userIDs: interactions.userIDs, itemIDs: interactions.itemIDs, catalog: interactions.catalog,
      ranking: rankingModel,
      rating: ratingModel, histories: data.rowsByUser(), popularity: popularity, provenance: provenance)
  }

  private static func fit<T: Trainer>(
    _ trainer: T, _ role: String, _ data: TrainingData, _ seed: UInt64, _ parallel: Parallel,
    _ provenance: inout [String: String], _ progress: @escaping @Sendable (Progress) -> Void
  ) async throws(TrainingError) -> any Scorer {
    let algorithm = Algorithm(of: trainer)
    let fit = try await trainer.fit(on: data, seed: seed, using: parallel) { step in
      progress(Progress(algorithm: algorithm, training: step))
    }
    provenance["\(role).algorithm"] = algorithm.rawValue
    for (name, value) in fit.trainer.parameters { provenance["\(role).\(name)"] = value }
    return fit.model
  }
}

extension TrainingData {
  /// 16 hexadecimal digits that change with any interaction or with their order.
  func fingerprint(using parallel: Parallel) -> String {
    let columns = [Buffer(users).bytes, Buffer(items).bytes, Buffer(values).bytes]
    let blocks = Checksum.blocks(of: columns, parallel: parallel)
    return Checksum.xxh64(Buffer(blocks).bytes).hexadecimal
  }
}
