import CKindredKernels

/// Sixteen columns of one side's tables, seen by the thread that draws what is common to the side's rows in them.
struct GibbsPanel: Sendable {
  let rows: SharedWriter<Float>
  /// Prior means of the rows; between `beginResiduals` and `endResiduals` what is left of the rows beyond them.
  let priors: SharedWriter<Float>
  let values: SharedWriter<Float>
  let rowCount: Int
  let stride: Int
  /// The first of the sixteen.
  let lane: Int
  /// How many of the sixteen mean something.
  let lanes: Int

  /// Turns the prior means into residuals; returns their sums and sums of squares, sixteen of each.
  func beginResiduals() -> (sums: [Double], squares: [Double]) {
    var sums = [Double](repeating: 0, count: 32)
    kindred_gibbs_residuals(rows.base, priors.base, Int64(rowCount), Int64(stride), Int64(lane), &sums)
    return (Array(sums[0..<16]), Array(sums[16..<32]))
  }

  /// Turns the residuals back into prior means.
  func endResiduals() { _ = beginResiduals() }

  /// Adds to every row's residual.
  func shift(by amounts: [Float]) {
    precondition(amounts.count == 16)
    kindred_gibbs_shift(priors.base, Int64(rowCount), Int64(stride), Int64(lane), amounts)
  }

  /// Draws a group of features, one after another, from the regression of the rows on them.
  ///
  /// - Parameters:
  ///   - design: A row a feature: which rows have it, and how much of it.
  ///   - rowPrecisions: Of the rows around their features' part; sixteen, as are the features' own `means` and `precisions`.
  func draw(
    _ features: Range<Int>, of design: SparseMatrix, rowPrecisions: [Float], means: [Float], precisions: [Float],
    key: UInt64
  ) {
    precondition(
      rowPrecisions.count == 16 && means.count == 16 && precisions.count == 16 && design.columnCount == rowCount)
    design.offsets.withUnsafeBuffer { offsets in
      design.columns.withUnsafeBuffer { columns in
        design.values.withUnsafeBuffer { weights in
          rowPrecisions.withUnsafeBufferPointer { rowPrecisions in
            means.withUnsafeBufferPointer { means in
              precisions.withUnsafeBufferPointer { precisions in
                var problem = kindred_features(
                  offsets: offsets.baseAddress, rows: columns.baseAddress, weights: weights.baseAddress,
                  residuals: priors.base, values: values.base, width: Int64(stride), lane: Int64(lane),
                  lanes: Int64(lanes), row_precisions: rowPrecisions.baseAddress, precisions: precisions.baseAddress,
                  means: means.baseAddress, key: key)
                kindred_gibbs_features(&problem, Int64(features.lowerBound), Int64(features.upperBound))
              }
            }
          }
        }
      }
    }
  }
}
