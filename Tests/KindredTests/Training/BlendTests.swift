import Testing

@testable import Kindred

@Suite struct BlendTests {
  /// A popularity list that likes an item more than the others do.
  private func favouring(_ item: Int, by weight: Float, of count: Int = 6) -> FactorModel {
    FactorModel(baseline: 0, itemBiases: Buffer((0..<count).map { $0 == item ? weight : 0 }))
  }

  @Test func scoresAreSumsOfStandardisedParts() {
    let blend = BlendModel([
      .init(weight: 2, scorer: favouring(1, by: 100)), .init(weight: 1, scorer: favouring(4, by: 0.01)),
    ])
    let scores = blend.scores(History())
    // One of six is 1 and five are 0: mean ⅙, deviation √5/6.
    let (high, low) = (5 / Float(5).squareRoot(), -1 / Float(5).squareRoot())
    let expected = [3 * low, 2 * high + low, 3 * low, 3 * low, 2 * low + high, 3 * low]
    #expect(zip(scores, expected).allSatisfy { isClose($0, $1, tolerance: 1e-5) })
  }

  @Test func aPartWithoutAnOpinionAddsNothing() {
    let blend = BlendModel([.init(weight: 1, scorer: favouring(0, by: 0)), .init(weight: 1, scorer: favouring(2, by: 1))])
    #expect(blend.scores(History()).allSatisfy { $0.isFinite })
    let selection = TopSelection(limit: 1, excluded: [[]])
    #expect(blend.topItems([History()], selection: selection)[0].map(\.item) == [2])
  }

  @Test func weightsAreThoseThatRankBestOnWhatWasHeldBack() async throws {
    // EASE knows the checkerboard; a list that praises one item does not.
    let board = Synthetic.checkerboard(30)
    let validation = Validation(of: board.data, seed: 1)
    let good = try await EASE(regularization: 1).fit(on: validation.train, seed: 1, using: Parallel(threads: 2)).model
    let weights = validation.bestWeights(of: [good, favouring(0, by: 1, of: 30), nil], using: Parallel(threads: 2))
    #expect(weights[0] == 1 && weights[1] < 1 && weights[2] == 0)
    let alone = validation.bestWeights(of: [nil, favouring(0, by: 1, of: 30), nil], using: Parallel(threads: 2))
    #expect(alone == [0, 1, 0])
  }

  @Test func theSearchDecidesSettingsAndWeights() async throws {
    let ratings = TrainerContract.ratings
    let fit = try await Blend.small.fit(on: ratings.data, seed: 2, using: Parallel(threads: 2))
    #expect(max(fit.trainer.itemWeight, fit.trainer.factorWeight, fit.trainer.graphWeight) == 1)
    var fixed = Blend.small
    fixed.budget = 0
    let plain = try await fixed.fit(on: ratings.data, seed: 2, using: Parallel(threads: 2))
    #expect(plain.trainer == fixed)
    #expect(plain.model.parts.map(\.weight) == [1, 1, 0.5])
  }

  @Test func aPartOfWeightZeroIsNotTrained() async throws {
    var trainer = Blend.small
    trainer.budget = 0
    trainer.graphWeight = 0
    let model = try await trainer.fit(on: TrainerContract.ratings.data, seed: 2, using: Parallel(threads: 2)).model
    #expect(model.parts.count == 2)
    trainer.itemWeight = 0
    trainer.factorWeight = 0
    await #expect(throws: TrainingError.self) {
      _ = try await trainer.fit(on: TrainerContract.ratings.data, seed: 2, using: Parallel(threads: 2))
    }
  }
}
