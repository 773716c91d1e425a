import CKindredKernels

/// The sums of the errors in some cells and of their squares, each cell counted with its weight.
struct WeightedErrors: Sendable {
  var sum = 0.0
  var squares = 0.0
  /// The sum of the weights.
  var weight = 0.0
}

/// The conditional distribution of one side's rows, factors and bias together, given the two other sides.
///
/// With L and R the rows of a cell on the other sides, target − mean − bias(L) − bias(R) − ⟨L, R⟩ equals the row's bias
/// + ⟨row, L + R⟩ plus normal noise. The rows have prior means and precisions. The last column of each table is the
/// bias.
struct GibbsRows {
  var cells: GibbsCells
  var targets: Buffer<Float>
  var left: Factors
  var right: Factors?
  var priors: Factors
  /// One per column, `priors.stride` in all.
  var precisions: Buffer<Float>
  /// The noise's precision in a cell whose rows have a weight of 1; the rows' weights multiply it.
  var noisePrecision: Float
  var mean: Float
  var key: UInt64 = 0
  /// The rows' weights, and the square roots of the weights on the other sides; nil if all are 1.
  var rowWeights: Buffer<Float>?
  var leftRoots: Buffer<Float>?
  var rightRoots: Buffer<Float>?

  /// Draws every row.
  ///
  /// - Parameters:
  ///   - means: If not nil, gets the mean of each row and its weight, improved from the weight in it.
  ///   - weigh: Returns a row's next weight, from the errors that its draw leaves, computed with a weight of 1.
  /// - Returns: The errors with the new rows and weights; nil if they would be a small difference of large numbers.
  /// - Complexity: O(cells · rank² + rows · rank³).
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

  /// The errors of all cells, summed in block order; `priors` holds the rows. O(cells · rank).
  func errors(using parallel: Parallel) -> WeightedErrors { errors(fits: nil, roots: nil, using: parallel) }

  /// The errors of all cells, the fit of each target and the square root of its weight; `priors` holds the rows.
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

  /// The fit of each target, given the rows. O(cells · rank).
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

  /// Like `rowMeans`, but updates the weights first: each is set to its mean given the current residuals, and then its
  /// row is solved with it.
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

  /// The mean of the first row, and the variance of bias + ⟨row, z⟩ for each row z of a table.
  ///
  /// - Complexity: O(cells · rank² + rank³ + rows · rank²).
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

  /// Passes the problem, without places for results, and a workspace to `body`.
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
