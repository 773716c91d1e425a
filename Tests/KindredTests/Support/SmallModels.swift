@testable import Kindred

extension FactorModel {
  /// The factors and the bias that a history is folded into, without the mean.
  func user(of history: History) -> (factors: [Float], bias: Float) {
    let (factors, base) = userFactors(of: [history][...])
    return (factors[0], base[0] - mean)
  }
}

extension FactorModel {
  /// A popularity list that likes an item more than the others do.
  static func favouring(_ item: Int, by weight: Float, of count: Int = 6) -> FactorModel {
    FactorModel(baseline: 0, itemBiases: Buffer((0..<count).map { $0 == item ? weight : 0 }))
  }
}

extension History {
  /// The history of a user of the training data.
  static func trained(as row: Int32, items: [Int32] = [], values: [Float] = []) -> History {
    History(items: items, values: values, trainingRow: row)
  }
}

/// Whether two rows of floats are the same up to rounding.
func isClose(_ left: [Float], _ right: [Float], tolerance: Float = 1e-4) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { isClose($0, $1, tolerance: tolerance) }
}
