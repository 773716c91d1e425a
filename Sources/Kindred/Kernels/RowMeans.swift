import CKindredKernels

/// The means of rows, and their weights: found by one step of expectation maximization. More steps changed no prediction's error on
/// validation cuts, and took the longest part of a draw.
struct RowMeans: Sendable {
  var rows: Factors
  /// Where the search starts, then what it finds.
  var weights: Buffer<Float>
  /// A weight's prior is a gamma distribution of so many degrees of freedom around 1.
  var freedom: Float
  /// What is in the squared errors of each row besides what its targets tell.
  var spread: Buffer<Float>

  /// Nothing known of some rows yet: weights of 1.
  init(count: Int, rank: Int, freedom: Float) {
    rows = Factors(count: count, rank: rank)
    weights = Buffer(repeating: 1, count: count)
    spread = Buffer(repeating: 0, count: count)
    self.freedom = freedom
  }

  /// Where a kernel puts what it finds.
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
