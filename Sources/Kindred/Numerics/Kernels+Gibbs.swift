import CKindredKernels

/// Which rows of two other tables meet in each cell of a row, and where the cell's target is.
///
/// It is the same data in the order of one side: people, items or days.
struct GibbsCells: Sendable {
  /// Where each row's cells start, and the end of the last.
  var offsets: Buffer<Int64>
  var left: Buffer<Int32>
  /// Nil where there is no third side.
  var right: Buffer<Int32>?
  /// The position of each cell's target.
  var places: Buffer<Int32>

  var rowCount: Int { offsets.count - 1 }

  /// Sorts cells by one side's rows, keeping their order within a row. O(cells).
  init(rowCount: Int, rows: [Int32], left: [Int32], right: [Int32]?) {
    var offsets = [Int64](repeating: 0, count: rowCount + 1)
    for row in rows { offsets[Int(row) + 1] += 1 }
    for row in 0..<rowCount { offsets[row + 1] += offsets[row] }
    var next = offsets
    var places = [Int32](repeating: 0, count: rows.count)
    for (cell, row) in rows.enumerated() {
      places[Int(next[Int(row)])] = Int32(cell)
      next[Int(row)] += 1
    }
    self.offsets = Buffer(offsets)
    self.left = Buffer(places.map { left[Int($0)] })
    self.right = right.map { right in Buffer(places.map { right[Int($0)] }) }
    self.places = Buffer(places)
  }

  /// Cells that are in the order of the rows already, as are their targets.
  init(inOrder offsets: [Int64], left: [Int32], right: [Int32]?) {
    self.offsets = Buffer(offsets)
    self.left = Buffer(left)
    self.right = right.map { Buffer($0) }
    places = Buffer(0..<Int32(left.count))
  }

  /// Runs of rows of about equal work, cut by the data alone.
  func blocks(rank: Int) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var start = 0
    var work = 0
    for row in 0..<rowCount {
      work += Int(offsets[row + 1] - offsets[row]) + rank + 16
      if work >= Self.workOfBlock || row + 1 == rowCount {
        blocks.append(start..<(row + 1))
        start = row + 1
        work = 0
      }
    }
    return blocks
  }

  private static let workOfBlock = 4096
}

/// The conditional distribution of one side's rows, factors and bias together, given the two other sides.
///
/// With L and R the rows of a cell on the other sides, target − mean − bias(L) − bias(R) − ⟨L, R⟩ is the row's bias + ⟨row, L + R⟩ with noise of
/// a precision; rows have prior means and precisions. Tables have the bias as their last column.
struct GibbsRows {
  var cells: GibbsCells
  var targets: Buffer<Float>
  var left: Factors
  var right: Factors?
  var priors: Factors
  /// One a column, `priors.stride` of them.
  var precisions: Buffer<Float>
  var noisePrecision: Float
  var mean: Float
  var key: UInt64 = 0

  /// Draws every row; where `means` is given, puts there what each draw is around. O(cells · rank² + rows · rank³).
  ///
  /// - Returns: The sums that `errors` would find with the new rows; nil where they would be too small a difference of large numbers.
  @discardableResult
  func draw(into solution: inout Factors, means: inout Factors?, using parallel: Parallel) -> (
    sum: Double, squares: Double
  )? {
    let blocks = cells.blocks(rank: priors.rank)
    let sums = solution.elements.withSharedWriter { out in
      withMeans(&means) { meansOut in
        parallel.map(blocks.count) { block in
          var sums = SIMD4<Double>()
          withProblem(solution: out.base, means: meansOut?.base) { problem, workspace in
            withUnsafeMutableBytes(of: &sums) { bytes in
              kindred_gibbs_rows(
                problem, Int64(blocks[block].lowerBound), Int64(blocks[block].upperBound), workspace,
                bytes.assumingMemoryBound(to: Double.self).baseAddress)
            }
          }
          return sums
        }
      }
    }.reduce(SIMD4()) { $0 + $1 }
    return sums[1] > 1e-3 * sums[2] ? (sums[0], sums[1]) : nil
  }

  /// The errors of all cells and their squares, summed in the blocks' order; `priors` holds the rows themselves. O(cells · rank).
  ///
  /// - Parameter fits: Where it is given, gets what each target was expected to be.
  func errors(fits: inout Buffer<Float>?, using parallel: Parallel) -> (sum: Double, squares: Double) {
    guard fits != nil else { return errors(fits: nil, using: parallel) }
    precondition(fits?.count == targets.count)
    return fits!.withSharedWriter { errors(fits: $0, using: parallel) }
  }

