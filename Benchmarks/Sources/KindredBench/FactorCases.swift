import Foundation
import Kindred
import Synchronization

extension Case {
  /// Epochs of implicit ALS: rows solved exactly, and by blocks.
  static let implicit = Case(
    name: "implicit", summary: "an epoch of implicit ALS, k=64, exact and by blocks of 16 (iALS++)"
  ) { context in
    let train = try context.train()
    var figures: [Figure] = []
    var objectives: [Double] = []
    for (name, block, operations) in [("exact", 64, 10_240.0), ("blocks of 16", 16, 5_100)] {
      let (samples, losses) = try await epochs(8, rank: 64, block: block, on: train, context)
      figures.append(
        Figure(name: "epoch, k=64, \(name)", samples: samples, unit: "ns a rating", operations: operations))
      figures.append(Figure(name: "  objective after 8", samples: [losses.last ?? 0], unit: ""))
      objectives.append(losses.last ?? 0)
    }
    figures.append(Figure(name: "blocks' objective over exact's", samples: [objectives[1] / objectives[0]], unit: ""))
    return figures
  }

  /// Epochs at large ranks.
  static let wide = Case(name: "wide", summary: "an epoch of implicit ALS, k=256 and 512, exact and by blocks of 32") {
    context in
    let train = try context.train()
    var figures: [Figure] = []
    for rank in [256, 512] {
      for block in [32, rank] {
        let (samples, _) = try await epochs(2, rank: rank, block: block, on: train, context)
        let name = block == rank ? "exact" : "blocks of \(block)"
        figures.append(Figure(name: "epoch, k=\(rank), \(name)", samples: samples, unit: "ns a rating"))
      }
    }
    return figures
  }

  /// Nanoseconds per rating of each epoch but the first, which pays for the preparation too, and the objectives.
  private static func epochs(
    _ count: Int, rank: Int, block: Int, on train: Interactions<Int, Int>, _ context: Context
  ) async throws -> (samples: [Double], objectives: [Double]) {
    var trainer = ImplicitALS.measured(rank: rank, epochs: count)
    trainer.blockSize = block
    let clock = ContinuousClock()
    var (samples, objectives): ([Double], [Double]) = ([], [])
    var start = clock.now
    for try await epoch in trainer.epochs(on: train, seed: 1, threads: context.threads) {
      if epoch.number > 1 { samples.append((clock.now - start) / .nanoseconds(1) / Double(train.count)) }
      objectives.append(Double(epoch.loss))
      start = clock.now
    }
    return (samples, objectives)
  }

  /// Sweeps of Gibbs sampling.
  static let bayesian = Case(
    name: "bayesian", summary: "a sweep of Bayesian matrix factorization, k=10, and its test error after forty"
  ) { context in
    let train = try context.train()
    var trainer = BayesianFM(rank: 10, features: [.user, .item])
    trainer.epochs = 40
    let clock = ContinuousClock()
    var samples: [Double] = []
    var error = 0.0
    var start = clock.now
    for try await epoch in trainer.epochs(on: train, seed: 1, threads: context.threads) {
      // The first one also pays for the preparation.
      if epoch.number > 1 { samples.append((clock.now - start) / .nanoseconds(1) / Double(train.count)) }
      if epoch.number == trainer.epochs { error = try testError(of: await epoch.makeModel(), train, context) }
      start = clock.now
    }
    return [
      Figure(name: "sweep, k=10", samples: samples, unit: "ns a rating"),
      Figure(name: "  its test RMSE", samples: [error], unit: ""),
    ]
  }

