import Testing

@testable import Kindred

@Suite struct ALSTests {
  @Test func theObjectiveNeverRises() async throws {
    let ratings = Synthetic.ratings(users: 150, items: 90)
    for (weighted, rank) in [(false, 8), (true, 8), (false, 40), (true, 40)] {
      var trainer = ImplicitALS.small.weighted(by: weighted)
      trainer.epochs = 8
      trainer.rank = rank
      trainer.blockSize = 16
      var losses: [Float] = []
      for try await epoch in trainer.epochs(on: ratings, seed: 4) { losses.append(epoch.loss) }
      #expect(losses.count == 8)
      #expect(zip(losses, losses.dropFirst()).allSatisfy { $1 <= $0 * 1.00001 })
    }
  }

  /// The loss of an epoch against the objective written out over every pair.
  @Test func theObjectiveIsThatOfThePaper() async throws {
    let ratings = Synthetic.ratings(users: 30, items: 20)
    let trainer = ImplicitALS.small
    var session = try trainer.makeSession(for: ratings.data, seed: 4, using: Parallel(threads: 1))
    // The users of an epoch are solved for against the items before it.
    let before = session.makeModel(using: Parallel(threads: 1))
    let loss = try session.runEpoch(using: Parallel(threads: 1))
    let after = session.makeModel(using: Parallel(threads: 1))
    let (p, q) = (before.users, after.items)
    let known = ratings.data.rowsByUser()
    var objective = 0.0
    for user in 0..<30 {
      let items = Set(known.columns[known.cells(ofRow: user)])
      for item in 0..<20 {
        let product = zip(p[user], q[item]).reduce(0.0) { $0 + Double($1.0 * $1.1) }
        if items.contains(Int32(item)) { objective += (product - 1) * (product - 1) }
        objective += Double(trainer.unobservedWeight) * product * product
      }
      objective += penalty(trainer, count: items.count, others: 20) * p[user].reduce(0.0) { $0 + Double($1 * $1) }
    }
    let byItem = ratings.data.rowsByItem()
    for item in 0..<20 {
      objective +=
        penalty(trainer, count: byItem.count(ofRow: item), others: 30) * q[item].reduce(0.0) { $0 + Double($1 * $1) }
    }
    #expect(isClose(loss, Float(objective / Double(ratings.count)), tolerance: 1e-3))
  }

  /// iALS++ gets to where exact steps get.
  @Test func blocksReachTheSameObjective() async throws {
    let ratings = Synthetic.ratings(users: 150, items: 90)
    var losses: [Int: Float] = [:]
    for blockSize in [16, 64] {
      var trainer = ImplicitALS(rank: 40)
      trainer.epochs = 8
      trainer.blockSize = blockSize
      for try await epoch in trainer.epochs(on: ratings, seed: 4) { losses[blockSize] = epoch.loss }
    }
    let (blocks, exact) = (try #require(losses[16]), try #require(losses[64]))
    #expect(blocks != exact && abs(blocks - exact) < 0.005 * exact)
  }

  private func penalty(_ trainer: ImplicitALS, count: Int, others: Int) -> Double {
    Double(trainer.regularization) * (Double(count) + Double(trainer.unobservedWeight) * Double(others))
  }

  @Test func weightsCount() async throws {
    // Two items each liked by half of the users; one of the likes weighs much more.
    var interactions = Interactions<Int, Int>()
    for user in 0..<10 {
      interactions.append(Interaction(user: user, item: user % 2, value: user % 2 == 0 ? 10 : 0.1))
      interactions.append(Interaction(user: user, item: 2, value: 1))
    }
    let model = try await ImplicitALS.small.weighted(by: true).fit(
      on: interactions.data, seed: 1, using: Parallel(threads: 1)
    ).model
    let heavy = model.scores(interactions.histories[0])[0]
    let light = model.scores(interactions.histories[1])[1]
    #expect(heavy > light + 0.1)
  }

  @Test func negativeWeightsAreRefused() async {
    let negative = Interactions([Interaction(user: 1, item: 1, value: -1), Interaction(user: 1, item: 2, value: 1)])
    await #expect(throws: TrainingError.self) {
      _ = try await Recommender.train(on: negative, ranking: ImplicitALS.small.weighted(by: true))
    }
  }

  @Test(arguments: [
    ["rank": "-1"], ["epochs": "0"], ["regularization": "-1"], ["regularization": "nan"], ["rank": "three"],
    ["depth": "3"],
    ["rank": "2.5"], ["blockSize": "0"],
  ])
  func settingsOutOfRangeAreRefused(_ setting: [String: String]) async {
    for algorithm in [Algorithm.sgd, .als, .implicitALS] {
      await #expect(throws: TrainingError.self) {
        let trainer = try algorithm.trainer(setting: setting)
        _ = try await Recommender.train(on: Synthetic.ratings(users: 20, items: 10), ranking: trainer)
      }
    }
  }

  @Test func settingsOverlayTheDefaults() throws {
    let trainer = try #require(try Algorithm.als.trainer(setting: ["rank": "7", "regularization": "1"]) as? ALS)
    #expect(trainer.rank == 7 && trainer.regularization == 1 && trainer.epochs == ALS().epochs)
    #expect(trainer.parameters["rank"] == "7")
    #expect(try Algorithm.sgd.trainer() as? SGD == SGD())
  }
}