  private func errors(fits: SharedWriter<Float>?, using parallel: Parallel) -> (sum: Double, squares: Double) {
    let blocks = cells.blocks(rank: priors.rank)
    let sums = parallel.map(blocks.count) { block in
      var sums = (0.0, 0.0)
      withProblem(solution: nil, means: nil) { problem, workspace in
        withUnsafeMutableBytes(of: &sums) { bytes in
          kindred_gibbs_errors(
            problem, Int64(blocks[block].lowerBound), Int64(blocks[block].upperBound), workspace,
            bytes.assumingMemoryBound(to: Double.self).baseAddress, fits?.base)
        }
      }
      return sums
    }
    return (sums.reduce(0) { $0 + $1.0 }, sums.reduce(0) { $0 + $1.1 })
  }

  /// What each target is expected to be, given the rows themselves. O(cells · rank).
  func fits(of rows: Factors) -> Buffer<Float> {
    var given = self
    given.priors = rows
    var fits: Buffer<Float>? = Buffer(repeating: 0, count: targets.count)
    _ = given.errors(fits: &fits, using: Parallel(threads: 1))
    return fits ?? []
  }

  /// The mean of each row. O(cells · rank² + rows · rank³).
  func rowMeans(using parallel: Parallel) -> Factors {
    var means: Factors? = Factors(count: priors.count, rank: priors.rank)
    let blocks = cells.blocks(rank: priors.rank)
    withMeans(&means) { meansOut in
      parallel.forEach(blocks.count) { block in
        withProblem(solution: nil, means: meansOut?.base) { problem, workspace in
          kindred_gibbs_rows(
            problem, Int64(blocks[block].lowerBound), Int64(blocks[block].upperBound), workspace, nil)
        }
      }
    }
    return means ?? priors
  }

  /// The mean of the first row, and the variance of bias + ⟨row, z⟩ for each row z of a table. O(cells · rank² + rank³ + rows · rank²).
  func moments(variancesFor z: Factors) -> (mean: [Float], variances: [Float]) {
    precondition(z.rank == priors.rank && cells.rowCount == 1)
    var means: Factors? = Factors(count: 1, rank: priors.rank)
    var variances = [Float](repeating: 0, count: z.count)
    withMeans(&means) { meansOut in
      withProblem(solution: nil, means: meansOut?.base) { problem, workspace in
        kindred_gibbs_rows(problem, 0, 1, workspace, nil)
        z.elements.withUnsafeBuffer { z in
          kindred_gibbs_variances(problem, z.baseAddress, Int64(variances.count), workspace, &variances)
        }
      }
    }
    return (means?[0] ?? [], variances)
  }

  private func withMeans<Result>(_ means: inout Factors?, _ body: (SharedWriter<Float>?) -> Result) -> Result {
    guard means != nil else { return body(nil) }
    return means!.elements.withSharedWriter { body($0) }
  }

  private func withProblem(
    solution: UnsafeMutablePointer<Float>?, means: UnsafeMutablePointer<Float>?,
    _ body: (UnsafePointer<kindred_gibbs>, UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(left.stride == priors.stride && (right == nil || right?.stride == priors.stride))
    precondition(
      precisions.count == priors.stride && priors.count == cells.rowCount && (right == nil) == (cells.right == nil))
    let rank = Int64(priors.rank - 1)
    cells.offsets.withUnsafeBuffer { offsets in
      cells.left.withUnsafeBuffer { leftColumns in
        lend(cells.right) { rightColumns in
          cells.places.withUnsafeBuffer { places in
            targets.withUnsafeBuffer { targets in
              left.elements.withUnsafeBuffer { left in
                lend(right?.elements) { right in
                  priors.elements.withUnsafeBuffer { priorRows in
                    precisions.withUnsafeBuffer { precisions in
                      var problem = kindred_gibbs(
                        offsets: offsets.baseAddress, left: leftColumns.baseAddress, right: rightColumns,
                        places: places.baseAddress, targets: targets.baseAddress, left_rows: left.baseAddress,
                        right_rows: right, priors: priorRows.baseAddress, precisions: precisions.baseAddress,
                        solution: solution, means: means, rank: rank, width: Int64(priors.stride),
                        alpha: noisePrecision, mean: mean, key: key)
                      withWorkspace(of: Float.self, kindred_gibbs_workspace(rank)) { workspace in
                        if let workspace { body(&problem, workspace) }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

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
