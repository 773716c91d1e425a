import Testing

@testable import Kindred

@Suite struct FactorModelTests {
  private let ridge = FoldIn.ridge(regularization: 1, exponent: 0, biasScale: nil)

  /// Two trained users and three items of rank 2; all scores are exact in binary.
  private var trained: FactorModel {
    FactorModel(
      users: [[1, 1], [2, -1]], userBiases: [0.25, -1], items: [[1, 2], [0, -1], [3, 0]], itemBiases: [0.5, -0.5, 0],
      mean: 3, foldIn: ridge)
  }

  @Test func aTrainedRowScoresMeanBiasesAndProduct() {
    #expect(trained.scores(.trained(as: 0)) == [6.75, 1.75, 6.25])
    #expect(trained.scores(.trained(as: 1)) == [2.5, 2.5, 8])
    #expect(trained.scores(of: [2, 0, 2], for: .trained(as: 1)) == [8, 2.5, 8])
  }

  @Test func theBestItemsAreSortedAndTiesGoByOrder() {
    let histories = [History.trained(as: 1), .trained(as: 0)]
    let selection = TopSelection(limit: 2, excluded: [[], [0]])
    let lists = trained.topItems(histories[...], selection: selection)
    #expect(
      lists == [
        [.init(item: 2, score: 8), .init(item: 0, score: 2.5)],
        [.init(item: 2, score: 6.25), .init(item: 1, score: 1.75)],
      ])
  }

  @Test func anEditedOrUnknownRowIsFoldedIn() {
    var edited = History.trained(as: 0, items: [2], values: [5])
    edited.set(4, forItemAt: 1)
    let stranger = History(items: [2, 1], values: [5, 4])
    #expect(trained.scores(edited) == trained.scores(stranger))
    #expect(trained.scores(.trained(as: 2, items: [2, 1], values: [5, 4])) == trained.scores(stranger))
    #expect(trained.scores(stranger) != trained.scores(.trained(as: 0, items: [2, 1], values: [5, 4])))
  }

  @Test func aStrangerWithoutAHistoryGetsMeanAndItemBiases() {
    #expect(trained.scores(History()) == [3.5, 2.5, 3])
  }

  @Test func withoutALawEveryoneGetsTheSame() {
    let model = FactorModel(users: [], items: [[1], [2]], itemBiases: [0.5, -1], mean: 2, foldIn: .none)
    #expect(model.scores(History(items: [0], values: [9])) == [2.5, 1])
    let explanation = model.explanation(of: 1, for: History(items: [0], values: [9]))
    #expect(explanation.baseline == 1 && explanation.parts.isEmpty)
  }

  /// The factors are 2, 1 and 3; two items got 5 and 2, and the mean is 3: p = (2 · 2 − 1 · 1) / (4 + 1 + 1) = ½.
  @Test func contributionsAndEffectsAreThoseByHand() {
    let model = FactorModel(users: [], items: [[2], [1], [3]], mean: 3, foldIn: ridge)
    for items in [[0, 1], [1, 0]] as [[Int32]] {
      let explanation = model.explanation(of: 2, for: History(items: items, values: items.map { $0 == 0 ? 5 : 2 }))
      #expect(isClose(explanation.score, 4.5) && isClose(explanation.baseline, 3))
      #expect(explanation.parts.map(\.item) == items)
      #expect(isClose(explanation.parts.map(\.contribution), items.map { $0 == 0 ? 2 : -0.5 }))
      // Without item 0, p = −1 / 2; without item 1, p = 4 / 5.
      #expect(isClose(explanation.parts.map(\.effect), items.map { $0 == 0 ? 3 : -0.9 }))
    }
  }

  @Test(arguments: [1, 5]) func storedRowsAreFoldedIn(threads: Int) {
    let rows = SparseMatrix(rowCount: 3, columnCount: 3, rows: [0, 0, 2], columns: [0, 1, 0], values: [5, 2, 4])
    let model = FactorModel(
      mean: 3, foldIn: ridge, items: Factors(rows: [[2], [1], [3]]), itemBiases: [0, 0, 0], foldingIn: rows,
      using: Parallel(threads: threads))
    #expect(isClose((0..<3).map { model.users[$0][0] }, [0.5, 0, 0.4]))
    #expect(Array(model.userBiases) == [0, 0, 0])
  }

  @Test func similaritiesAreCosines() {
    let model = FactorModel(
      users: [], items: [[3, 4], [4, 3], [0, 0], [-6, -8]], itemBiases: [9, 0, 5, 0], foldIn: ridge)
    var scores = [Float](repeating: .nan, count: 4)
    var span = scores.mutableSpan
    model.similarities(to: 0, into: &span)
    #expect(isClose(scores, [1, 0.96, 0, -1]))
    span = scores.mutableSpan
    model.similarities(to: 2, into: &span)
    #expect(scores == [0, 0, 0, 0])
  }

  @Test func keptUsersHaveTheNewRows() {
    let kept = trained.keepingUsers([1])
    #expect(kept.scores(.trained(as: 0)) == trained.scores(.trained(as: 1)))
    #expect(kept.users.count == 1 && kept.userBiases.count == 1 && kept.itemCount == 3)
    let swapped = trained.keepingUsers([1, 0])
    #expect(swapped.scores(.trained(as: 1)) == trained.scores(.trained(as: 0)))
  }
}
