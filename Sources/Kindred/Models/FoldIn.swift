/// The computation of a user's factors from a history, with the law of the model's own training.
///
/// All laws solve the same least-squares problem, ``FactorModel`` with its items held fixed, under different penalties.
public struct FoldIn: Sendable, Equatable {
  /// The laws of fold-in.
  enum Law: Sendable, Equatable {
    case none
    case ridge(regularization: Float, exponent: Float, biasScale: Float?)
    case implicit(regularization: Float, unobservedWeight: Float, weighted: Bool)
    case gaussian(Posterior)
  }

  let law: Law

  private init(_ law: Law) { self.law = law }

  /// Users have no factors: all users get the same scores.
  public static let none = FoldIn(.none)

  /// Ridge regression of the values on the items' factors.
  ///
  /// The penalty on the factors is `regularization · nᵉˣᵖᵒⁿᵉⁿᵗ` for n interactions.
  ///
  /// - Parameters:
  ///   - regularization: The penalty per nᵉˣᵖᵒⁿᵉⁿᵗ; 0 or more.
  ///   - exponent: The exponent of the number of interactions; 0 or more.
  ///   - biasScale: The penalty on the user's bias relative to that on the factors, 0 or more; nil if the model has no
  ///     biases.
  public static func ridge(regularization: Float, exponent: Float, biasScale: Float?) -> FoldIn {
    FoldIn(.ridge(regularization: regularization, exponent: exponent, biasScale: biasScale))
  }

  /// Least squares on the items of the history (target 1) and on all items (target 0, weight `unobservedWeight`).
  ///
  /// The penalty on the factors is `regularization · (n + unobservedWeight · items)` for n interactions (Hu, Koren,
  /// Volinsky 2008, <https://doi.org/10.1109/ICDM.2008.22>; scaled as by Rendle, Krichene, Zhang, Koren 2021,
  /// <https://doi.org/10.1145/3523227.3548486>).
  ///
  /// - Parameters:
  ///   - regularization: λ, the penalty on the size of the factors; 0 or more.
  ///   - unobservedWeight: α, the weight of the target 0; 0 or more.
  ///   - weighted: Whether values are the weights of the history's items; if false, each weighs 1.
  public static func implicit(regularization: Float, unobservedWeight: Float, weighted: Bool) -> FoldIn {
    FoldIn(.implicit(regularization: regularization, unobservedWeight: unobservedWeight, weighted: weighted))
  }

  /// The conditional distribution of a user's factors in each draw of a Bayesian model.
  static func gaussian(_ posterior: Posterior) -> FoldIn { FoldIn(.gaussian(posterior)) }

  /// The draws of a Bayesian model; nil under the other laws.
  var posterior: Posterior? {
    if case .gaussian(let posterior) = law { posterior } else { nil }
  }

  /// The least-squares problems of `rows`, given the factors and biases of the other side, `columns`.
  ///
  /// Trainers use it for both sides, so stored rows and fold-in share their arithmetic.
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

  /// This fold-in with the data of some of the users alone.
  ///
  /// - Parameter rows: The rows to keep, in their new order.
  func keepingUsers(_ rows: [Int32]) -> FoldIn {
    guard var posterior else { return self }
    posterior.userBiases = posterior.userBiases.reordered(by: rows)
    posterior.userWeights = posterior.userWeights.reordered(by: rows)
    return .gaussian(posterior)
  }

  func penalty(of row: Int, in rows: SparseMatrix) -> Float {
    penalty(ofCount: rows.count(ofRow: row), columns: rows.columnCount)
  }

  /// The penalty on the factors of a row with `count` cells of `columns` columns.
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

  /// A number of ratings to a power. Square roots are exact on every system; other powers depend on the system's
  /// library.
  static func power(_ count: Float, _ exponent: Float) -> Float {
    switch exponent {
    case 0: 1
    case 0.5: count.squareRoot()
    case 0.75: count.squareRoot() * count.squareRoot().squareRoot()
    case 1: count
    default: Elementary.power(count, exponent)
    }
  }

  /// The matrix that all problems of the implicit law have in common, unobservedWeight · QᵀQ; nil for other laws.
  func gram(of columns: Factors, using parallel: Parallel) -> Buffer<Float>? {
    guard case .implicit(_, let unobservedWeight, _) = law else { return nil }
    return Buffer(columns.gram(using: parallel).map { $0 * unobservedWeight })
  }
}
