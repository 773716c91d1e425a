import Testing

@testable import Kindred

@Suite struct FoldInTests {
  private func ridge(_ regularization: Float, exponent: Float = 0, biasScale: Float? = nil) -> FoldIn {
    .ridge(regularization: regularization, exponent: exponent, biasScale: biasScale)
  }

  @Test func penaltiesGrowWithTheCountAsTheLawSays() {
    for (exponent, expected) in [(0, 3), (0.5, 6), (0.75, 3 * 2.828427), (1, 12), (2, 48)] as [(Float, Float)] {
      #expect(isClose(ridge(3, exponent: exponent).penalty(ofCount: 4, columns: 9), expected, tolerance: 1e-6))
    }
    // Never 0: equations of fewer items than factors would have no solution.
    #expect(ridge(0).penalty(ofCount: 4, columns: 9) > 0)
    #expect(ridge(3, exponent: 1).penalty(ofCount: 0, columns: 9) > 0)
    let implicit = FoldIn.implicit(regularization: 0.5, unobservedWeight: 0.25, weighted: false)
    #expect(implicit.penalty(ofCount: 3, columns: 8) == 2.5)
    #expect(implicit.penalty(ofCount: 0, columns: 8) == 1)
  }

  /// Against 1 and 2, targets 2 and 1 give p = (1 · 2 + 2 · 1) / (1 + 4 + 3) = ½; targets 2 and −1 cancel.
  @Test func aRidgeIsRegressionOnDistancesFromMeanAndItemBias() {
    let model = FactorModel(users: [], items: [[1], [2], [7]], itemBiases: [0.5, -1, 0], mean: 3, foldIn: ridge(3))
    #expect(isClose(model.user(of: History(items: [0, 1], values: [5.5, 3])).factors, [0.5]))
    #expect(isClose(model.user(of: History(items: [1, 0], values: [3, 5.5])).factors, [0.5]))
    #expect(isClose(model.user(of: History(items: [0, 1], values: [5.5, 1])).factors, [0]))
    #expect(model.user(of: History(items: [0, 1], values: [5.5, 3])).bias == 0)
  }

  /// Against 1 and −1, targets 1.5 and −1 give p = 2.5 / (2 + 2) and, as both are orthogonal, bias = 0.5 / (2 + 2 · ½).
  @Test func aBiasHasItsOwnPenalty() {
    let model = FactorModel(
      users: [], items: [[1], [-1]], itemBiases: [0.5, 0], mean: 3, foldIn: ridge(2, biasScale: 0.5))
    let user = model.user(of: History(items: [0, 1], values: [5, 2]))
    #expect(isClose(user.factors, [0.625]) && isClose(user.bias, 1 / 6))
    let scores = model.scores(History(items: [0, 1], values: [5, 2]))
    #expect(isClose(scores[0], 4.125 + 1 / 6) && isClose(scores[1], 2.375 + 1 / 6))
  }

  /// Of the factors 1, 2 and 3 the history has 1 and 3. All items add ½ · (1 + 4 + 9), the penalty 0.1 · (2 + ½ · 3).
  @Test func implicitFeedbackIsWeighedAgainstAllThatIsNotThere() {
    func factors(weighted: Bool, _ values: [Float]) -> [Float] {
      let law = FoldIn.implicit(regularization: 0.1, unobservedWeight: 0.5, weighted: weighted)
      let model = FactorModel(users: [], items: [[1], [2], [3]], foldIn: law)
      return model.user(of: History(items: [0, 2], values: values)).factors
    }
    #expect(isClose(factors(weighted: false, [1, 1])[0], 4 / 17.35, tolerance: 1e-6))
    #expect(factors(weighted: false, [5, 2]) == factors(weighted: false, [1, 1]))
    #expect(isClose(factors(weighted: true, [2, 0.5])[0], 3.5 / 13.85, tolerance: 1e-6))
  }

  @Test func onlyImplicitFeedbackHasAGram() throws {
    let items = Factors(rows: [[1, 0], [2, 1], [3, 1]])
    #expect(ridge(1).gram(of: items, using: Parallel(threads: 2)) == nil)
    let law = FoldIn.implicit(regularization: 0.1, unobservedWeight: 0.5, weighted: false)
    let gram = try #require(law.gram(of: items, using: Parallel(threads: 2)))
    #expect([gram[0], gram[1], gram[items.stride], gram[items.stride + 1]] == [7, 2.5, 2.5, 1])
  }

  @Test func foldInsAreKeptUntilAnEdit() {
    let model = FactorModel(users: [], items: [[1], [2]], foldIn: ridge(1))
    var history = History(items: [0], values: [4]).keepingFoldIns()
    let first = model.user(of: history)
    #expect(model.user(of: history) == first)
    history.set(-4, forItemAt: 0)
    #expect(isClose(model.user(of: history).factors, first.factors.map { -$0 }))
  }
}
