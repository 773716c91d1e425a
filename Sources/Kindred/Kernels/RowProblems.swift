import CKindredKernels

/// The regularized least-squares problem of each row of a sparse matrix, given the factors of its columns.
///
/// With x the factors of a cell's column, w its weight and t its target, row r solves (base + Σ w x xᵀ + penalty_r I) p
/// = Σ w t x, where t = value − mean − column bias. If `biasScale` is set, x has a last coordinate 1, whose solution is
/// the row's bias.
struct RowProblems: Sendable {
  var matrix: SparseMatrix
  var factors: Factors
  var mean: Float = 0
  var columnBiases: Buffer<Float>?
  /// The penalty on each row's factors, one per row.
  var penalties: Buffer<Float>
  /// The penalty on a row's bias, in units of that on its factors; nil for a model without biases.
  var biasScale: Float?
  /// A symmetric matrix of `factors.stride` rows and columns that is added to the matrix of every row.
  var base: Buffer<Float>?
  /// A right-hand side in place of Σ w t x, the same for every row: the factors, then one number for the bias if there
  /// is one.
  var right: [Float]?
  /// The meaning of the stored values: targets of the regression, or weights of targets that are all 1.
  var values = ValueRole.targets

  enum ValueRole: Sendable { case targets, weights, ignored }

  /// The rows' factors and biases, and the sum of the minima of their objectives:
  /// Σ w (t − prediction)² + pᵀ (base + penalty_r I) p, the bias with its penalty.
  struct Solution: Sendable {
    var factors: Factors
    var biases: Buffer<Float>
    var objective: Double
  }

  /// Solves every row.
  ///
  /// Rows without weights and base use conjugate gradients (Hestenes, Stiefel 1952,
  /// <https://doi.org/10.6028/jres.049.044>) preconditioned by the diagonal: about six steps if the factors are on
  /// their principal axes, otherwise twice as many. Other rows are factorized. Both reach the same few digits. The
  /// objectives are a by-product of either method.
  ///
  /// The result does not depend on `parallel`.
  ///
  /// - Complexity: O(cells · rank · steps), or O(cells · rank² + rows · rank³) for factorized rows.
  func solved(using parallel: Parallel) -> Solution {
    solution(from: Factors(count: matrix.rowCount, rank: factors.rank), using: parallel) { problem, rows in
      let cells = problem.pointee.offsets[rows.upperBound] - problem.pointee.offsets[rows.lowerBound]
      let size = kindred_solve_workspace(Int64(factors.rank), biasScale == nil ? 0 : 1, cells)
      return withWorkspace(of: Float.self, size) {
        kindred_solve_rows(problem, Int64(rows.lowerBound), Int64(rows.upperBound), $0)
      }
    }
  }

  /// Improves every row from its start: one pass over blocks of its coordinates, each solved exactly with the others
  /// fixed (Rendle, Krichene, Zhang, Koren 2021, <https://doi.org/10.48550/arXiv.2110.14044>).
  ///
  /// It needs targets that are all 1, a base, and no biases. The result does not depend on `parallel`.
  ///
  /// - Parameter block: The number of coordinates per block; a multiple of 16.
  /// - Complexity: O(cells · rank · block + rows · rank · (rank + block²)).
  func improved(from start: Factors, block: Int, using parallel: Parallel) -> Solution {
    precondition(block > 0 && block % 16 == 0 && base != nil && biasScale == nil && right == nil)
    precondition(values != .targets && mean == 0 && columnBiases == nil)
    precondition(start.count == matrix.rowCount && start.stride == factors.stride)
    var solution = solution(from: start, using: parallel) { problem, rows in
      let cells = problem.pointee.offsets[rows.upperBound] - problem.pointee.offsets[rows.lowerBound]
      return withWorkspace(of: Float.self, kindred_sweep_workspace(Int64(block), cells)) {
        kindred_sweep_rows(problem, Int64(rows.lowerBound), Int64(rows.upperBound), Int64(block), $0)
      }
    }
    // The kernel does not compute Σ pᵀ base p at the start, which is a product of two matrices.
    if let base {
      solution.objective += zip(base, start.gram(using: parallel)).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
    return solution
  }

  /// Runs `body` on blocks of rows, with a problem that writes to a copy of `start`, and sums its results in a fixed
  /// order.
  private func solution(
    from start: Factors, using parallel: Parallel, _ body: @Sendable (UnsafePointer<kindred_rows>, Range<Int>) -> Double
  ) -> Solution {
    precondition(penalties.count == matrix.rowCount && factors.count == matrix.columnCount)
    precondition(columnBiases == nil || columnBiases?.count == matrix.columnCount)
    precondition(base == nil || (base?.count == factors.stride * factors.stride && biasScale == nil))
    var solution = Solution(factors: start, biases: Buffer(repeating: 0, count: matrix.rowCount), objective: 0)
    let blocks = matrix.blocksOfRows(extraWork: factors.stride / 2 + 1)
    solution.objective = solution.factors.elements.withSharedWriter { out in
      solution.biases.withSharedWriter { biases in
        parallel.map(blocks.count) { block in
          withProblem(solution: out, biases: biases) { body($0, blocks[block]) }
        }.reduce(0, +)
      }
    }
    return solution
  }

  /// The target of a cell.
  func target(ofCell cell: Int) -> Float {
    (values == .targets ? matrix.values[cell] : 1) - mean - (columnBiases?[Int(matrix.columns[cell])] ?? 0)
  }

  /// The weight of a cell.
  func weight(ofCell cell: Int) -> Float { values == .weights ? matrix.values[cell] : 1 }

  private func withProblem<Result>(
    solution: SharedWriter<Float>, biases: SharedWriter<Float>, _ body: (UnsafePointer<kindred_rows>) -> Result
  ) -> Result {
    matrix.offsets.withUnsafeBuffer { offsets in
      matrix.columns.withUnsafeBuffer { columns in
        matrix.values.withUnsafeBuffer { cells in
          factors.elements.withUnsafeBuffer { factorRows in
            penalties.withUnsafeBuffer { penalties in
              lend(columnBiases) { columnBiases in
                lend(base) { base in
                  let padded = right.map { Buffer($0 + Array(repeating: 0, count: factors.stride + 16 - $0.count)) }
                  return lend(padded) { right in
                    var problem = kindred_rows(
                      offsets: offsets.baseAddress, columns: columns.baseAddress,
                      values: values == .targets ? cells.baseAddress : nil,
                      weights: values == .weights ? cells.baseAddress : nil,
                      factors: factorRows.baseAddress, column_biases: columnBiases, base: base,
                      penalties: penalties.baseAddress, right: right, solution: solution.base,
                      row_biases: biasScale == nil ? nil : biases.base,
                      rank: Int64(factors.rank), width: Int64(factors.stride), mean: mean, bias_scale: biasScale ?? 0)
                    return body(&problem)
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
