import Testing

@testable import Kindred

@Suite struct BlendTests {
  @Test func weightsAreThoseThatRankBestOnWhatWasHeldBack() async throws {
    // EASE knows the checkerboard; a list that praises one item does not.
    let board = Synthetic.checkerboard(30)
    let validation = Validation(of: PreparedData(board.data), .random, seed: 1)
    let good = try await EASE(regularization: 1).fit(on: validation.train, seed: 1, using: Parallel(threads: 2)).model
    let weights = validation.bestWeights(
      of: [good, FactorModel.favouring(0, by: 1, of: 30), nil], using: Parallel(threads: 2)
    ).weights
    #expect(weights[0] == 1 && weights[1] < 1 && weights[2] == 0)
    let alone = validation.bestWeights(
      of: [nil, FactorModel.favouring(0, by: 1, of: 30), nil], using: Parallel(threads: 2)
    ).weights
    #expect(alone == [0, 1, 0])
  }

  @Test func theSearchDecidesSettingsAndWeights() async throws {
    let ratings = TrainerContract.ratings
    let parallel = Parallel(threads: 2)
    // So large a penalty leaves EASE little but popularity.
    var start = Blend.small
    start.itemRegularization = 50_000
    start.budget = 5
    let fit = try await start.fit(on: ratings.data, seed: 2, using: parallel)
    let validation = Validation(of: PreparedData(ratings.data), .latest, seed: 2)
    func parts(of trainer: Blend) throws -> [(any Scorer)?] {
      try BlendPart.allCases.map { try trainer.train($0, on: validation.train, seed: 2, using: parallel) }
    }
    let (chosen, given) = (try parts(of: fit.trainer), try parts(of: start))
    let weights = validation.bestWeights(of: chosen, using: parallel).weights
    #expect(BlendPart.allCases.map { fit.trainer[$0] } == weights)
    #expect(weights != BlendPart.allCases.map { start[$0] })
    #expect(fit.model.parts.map(\.weight) == weights.filter { $0 > 0 })
    // All penalties were tried, and none ranks better on the cut.
    for (regularization, dropout) in BlendSearch.penalties {
      var other = fit.trainer
      (other.itemRegularization, other.dropout) = (regularization, dropout)
      let model = try #require(try other.train(.items, on: validation.train, seed: 2, using: parallel))
      let best = try #require(chosen[0])
      #expect(validation.ndcg(of: model, using: parallel) <= validation.ndcg(of: best, using: parallel))
    }
    for case (let chosen?, let given?) in zip(chosen, given) {
      #expect(validation.ndcg(of: chosen, using: parallel) >= validation.ndcg(of: given, using: parallel))
    }
    var fixed = Blend.small
    fixed.budget = 0
    let plain = try await fixed.fit(on: ratings.data, seed: 2, using: Parallel(threads: 2))
    #expect(plain.trainer == fixed)
    #expect(plain.model.parts.map(\.weight) == [0.75, 1, 0.1])
  }

  @Test func aPenaltyThatLeavesLittleButPopularityIsReplaced() async throws {
    // Few items are popular, and each user takes mostly those of their own kind.
    var stream = RandomStream(seed: 5, .data)
    var choices: [Interaction<Int, Int>] = []
    for user in 0..<400 {
      for item in stream.permutation(of: 120).map({ Int($0) }) {
        let share = 0.9 / Double(1 + item / 6) * (item % 6 == user % 6 ? 1 : 0.2)
        if stream.uniform() < share { choices.append(Interaction(user: user, item: item)) }
      }
    }
    var start = Blend.small
    start.itemRegularization = 50_000
    start.budget = 5
    let data = PreparedData(Interactions(choices).data, validation: .random)
    let fit = try await start.fit(on: data, seed: 2, using: Parallel(threads: 2))
    #expect(fit.trainer.itemRegularization < 50_000)
  }

  @Test func aPartOfWeightZeroIsNotTrained() async throws {
    var trainer = Blend.small
    trainer.budget = 0
    trainer.graphWeight = 0.5
    let model = try await trainer.fit(on: TrainerContract.ratings.data, seed: 2, using: Parallel(threads: 2)).model
    #expect(model.parts.map(\.weight) == [0.75, 1, 0.5, 0.1])
    for part in BlendPart.allCases { trainer[part] = 0 }
    await #expect(throws: TrainingError.self) {
      _ = try await trainer.fit(on: TrainerContract.ratings.data, seed: 2, using: Parallel(threads: 2))
    }
  }
}