  /// Lists for all users and for one, and the time to load the model.
  static let lists = Case(
    name: "lists", summary: "the ten best items for all users and for one, and loading the model, k=64"
  ) { context in
    let test = try Interactions<Int, Int>(contentsOf: context.set.test)
    let (train, tested) = try context.train().aligned(with: test)
    let trained = try await model(of: train, context)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-bench-\(getpid()).kindred").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var file = ModelFile()
    trained.write(to: &file, at: "")
    try file.write(to: path)
    let (loads, model) = try await context.seconds {
      try FactorModel(from: ModelFile(contentsOf: path, threads: context.threads), at: "")
    }
    let histories = train.histories
    let (everyone, _) = await context.seconds { model.listsOfAllUsers(histories, threads: context.threads) }
    let (own, ownFolded) = latencies(of: model, histories)
    return [
      Figure(name: "load and verify the model", samples: loads.map { $0 * 1e3 }, unit: "ms"),
      Figure(name: "top 10 for everyone", samples: everyone, unit: "s"),
      Figure(name: "  their precision", samples: [precision(of: model, histories, tested.histories)], unit: ""),
      Figure(name: "top 10 for one, median", samples: [own[own.count / 2]], unit: "ms"),
      Figure(name: "top 10 for one, 99 %", samples: [own[own.count * 99 / 100]], unit: "ms"),
      Figure(name: "  with the fold-in of 100, median", samples: [ownFolded[ownFolded.count / 2]], unit: "ms"),
      Figure(name: "  with the fold-in of 100, 99 %", samples: [ownFolded[ownFolded.count * 99 / 100]], unit: "ms"),
    ]
  }

  /// The share of ten items that are in the test, over users from all through the data.
  private static func precision(of model: FactorModel, _ histories: [History], _ tested: [History]) -> Double {
    let users = stride(from: 0, to: histories.count, by: max(1, histories.count / 2000))
    let hits = users.map { user in
      let selection = TopSelection(limit: 10, excluded: [histories[user].items])
      let liked = Set(tested[user].items)
      return model.topItems([histories[user]], selection: selection)[0].count { liked.contains($0.item) }
    }
    return Double(hits.reduce(0, +)) / Double(10 * hits.count)
  }

  private static func model(of train: Interactions<Int, Int>, _ context: Context) async throws -> FactorModel {
    let trainer = ImplicitALS.measured(rank: 64, epochs: 3)
    for try await epoch in trainer.epochs(on: train, seed: 1, threads: context.threads) where epoch.number == 3 {
      return await epoch.makeModel()
    }
    throw CancellationError()
  }

  /// Milliseconds that one list takes, sorted: of users as they were trained, and of strangers with a hundred items.
  private static func latencies(of model: FactorModel, _ histories: [History]) -> (own: [Double], folded: [Double]) {
    func milliseconds(_ users: [History]) -> [Double] {
      let clock = ContinuousClock()
      return users.map { history in
        let start = clock.now
        _ = model.topItems([history], selection: TopSelection(limit: 10, excluded: [history.items]))
        return (clock.now - start) / .milliseconds(1)
      }.sorted()
    }
    let users = stride(from: 0, to: histories.count, by: max(1, histories.count / 2000)).map { histories[$0] }
    let strangers = histories.lazy.filter { $0.count >= 100 }.prefix(2000).map {
      History(items: Array($0.items.prefix(100)), values: Array($0.values.prefix(100)))
    }
    return (milliseconds(users), milliseconds(Array(strangers)))
  }
}

extension ImplicitALS {
  /// The regularization is the one of 0.003, 0.03 and 0.1 whose lists were the most precise at rank 64.
  fileprivate static func measured(rank: Int, epochs: Int) -> ImplicitALS {
    var trainer = ImplicitALS(rank: rank)
    trainer.epochs = epochs
    trainer.unobservedWeight = 0.05
    trainer.regularization = 0.1
    return trainer
  }
}

extension Context {
  /// The ratings to train on.
  func train() throws -> Interactions<Int, Int> {
    let reader = InteractionReader(threads: threads)
    return try reader.read([set.train], user: Int.self, item: Int.self).interactions
  }
}

extension FactorModel {
  /// The ten best unseen items of each, 64 users at a time.
  fileprivate func listsOfAllUsers(_ histories: [History], threads: Int) -> Int {
    let blocks = (histories.count + 63) / 64
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if block >= blocks { return }
        let users = histories[(block * 64)..<min(histories.count, (block + 1) * 64)]
        _ = topItems(users, selection: TopSelection(limit: 10, excluded: users.map { $0.items }))
      }
    }
    return blocks
  }
}
