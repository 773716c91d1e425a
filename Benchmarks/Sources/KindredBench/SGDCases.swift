import Kindred

extension Case {
  /// Epochs of stochastic gradient descent.
  static let sgd = Case(name: "sgd", summary: "an epoch of SGD by rank, and its test error after ten") { context in
    let reader = InteractionReader(threads: context.threads)
    let train = try reader.read([context.set.train], user: Int.self, item: Int.self).interactions
    var figures: [Figure] = []
    for rank in [32, 64, 128] {
      let clock = ContinuousClock()
      var trainer = SGD(rank: rank)
      trainer.epochs = 10
      var samples: [Double] = []
      var start = clock.now
      var model: RatingModel?
      for try await epoch in trainer.epochs(on: train, seed: 1, threads: context.threads) {
        // The first one also pays for the grid.
        if epoch.number > 1 { samples.append((clock.now - start) / .nanoseconds(1) / Double(train.count)) }
        if epoch.number == trainer.epochs { model = await epoch.makeModel() }
        start = clock.now
      }
      figures.append(
        Figure(name: "epoch, k=\(rank)", samples: samples, unit: "ns a rating", operations: Double(8 * rank)))
      if rank == 64, let model {
        figures.append(
          Figure(name: "RMSE after 10, k=64", samples: [try testError(of: model, train, context)], unit: ""))
      }
    }
    return figures
  }

  /// From a text file to a model.
  static let text = Case(name: "text", summary: "from a text file to a model by ten epochs of SGD, k=64") { context in
    var parts: [[Double]] = [[], [], []]
    var error = 0.0
    for round in 0..<context.repeats {
      let clock = ContinuousClock()
      let start = clock.now
      let reader = InteractionReader(threads: context.threads)
      let train = try reader.read([context.set.train], user: Int.self, item: Int.self).interactions
      let read = clock.now
      let model = try await tenEpochs(on: train, context)
      let end = clock.now
      parts[0].append((end - start) / .seconds(1))
      parts[1].append((read - start) / .seconds(1))
      parts[2].append((end - read) / .seconds(1))
      if round == 0, let model { error = try testError(of: model, train, context) }
    }
    return [
      Figure(name: "text to model", samples: parts[0], unit: "s"),
      Figure(name: "  reading", samples: parts[1], unit: "s"),
      Figure(name: "  training", samples: parts[2], unit: "s"),
      Figure(name: "  its test RMSE", samples: [error], unit: ""),
    ]
  }

  /// What a training from a text file holds in memory.
  static let memory = Case(name: "memory", summary: "the most anonymous memory of reading a text and SGD, k=64") {
    context in
    let (megabytes, _) = try await AnonymousMemory.peak {
      let reader = InteractionReader(threads: context.threads)
      let train = try reader.read([context.set.train], user: Int.self, item: Int.self).interactions
      return try await tenEpochs(on: train, context)
    }
    return [Figure(name: "text to model, k=64", samples: [megabytes], unit: "MB")]
  }

  private static func tenEpochs(on train: Interactions<Int, Int>, _ context: Context) async throws -> RatingModel? {
    var trainer = SGD(rank: 64)
    trainer.epochs = 10
    for try await epoch in trainer.epochs(on: train, seed: 1, threads: context.threads)
    where epoch.number == trainer.epochs {
      return await epoch.makeModel()
    }
    return nil
  }

  private static func testError(
    of model: RatingModel, _ train: Interactions<Int, Int>, _ context: Context
  ) throws -> Double {
    let test = try Interactions<Int, Int>(contentsOf: context.set.test)
    let (known, tested) = train.aligned(with: test)
    return Evaluator(threads: context.threads).ratingMetrics(of: model, train: known, test: tested).rootMeanSquaredError
  }
}

extension InteractionReader {
  init(threads: Int) {
    self.init()
    self.threads = threads
  }
}
