import CKindredKernels

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
