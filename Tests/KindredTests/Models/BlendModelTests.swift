import Testing

@testable import Kindred

@Suite struct BlendModelTests {
  @Test func scoresAreSumsOfStandardisedParts() {
    let blend = BlendModel([
      .init(weight: 2, scorer: FactorModel.favouring(1, by: 100)),
      .init(weight: 1, scorer: FactorModel.favouring(4, by: 0.01)),
    ])
    let scores = blend.scores(History())
    // One of six is 1 and five are 0: mean ⅙, deviation √5/6.
    let (high, low) = (5 / Float(5).squareRoot(), -1 / Float(5).squareRoot())
    let expected = [3 * low, 2 * high + low, 3 * low, 3 * low, 2 * low + high, 3 * low]
    #expect(zip(scores, expected).allSatisfy { isClose($0, $1, tolerance: 1e-5) })
  }

  @Test func aPartWithoutAnOpinionAddsNothing() {
    let blend = BlendModel([
      .init(weight: 1, scorer: FactorModel.favouring(0, by: 0)),
      .init(weight: 1, scorer: FactorModel.favouring(2, by: 1)),
    ])
    #expect(blend.scores(History()).allSatisfy { $0.isFinite })
    let selection = TopSelection(limit: 1, excluded: [[]])
    #expect(blend.topItems([History()], selection: selection)[0].map(\.item) == [2])
  }
}
