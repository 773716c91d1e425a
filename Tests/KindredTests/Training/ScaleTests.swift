import Testing

@testable import Kindred

/// Ratings out of a hundred, or in thousandths, are predicted as well as stars.
@Suite struct ScaleTests {
  @Test(arguments: [SGD.small, ALS.small] as [any Trainer], [Float(25), 0.001])
  func errorsGrowWithTheScaleAlone(_ trainer: any Trainer, factor: Float) async throws {
    let stars = Synthetic.ratings(users: 150, items: 80)
    var scaled = stars
    scaled.data.values = stars.data.values.map { $0 * factor + 7 * factor }
    var errors: [Double] = []
    for ratings in [stars, scaled] {
      let folds = ratings.evaluationFolds(.random(holdingOut: 0.1), seed: 2)
      let result = try await Evaluator(seed: 1).evaluation(of: trainer, on: folds)
      errors.append(try #require(result.ratings).rootMeanSquaredError)
    }
    #expect(abs(errors[1] / errors[0] / Double(factor) - 1) < 0.01)
  }
}
