import CKindredKernels

/// Sixteen columns of the tables of one side, as used by the thread that draws their priors.
struct GibbsPanel: Sendable {
  let rows: SharedWriter<Float>
  /// The prior means of the rows; between `beginResiduals` and `endResiduals` the residuals, rows minus prior means.
  let priors: SharedWriter<Float>
  let values: SharedWriter<Float>
  let rowCount: Int
  let stride: Int
  /// The first of the sixteen columns.
  let lane: Int
  /// The number of the sixteen columns that are not padding.
  let lanes: Int

  /// Turns the prior means into residuals; returns their sums and sums of squares, sixteen of each.
  func beginResiduals() -> (sums: [Double], squares: [Double]) {
    var sums = [Double](repeating: 0, count: 32)
    kindred_gibbs_residuals(rows.base, priors.base, Int64(rowCount), Int64(stride), Int64(lane), &sums)
    return (Array(sums[0..<16]), Array(sums[16..<32]))
  }

  /// Turns the residuals back into prior means.
  func endResiduals() { _ = beginResiduals() }

  /// Adds an amount per column to every row's residual.
  func shift(by amounts: [Float]) {
    precondition(amounts.count == 16)
    kindred_gibbs_shift(priors.base, Int64(rowCount), Int64(stride), Int64(lane), amounts)
  }

  /// Draws the features of a group one after another, from the regression of the rows on them.
  ///
  /// - Parameters:
  ///   - design: One row per feature: the rows that have it, and the values.
  ///   - rowPrecisions: The precisions of the rows around their prior means; sixteen, as `means` and `precisions` of
  ///     the features.
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
