import Testing

@testable import Kindred

@Suite struct LeaveOneOutTests {
  static let laws: [FoldIn] = [
    .ridge(regularization: 0.3, exponent: 0, biasScale: nil), .ridge(regularization: 0.2, exponent: 0.5, biasScale: 2),
    .ridge(regularization: 0.05, exponent: 1, biasScale: 0.5),
    .implicit(regularization: 0.02, unobservedWeight: 0.1, weighted: false),
    .implicit(regularization: 0.02, unobservedWeight: 0.1, weighted: true),
  ]

  private func model(_ law: FoldIn) -> FactorModel {
    var stream = RandomStream(seed: 6, .data)
    let isImplicit = law.penalty(ofCount: 0, columns: 9) != law.penalty(ofCount: 0, columns: 10)
    let items = (0..<40).map { _ in (0..<5).map { _ in Float(stream.normal()) } }
    let biases = items.map { _ in isImplicit ? 0 : Float(stream.normal()) }
    return FactorModel(users: [], items: items, itemBiases: biases, mean: isImplicit ? 0 : 3, foldIn: law)
  }

  private func history(_ count: Int) -> History {
    History(
      items: (0..<count).map { Int32($0 * 23 % 40) }, values: (0..<count).map { Float(1 + $0 * 7 % 5) },
      trainingRow: nil)
  }

  @Test(arguments: laws, [1, 2, 3, 8, 30])
  func agreesWithFoldingInWhatIsLeft(_ law: FoldIn, count: Int) {
    let (model, history) = (model(law), history(count))
    let (factors, base) = model.userFactors(of: history, withoutEachOf: 0..<count)
    #expect(factors.count == count && base.count == count)
    for (position, item) in history.items.enumerated() {
      let rest = history.items.indices.filter { history.items[$0] != item }
      let user = model.user(of: History(items: rest.map { history.items[$0] }, values: rest.map { history.values[$0] }))
      #expect(isClose(factors[position], user.factors, tolerance: 1e-3))
      #expect(isClose(base[position], model.mean + user.bias, tolerance: 1e-3))
    }
  }

  @Test(arguments: laws) func aRangeIsThatPartOfTheWhole(_ law: FoldIn) {
    let (model, history) = (model(law), history(9))
    let whole = model.userFactors(of: history, withoutEachOf: 0..<9)
    let part = model.userFactors(of: history, withoutEachOf: 2..<5)
    #expect((0..<3).map { part.factors[$0] } == (2..<5).map { whole.factors[$0] })
    #expect(part.base == Array(whole.base[2..<5]))
  }

  /// Without an item a trained row no longer stands: what is left is a stranger's history.
  @Test func aTrainedRowIsFoldedInAnew() {
    let law = Self.laws[0]
    let model = FactorModel(users: [[100, 100]], items: [[1, 0], [0, 1], [1, 1]], mean: 3, foldIn: law)
    let stranger = History(items: [0, 1, 2], values: [5, 1, 3])
    let known = History.trained(as: 0, items: stranger.items, values: stranger.values)
    let (ours, theirs) = (
      model.userFactors(of: known, withoutEachOf: 0..<3), model.userFactors(of: stranger, withoutEachOf: 0..<3)
    )
    #expect(ours.factors == theirs.factors && ours.base == theirs.base)
  }

  /// Item 1 alone determines the second factor: the formula would divide by next to nothing.
  @Test func whatAnItemAloneDeterminedIsGoneWithIt() {
    let law = FoldIn.ridge(regularization: 1e-6, exponent: 0, biasScale: nil)
    let model = FactorModel(users: [], items: [[1, 0], [0, 1], [1, 0]], foldIn: law)
    let (factors, _) = model.userFactors(of: History(items: [0, 1, 2], values: [2, 5, 4]), withoutEachOf: 0..<3)
    #expect(isClose(factors[0], [4, 5]) && isClose(factors[2], [2, 5]))
    #expect(isClose(factors[1][0], 3) && factors[1][1] == 0)
  }
}
