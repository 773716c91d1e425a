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

/// The errors that are left in some cells, and their squares, each cell counted with its weight.
struct WeightedErrors: Sendable {
  var sum = 0.0
  var squares = 0.0
  /// The weights summed.
  var weight = 0.0
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
  /// Of a cell whose rows have a weight of 1; each row's own multiplies it.
  var noisePrecision: Float
  var mean: Float
  var key: UInt64 = 0
  /// The rows' weights, and the roots of those on the other sides; nil where all are 1.
  var rowWeights: Buffer<Float>?
  var leftRoots: Buffer<Float>?
  var rightRoots: Buffer<Float>?

  /// Draws every row. O(cells · rank² + rows · rank³).
  ///
  /// - Parameters:
  ///   - means: Where it is given, gets what `rowMeans` would find, but with weights looked for from those in it.
  ///   - weigh: Gives a row's next weight, by the errors that its draw leaves with a weight of 1.
  /// - Returns: What `errors` would find with the new rows and weights; nil where that would be too small a difference of large numbers.
  @discardableResult
  func draw(
    into solution: inout Factors, means: inout RowMeans?, using parallel: Parallel,
    weigh: @Sendable (_ row: Int, _ errors: WeightedErrors) -> Float = { _, _ in 1 }
  ) -> WeightedErrors? {
    let blocks = cells.blocks(rank: priors.rank)
    let parts = solution.elements.withSharedWriter { out in
      RowMeans.lend(&means) { means in
        parallel.map(blocks.count) { block in
          let rows = blocks[block]
          var sum = WeightedErrors()
          var targets = 0.0
          withWorkspace(of: kindred_errors.self, Int64(rowCount)) { errors in
            guard let errors else { return }
            withProblem { problem, workspace in
              problem.solution = out.base
              means?.put(into: &problem)
              kindred_gibbs_rows(&problem, Int64(rows.lowerBound), Int64(rows.upperBound), workspace, errors)
            }
            for row in rows {
              let own = errors[row]
              let weight = Double(weigh(row, WeightedErrors(sum: own.sum, squares: own.squares, weight: own.weight)))
              sum.sum += weight * own.sum
              sum.squares += weight * own.squares
              sum.weight += weight * own.weight
              targets += weight * own.targets
            }
          }
          return (sum, targets)
        }
      }
    }
    let total = parts.reduce(into: WeightedErrors()) { $0.add($1.0) }
    return total.squares > 1e-3 * parts.reduce(0) { $0 + $1.1 } ? total : nil
  }

  /// The errors of all cells, summed in the blocks' order; `priors` holds the rows themselves. O(cells · rank).
  func errors(using parallel: Parallel) -> WeightedErrors { errors(fits: nil, roots: nil, using: parallel) }

  /// The same, with what each target was expected to be and the root of its weight.
  func errorsAndFits(using parallel: Parallel) -> (errors: WeightedErrors, fits: Buffer<Float>, roots: Buffer<Float>) {
    var fits = Buffer<Float>(repeating: 0, count: targets.count)
    var roots = fits
    let errors = fits.withSharedWriter { fits in
      roots.withSharedWriter { roots in self.errors(fits: fits, roots: roots, using: parallel) }
    }
    return (errors, fits, roots)
  }

  private func errors(
    fits: SharedWriter<Float>?, roots: SharedWriter<Float>?, using parallel: Parallel
  ) -> WeightedErrors {
    let blocks = cells.blocks(rank: priors.rank)
    return parallel.map(blocks.count) { block in
      var errors = kindred_errors()
      withProblem { problem, workspace in
        kindred_gibbs_errors(
          &problem, Int64(blocks[block].lowerBound), Int64(blocks[block].upperBound), workspace, &errors, fits?.base,
          roots?.base)
      }
      return WeightedErrors(sum: errors.sum, squares: errors.squares, weight: errors.weight)
    }.reduce(into: WeightedErrors()) { $0.add($1) }
  }

  /// What each target is expected to be, given the rows themselves. O(cells · rank).
  func fits(of rows: Factors) -> Buffer<Float> {
    var given = self
    given.priors = rows
    return given.errorsAndFits(using: Parallel(threads: 1)).fits
  }

  /// The mean of each row. O(cells · rank² + rows · rank³).
  func rowMeans(using parallel: Parallel) -> Factors {
    var means = Factors(count: priors.count, rank: priors.rank)
    means.elements.withSharedWriter { out in
      solve(using: parallel) { $0.means = out.base }
    }
    return means
  }

  /// The same with weights that are looked for: each at its mean given how far the row with the weight that it has, and what is not known of
  /// the row, leave the targets; then the row given the weight.
  func find(_ means: inout RowMeans, using parallel: Parallel) {
    means.lend { lent in solve(using: parallel) { lent.put(into: &$0) } }
  }

