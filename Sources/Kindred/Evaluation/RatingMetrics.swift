/// How close predicted values come to true ones.
public struct RatingMetrics: Sendable, Equatable {
  /// The number of pairs.
  public let count: Int
  /// √(mean (prediction − value)²); 0 without pairs.
  public let rootMeanSquaredError: Float
  /// Half the width of the 95 % confidence interval of the error above, over the pairs.
  public let rootMeanSquaredErrorInterval: Float
  /// mean |prediction − value|; 0 without pairs.
  public let meanAbsoluteError: Float

  /// Predicts every pair of `test` from the histories. O(test · rank + people · fold-in).
  init(of model: some RatingPredictor, histories: SparseMatrix, test: TrainingData, using parallel: Parallel) {
    let pairs = test.rowsByUser()
    let peopleOfBlock = 64
    let sums = parallel.map((pairs.rowCount + peopleOfBlock - 1) / peopleOfBlock) { block in
      var squared = 0.0
      var absolute = 0.0
      var fourth = 0.0
      for person in (block * peopleOfBlock)..<min(pairs.rowCount, (block + 1) * peopleOfBlock) {
        let cells = pairs.cells(ofRow: person)
        if cells.isEmpty { continue }
        let predictions = model.predictions(
          of: Array(pairs.columns[cells]), for: histories.history(ofRow: person), at: nil)
        for (cell, prediction) in zip(cells, predictions) {
          let error = Double(prediction.value) - Double(pairs.values[cell])
          squared += error * error
          absolute += abs(error)
          fourth += error * error * error * error
        }
      }
      return SIMD4(squared, absolute, fourth, 0)
    }
    let total = sums.reduce(SIMD4(), +) / Double(max(1, pairs.count))
    count = pairs.count
    rootMeanSquaredError = Float(total[0].squareRoot())
    meanAbsoluteError = Float(total[1])
    // √ halves a relative error: the interval of the mean square, over twice its root.
    let deviation = (max(0, total[2] - total[0] * total[0]) / Double(max(1, pairs.count))).squareRoot()
    rootMeanSquaredErrorInterval = total[0] > 0 ? Float(1.96 * deviation / (2 * total[0].squareRoot())) : 0
  }
}
