/// A training by alternating least squares under way: each epoch solves for the users, then for the items.
struct AlternatingSession<Model: Scorer>: TrainingSession {
  private let law: FoldIn
  private let byUser: SparseMatrix
  private let byItem: SparseMatrix
  private let mean: Float
  /// The number of factors of a row that are solved for at once; nil for all.
  private let blockSize: Int?
  private let epochs: Int
  private let wrap: @Sendable (FactorModel) -> Model
  /// The users' factors that the next epoch starts from; without rows unless `blockSize` is set.
  private var users: Factors
  private var items: Factors
  private var itemBiases: Buffer<Float>
  private var epoch = 0

  var isFinished: Bool { epoch >= epochs }

  init(
    _ law: FoldIn, _ data: PreparedData, mean: Float, unit: Float = 1, rank: Int, blockSize: Int? = nil, epochs: Int,
    seed: UInt64, wrap: @escaping @Sendable (FactorModel) -> Model
  ) {
    self.law = law
    self.mean = mean
    self.blockSize = blockSize
    self.epochs = epochs
    self.wrap = wrap
    users = Factors(count: blockSize == nil ? 0 : data.userCount, rank: rank)
    byUser = data.byUser
    byItem = data.byItem
    items = Factors(count: data.itemCount, rank: rank)
    itemBiases = Buffer(repeating: 0, count: data.itemCount)
    let deviation = 0.1 * (Double(unit) / Double(rank)).squareRoot()
    for item in 0..<data.itemCount {
      var stream = RandomStream(seed: seed, .items, item)
      items[item] = (0..<rank).map { _ in Float(stream.normal() * deviation) }
    }
  }

  /// Solves for the users, then for the items.
  ///
  /// - Returns: The objective per observed pair: the squared errors, the terms of the pairs that were not observed, and
  ///   the penalties. It never increases.
  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    var userStep = halfStep(of: byUser, from: users, against: items, biases: itemBiases, using: parallel)
    if descends { userStep.factors = userStep.factors.onPrincipalAxes(using: parallel) }
    var solved = halfStep(of: byItem, from: items, against: userStep.factors, biases: userStep.biases, using: parallel)
    if descends { solved.factors = solved.factors.onPrincipalAxes(using: parallel) }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let objective = solved.objective + law.penalty(on: userStep.factors, userStep.biases, of: byUser)
    let loss = Float(objective / Double(max(1, byUser.count)))
    guard loss.isFinite, solved.factors.elements.isFinite(parallel: parallel),
      solved.biases.isFinite(parallel: parallel)
    else {
      throw TrainingError(.diverged(epoch: epoch + 1, cure: "try a larger regularization"))
    }
    if blockSize != nil { users = userStep.factors }
    items = solved.factors
    itemBiases = solved.biases
    epoch += 1
    return max(0, loss)  // rounding can make an exact fit's loss negative
  }

  /// Whether rows are solved for by conjugate gradients, which converge faster if the fixed side is on its principal
  /// axes.
  private var descends: Bool {
    if case .ridge = law.law { true } else { false }
  }

  private func halfStep(
    of rows: SparseMatrix, from start: Factors, against columns: Factors, biases: Buffer<Float>,
    using parallel: Parallel
  ) -> RowProblems.Solution {
    let gram = law.gram(of: columns, using: parallel)
    let problems = law.problems(of: rows, against: columns, biases: biases, mean: mean, gram: gram)
    guard let blockSize else { return problems.solved(using: parallel) }
    return problems.improved(from: start, block: blockSize, using: parallel)
  }

  func makeModel(using parallel: Parallel) -> Model {
    wrap(
      FactorModel(
        mean: mean, foldIn: law, items: items, itemBiases: itemBiases, foldingIn: byUser, using: parallel))
  }
}

extension FoldIn {
  /// The penalty that a side held fixed adds to the objective.
  fileprivate func penalty(on factors: Factors, _ biases: Buffer<Float>, of rows: SparseMatrix) -> Double {
    var scale: Float = 0
    if case .ridge(_, _, let biasScale) = law { scale = biasScale ?? 0 }
    return (0..<factors.count).reduce(0.0) { total, row in
      let squares = factors.squaredLength(ofRow: row) + scale * biases[row] * biases[row]
      return total + Double(penalty(of: row, in: rows)) * Double(squares)
    }
  }
}