  private func solve(using parallel: Parallel, _ prepare: @Sendable (inout kindred_gibbs) -> Void) {
    let blocks = cells.blocks(rank: priors.rank)
    parallel.forEach(blocks.count) { block in
      withProblem { problem, workspace in
        prepare(&problem)
        kindred_gibbs_rows(
          &problem, Int64(blocks[block].lowerBound), Int64(blocks[block].upperBound), workspace, nil)
      }
    }
  }

  /// The mean of the first row, and the variance of bias + ⟨row, z⟩ for each row z of a table. O(cells · rank² + rank³ + rows · rank²).
  func moments(variancesFor z: Factors) -> (mean: [Float], variances: [Float]) {
    precondition(z.rank == priors.rank && rowCount == 1)
    var mean = Factors(count: 1, rank: priors.rank)
    var variances = [Float](repeating: 0, count: z.count)
    mean.elements.withSharedWriter { mean in
      withProblem { problem, workspace in
        problem.means = mean.base
        kindred_gibbs_rows(&problem, 0, 1, workspace, nil)
        z.elements.withUnsafeBuffer { z in
          kindred_gibbs_variances(&problem, z.baseAddress, Int64(variances.count), workspace, &variances)
        }
      }
    }
    return (mean[0], variances)
  }

  private var rowCount: Int { cells.rowCount }

  /// Lends the problem, which says nothing of results yet, and a workspace.
  private func withProblem(_ body: (inout kindred_gibbs, UnsafeMutablePointer<Float>) -> Void) {
    precondition(left.stride == priors.stride && (right == nil || right?.stride == priors.stride))
    precondition(
      precisions.count == priors.stride && priors.count == rowCount && (right == nil) == (cells.right == nil))
    precondition((rowWeights?.count ?? rowCount) == rowCount && (leftRoots?.count ?? left.count) == left.count)
    precondition(rightRoots == nil || rightRoots?.count == right?.count)
    var problem = kindred_gibbs()
    problem.rank = Int64(priors.rank - 1)
    problem.width = Int64(priors.stride)
    (problem.alpha, problem.mean, problem.key) = (noisePrecision, mean, key)
    withCells(&problem) { problem in
      withTables(&problem) { problem in
        withWorkspace(of: Float.self, kindred_gibbs_workspace(problem.rank)) { workspace in
          if let workspace { body(&problem, workspace) }
        }
      }
    }
  }

  private func withCells(_ problem: inout kindred_gibbs, _ body: (inout kindred_gibbs) -> Void) {
    cells.offsets.withUnsafeBuffer { offsets in
      cells.left.withUnsafeBuffer { left in
        lend(cells.right) { right in
          cells.places.withUnsafeBuffer { places in
            targets.withUnsafeBuffer { targets in
              (problem.offsets, problem.left, problem.right) = (offsets.baseAddress, left.baseAddress, right)
              (problem.places, problem.targets) = (places.baseAddress, targets.baseAddress)
              body(&problem)
            }
          }
        }
      }
    }
  }

  private func withTables(_ problem: inout kindred_gibbs, _ body: (inout kindred_gibbs) -> Void) {
    left.elements.withUnsafeBuffer { left in
      lend(right?.elements) { right in
        priors.elements.withUnsafeBuffer { priors in
          precisions.withUnsafeBuffer { precisions in
            lend(rowWeights) { rowWeights in
              lend(leftRoots) { leftRoots in
                lend(rightRoots) { rightRoots in
                  (problem.left_rows, problem.right_rows) = (left.baseAddress, right)
                  (problem.priors, problem.precisions) = (priors.baseAddress, precisions.baseAddress)
                  (problem.row_weights, problem.left_roots, problem.right_roots) = (
                    rowWeights, leftRoots, rightRoots
                  )
                  body(&problem)
                }
              }
            }
          }
        }
      }
    }
  }
}

extension WeightedErrors {
  mutating func add(_ other: WeightedErrors) {
    sum += other.sum
    squares += other.squares
    weight += other.weight
  }
}

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
  fileprivate struct Lent: Sendable {
    let rows, weights, spread: SharedWriter<Float>
    let freedom: Float

    func put(into problem: inout kindred_gibbs) {
      problem.means = rows.base
      problem.found_weights = weights.base
      problem.spread = UnsafePointer(spread.base)
      problem.freedom = freedom
    }
  }

  fileprivate mutating func lend<Result>(_ body: (Lent) -> Result) -> Result {
    let freedom = freedom
    return rows.elements.withSharedWriter { rows in
      weights.withSharedWriter { weights in
        spread.withSharedWriter { spread in
          body(Lent(rows: rows, weights: weights, spread: spread, freedom: freedom))
        }
      }
    }
  }

  fileprivate static func lend<Result>(_ means: inout RowMeans?, _ body: (Lent?) -> Result) -> Result {
    guard means != nil else { return body(nil) }
    return means!.lend { body($0) }
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
