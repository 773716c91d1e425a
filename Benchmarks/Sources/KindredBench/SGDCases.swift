import Kindred

extension Case {
  /// Epochs of stochastic gradient descent.
  static let sgd = Case(name: "sgd", summary: "an epoch of SGD by rank, and its test error after ten") { context in
    let reader = InteractionReader(threads: context.threads)
    let train = try reader.read([context.set.train], user: Int.self, item: Int.self).interactions
    var figures: [Figure] = []
    for rank in [32, 64, 128] {
      let clock = ContinuousClock()
      let trainer = SGD.inTenEpochs(rank: rank)
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
  static let text = Case(name: "text", summary: "from a text file to a model by three epochs of SGD, k=64") { context in
    var parts: [[Double]] = [[], [], []]
    var error = 0.0
    for round in 0..<context.repeats {
      let clock = ContinuousClock()
      let start = clock.now
      let reader = InteractionReader(threads: context.threads)
      let train = try reader.read([context.set.train], user: Int.self, item: Int.self).interactions
      let read = clock.now
      let model = try await lastModel(
        of: SGD.inThreeEpochs(rank: 64).epochs(on: train, seed: 1, threads: context.threads), count: 3)
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
      // The ratings are handed over, so that they are gone once the training has them in its own order.
      let epochs = SGD.inTenEpochs(rank: 64).epochs(
        on: try InteractionReader(threads: context.threads).read([context.set.train], user: Int.self, item: Int.self)
          .interactions, seed: 1, threads: context.threads)
      return try await lastModel(of: consume epochs, count: 10)
    }
    return [Figure(name: "text to model, k=64", samples: [megabytes], unit: "MB")]
  }

  private static func lastModel(of epochs: consuming Epochs<SGD>, count: Int) async throws -> RatingModel? {
    var iterator = (consume epochs).makeAsyncIterator()
    while let epoch = try await iterator.next() {
      if epoch.number == count { return await epoch.makeModel() }
    }
    return nil
  }

  static func testError(
    of model: RatingModel, _ train: Interactions<Int, Int>, _ context: Context
  ) throws -> Double {
    let test = try Interactions<Int, Int>(contentsOf: context.set.test)
    let (known, tested) = train.aligned(with: test)
    var squares = 0.0
    for (history, truth) in zip(known.histories, tested.histories) where truth.count > 0 {
      for (prediction, value) in zip(model.predictions(of: truth.items, for: history, at: nil), truth.values) {
        squares += Double(prediction.value - value) * Double(prediction.value - value)
      }
    }
    return (squares / Double(tested.count)).squareRoot()
  }
}

extension SGD {
  /// Settings for few epochs over many ratings.
  static func inTenEpochs(rank: Int) -> SGD {
    var trainer = SGD(rank: rank)
    trainer.epochs = 10
    trainer.learningRate = 0.1
    trainer.learningRateDecay = 0.75
    trainer.regularization = 0.25
    trainer.regularizationExponent = 0.75
    trainer.initialDeviation = 0.03
    return trainer
  }

  /// Settings for fewer still: the users are folded in at the end, so what counts is the items.
  static func inThreeEpochs(rank: Int) -> SGD {
    var trainer = inTenEpochs(rank: rank)
    trainer.epochs = 3
    trainer.learningRate = 0.11
    trainer.learningRateDecay = 0.35
    trainer.biasScale = 0.1
    trainer.regularization = 0.2
    trainer.initialDeviation = 0.02
    return trainer
  }
}

extension InteractionReader {
  init(threads: Int) {
    self.init()
    self.threads = threads
  }
}
