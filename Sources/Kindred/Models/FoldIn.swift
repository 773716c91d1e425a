/// How a history becomes a user's factors: the law that the model's own training ended with.
///
/// All laws are the same least-squares problem (``FactorModel`` with its items held fixed) under different penalties.
public enum FoldIn: Sendable, Equatable {
  /// The user has no factors: everybody gets the same scores.
  case none

  /// Ridge regression of the values on the items' factors.
  ///
  /// The penalty on the factors is `regularization · nᵉˣᵖᵒⁿᵉⁿᵗ` for n interactions; that on the user's bias is `biasScale` times as
  /// much, nil where the model has no biases.
  case ridge(regularization: Float, exponent: Float, biasScale: Float?)

  /// Least squares on what is there (target 1) against everything that is not (target 0, weight `unobservedWeight`).
  ///
  /// The penalty is `regularization · (n + unobservedWeight · items)`. Hu, Koren, Volinsky 2008 (<https://doi.org/10.1109/ICDM.2008.22>),
  /// with the scaling of Rendle, Krichene, Zhang, Koren 2021 (<https://doi.org/10.1145/3523227.3548486>).
  case implicit(regularization: Float, unobservedWeight: Float, weighted: Bool)

  /// The conditional distribution of a user's factors in each draw of a Bayesian model.
  case gaussian(Posterior)

  /// The least-squares problems of `rows`, seen against `columns`, the other side's factors and biases.
  ///
  /// Trainers call it for both sides, so a stored row and a folded-in history go through the same arithmetic.
  func problems(
    of rows: SparseMatrix, against columns: Factors, biases: Buffer<Float>, mean: Float, gram: Buffer<Float>?
  ) -> RowProblems {
    var problems = RowProblems(
      matrix: rows, factors: columns, mean: mean,
      penalties: Buffer((0..<rows.rowCount).map { penalty(of: $0, in: rows) }))
    switch self {
    case .none, .gaussian:
      break
    case .ridge(_, _, let biasScale):
      problems.biasScale = biasScale
      problems.columnBiases = biases
    case .implicit(_, _, let weighted):
      problems.base = gram
      problems.values = weighted ? .weights : .ignored
    }
    return problems
  }

  /// The law without what it keeps of the users whose rows are left out.
  func keepingUsers(_ rows: [Int32]) -> FoldIn {
    guard case .gaussian(var posterior) = self else { return self }
    posterior.userBiases = posterior.userBiases.reordered(by: rows)
    posterior.userWeights = posterior.userWeights.reordered(by: rows)
    return .gaussian(posterior)
  }

  func penalty(of row: Int, in rows: SparseMatrix) -> Float {
    penalty(ofCount: rows.count(ofRow: row), columns: rows.columnCount)
  }

  /// The penalty on the factors of a row with so many of the columns.
  func penalty(ofCount count: Int, columns: Int) -> Float {
    let count = Float(count)
    switch self {
    case .none, .gaussian:
      return 1
    case .ridge(let regularization, let exponent, _):
      return max(regularization * Self.power(count, exponent), .leastNormalMagnitude)
    case .implicit(let regularization, let unobservedWeight, _):
      return regularization * (count + unobservedWeight * Float(columns))
    }
  }

  /// A number of ratings to a power. Roots are exact everywhere; other powers depend on the system's library.
  static func power(_ count: Float, _ exponent: Float) -> Float {
    switch exponent {
    case 0: 1
    case 0.5: count.squareRoot()
    case 0.75: count.squareRoot() * count.squareRoot().squareRoot()
    case 1: count
    default: Elementary.power(count, exponent)
    }
  }

  /// What every row's problem has in common: unobservedWeight · QᵀQ, for the implicit law.
  func gram(of columns: Factors, using parallel: Parallel) -> Buffer<Float>? {
    guard case .implicit(_, let unobservedWeight, _) = self else { return nil }
    return Buffer(columns.gram(using: parallel).map { $0 * unobservedWeight })
  }
}
