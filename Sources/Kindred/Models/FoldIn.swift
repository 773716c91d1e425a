/// How a history becomes a user's factors: the law that the model's own training ended with.
///
/// All laws are the same least-squares problem (``FactorModel`` with its items held fixed) under different penalties.
public struct FoldIn: Sendable, Equatable {
  /// The laws that there are.
  enum Law: Sendable, Equatable {
    case none
    case ridge(regularization: Float, exponent: Float, biasScale: Float?)
    case implicit(regularization: Float, unobservedWeight: Float, weighted: Bool)
    case gaussian(Posterior)
  }

  let law: Law

  private init(_ law: Law) { self.law = law }

  /// The user has no factors: all users get the same scores.
  public static let none = FoldIn(.none)

  /// Ridge regression of the values on the items' factors.
  ///
  /// The penalty on the factors is `regularization · nᵉˣᵖᵒⁿᵉⁿᵗ` for n interactions; that on the user's bias is `biasScale` times as
  /// much, nil where the model has no biases.
  public static func ridge(regularization: Float, exponent: Float, biasScale: Float?) -> FoldIn {
    FoldIn(.ridge(regularization: regularization, exponent: exponent, biasScale: biasScale))
  }

  /// Least squares on what is there (target 1) against everything that is not (target 0, weight `unobservedWeight`).
  ///
  /// The penalty is `regularization · (n + unobservedWeight · items)`. Hu, Koren, Volinsky 2008 (<https://doi.org/10.1109/ICDM.2008.22>),
  /// with the scaling of Rendle, Krichene, Zhang, Koren 2021 (<https://doi.org/10.1145/3523227.3548486>).
  ///
  /// - Parameter weighted: Whether values are the weights of what is there; else each weighs 1.
  public static func implicit(regularization: Float, unobservedWeight: Float, weighted: Bool) -> FoldIn {
    FoldIn(.implicit(regularization: regularization, unobservedWeight: unobservedWeight, weighted: weighted))
  }

  /// The conditional distribution of a user's factors in each draw of a Bayesian model.
  static func gaussian(_ posterior: Posterior) -> FoldIn { FoldIn(.gaussian(posterior)) }

  /// The draws of a Bayesian model; nil under the other laws.
  var posterior: Posterior? {
    if case .gaussian(let posterior) = law { posterior } else { nil }
  }

  /// The least-squares problems of `rows`, seen against `columns`, the other side's factors and biases.
  ///
  /// Trainers call it for both sides, so a stored row and a folded-in history go through the same arithmetic.
  func problems(
    of rows: SparseMatrix, against columns: Factors, biases: Buffer<Float>, mean: Float, gram: Buffer<Float>?
  ) -> RowProblems {
    var problems = RowProblems(
      matrix: rows, factors: columns, mean: mean,
      penalties: Buffer((0..<rows.rowCount).map { penalty(of: $0, in: rows) }))
    switch law {
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
    guard var posterior else { return self }
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
    switch law {
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
    guard case .implicit(_, let unobservedWeight, _) = law else { return nil }
    return Buffer(columns.gram(using: parallel).map { $0 * unobservedWeight })
  }
}
