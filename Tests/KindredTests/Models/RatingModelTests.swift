import Testing

@testable import Kindred

@Suite struct RatingModelTests {
  private func model(scale: ClosedRange<Float>?) -> RatingModel {
    let law = FoldIn.ridge(regularization: 1, exponent: 0, biasScale: nil)
    return RatingModel(
      factors: FactorModel(users: [[1], [-2]], items: [[0], [1], [-3], [4]], mean: 3, foldIn: law), scale: scale)
  }

  @Test func predictionsAreKeptInTheScale() {
    let model = model(scale: 1...5)
    #expect(model.predictions(of: [3, 0, 2, 1], for: .trained(as: 0), at: nil).map(\.value) == [5, 3, 1, 4])
    #expect(model.predictions(of: [3, 2], for: .trained(as: 1), at: Day.microseconds).map(\.value) == [1, 5])
    #expect(model.predictions(of: [], for: .trained(as: 1), at: nil).isEmpty)
  }

  @Test func withoutAScalePredictionsComeAsTheyAre() {
    let values = model(scale: nil).predictions(of: [3, 0, 2, 1], for: .trained(as: 0), at: nil).map(\.value)
    #expect(values == [7, 3, 0, 4])
  }

  @Test(
    arguments: [
      (3...4.5, 1...5), (0.5...5, 0.5...5), (0...5, 0...5), (2...9, 1...10), (1...80, 1...100), (0...1, 0...1),
      (-10...10, -10...10), (1...250, 1...250),
    ] as [(ClosedRange<Float>, ClosedRange<Float>)])
  func aScaleIsWidenedToACustomaryOne(_ scale: ClosedRange<Float>, _ admissible: ClosedRange<Float>) {
    #expect(model(scale: scale).admissibleRatings == admissible)
  }

  /// Items at the end of the scale would tie otherwise.
  @Test func listsAreOrderedByWhatIsNotKeptInTheScale() {
    let model = model(scale: 1...3)
    #expect(model.scores(.trained(as: 0)) == [3, 4, 0, 7])
    let selection = TopSelection(limit: 3, excluded: [[]])
    #expect(model.topItems([.trained(as: 0)], selection: selection)[0].map(\.item) == [3, 1, 0])
  }

  @Test func onlyAPosteriorKnowsDeviations() {
    let model = model(scale: 1...5)
    #expect(!model.knowsDeviations)
    let predictions = model.predictions(of: [0, 1], for: History(items: [1], values: [4]), at: nil)
    #expect(predictions.allSatisfy { $0.deviation == nil && !$0.isTentative })
  }

  /// A stranger who gave item 1 a 5: p = 2 / (1 + 1).
  @Test func aStrangerIsFoldedIn() {
    let predictions = model(scale: 1...5).predictions(of: [0, 1, 2], for: History(items: [1], values: [5]), at: nil)
    #expect(isClose(predictions.map(\.value), [3, 4, 1]))
  }

  @Test func keptUsersKeepTheScale() {
    let kept = model(scale: 1...5).keepingUsers([1])
    #expect(kept.scale == 1...5)
    #expect(kept.predictions(of: [1, 2], for: .trained(as: 0), at: nil).map(\.value) == [1, 5])
  }

  @Test func rangesHoldTheShareOfANormal() throws {
    let prediction = Prediction(value: 4, deviation: 0.5)
    let range = try #require(prediction.range(holding: 0.95))
    #expect(isClose(range.lowerBound, 4 - 0.5 * 1.959964) && isClose(range.upperBound, 4 + 0.5 * 1.959964))
    #expect(prediction.range(holding: 0.95, on: 1...4.5)?.upperBound == 4.5)
    #expect(Prediction(value: 6, deviation: 0.1).range(holding: 0.5, on: 1...5) == 5...5)
    #expect(Prediction(value: 4, deviation: nil).range(holding: 0.5) == nil)
  }
}
