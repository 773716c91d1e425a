import CKindredKernels

/// The means of rows and their weights, found by one EM step. Further steps did not change the error of predictions on
/// validation cuts, and took most of the time of a draw.
struct RowMeans: Sendable {
  var rows: Factors
  /// The start of the EM step, then its result.
  var weights: Buffer<Float>
  /// The degrees of freedom of the gamma prior of a weight, with mean 1.
  var freedom: Float
  /// What is added to the squared errors of each row.
  var spread: Buffer<Float>

  /// Creates means of zero, with weights of 1.
  init(count: Int, rank: Int, freedom: Float) {
    rows = Factors(count: count, rank: rank)
    weights = Buffer(repeating: 1, count: count)
    spread = Buffer(repeating: 0, count: count)
    self.freedom = freedom
  }

  /// The memory that a kernel writes its results to.
  struct Lent: Sendable {
    let rows, weights, spread: SharedWriter<Float>
    let freedom: Float

    func put(into problem: inout kindred_gibbs) {
      problem.means = rows.base
      problem.found_weights = weights.base
      problem.spread = UnsafePointer(spread.base)
      problem.freedom = freedom
    }
  }

  mutating func lend<Result>(_ body: (Lent) -> Result) -> Result {
    let freedom = freedom
    return rows.elements.withSharedWriter { rows in
      weights.withSharedWriter { weights in
        spread.withSharedWriter { spread in
          body(Lent(rows: rows, weights: weights, spread: spread, freedom: freedom))
        }
      }
    }
  }

  static func lend<Result>(_ means: inout RowMeans?, _ body: (Lent?) -> Result) -> Result {
    guard means != nil else { return body(nil) }
    return means!.lend { body($0) }
  }
}
