/// A factor model, whose scores are mean + user bias + item bias + ⟨p, q⟩: the result of every matrix factorization,
/// and at rank 0 of the baselines.
public struct FactorModel: Scorer {
  /// The constant part of every score.
  public let mean: Float
  /// The computation of a user's factors from a history.
  public let foldIn: FoldIn
  /// The users' factors and biases as they were trained: a cache of folding in each user's history. May have no rows.
  let users: Factors
  let userBiases: Buffer<Float>
  let items: Factors
  let itemBiases: Buffer<Float>
  private let packed: PackedItems
  private let gram: Buffer<Float>?

  init(
    mean: Float, foldIn: FoldIn, users: Factors, userBiases: Buffer<Float>, items: Factors, itemBiases: Buffer<Float>,
    using parallel: Parallel = Parallel(threads: 1)
  ) {
    precondition(users.rank == items.rank && users.count == userBiases.count && items.count == itemBiases.count)
    self.mean = mean
    self.foldIn = foldIn
    self.users = users
    self.userBiases = userBiases
    self.items = items
    self.itemBiases = itemBiases
    packed = PackedItems(items, biases: itemBiases, using: parallel)
    gram = foldIn.gram(of: items, using: parallel)
  }

  /// Creates a model whose user rows are the fold-in of `rows`.
  init(
    mean: Float, foldIn: FoldIn, items: Factors, itemBiases: Buffer<Float>, foldingIn rows: SparseMatrix,
    using parallel: Parallel
  ) {
    let strangers = FactorModel(
      mean: mean, foldIn: foldIn, users: Factors(count: 0, rank: items.rank), userBiases: [], items: items,
      itemBiases: itemBiases, using: parallel)
    let (users, biases) = strangers.foldIn(rows, using: parallel)
    self.init(
      mean: mean, foldIn: foldIn, users: users, userBiases: biases, items: items, itemBiases: itemBiases,
      using: parallel)
  }

  /// Creates a model from trained items, whose user rows are the fold-in of the users' histories.
  ///
  /// - Parameters:
  ///   - items: The factors of each item, as many numbers in each row.
  ///   - itemBiases: The bias of each item; nil for none.
  ///   - mean: The constant part of every score.
  ///   - foldIn: The computation of a user's factors, the same as in the training's half-step of the users.
  ///   - data: The histories of the users.
  ///   - parallel: The threads to use.
  /// - Precondition: Rows have the same length, at most 4,096; there is one per item of `data`; all numbers are finite.
  /// - Complexity: O(interactions · rank² + users · rank³).
  public init(
    items: [[Float]], itemBiases: [Float]? = nil, mean: Float = 0, foldIn: FoldIn, foldingIn data: PreparedData,
    using parallel: Parallel = Parallel()
  ) {
    precondition(items.count == data.itemCount && mean.isFinite)
    self.init(
      mean: mean, foldIn: foldIn, items: Factors(checking: items),
      itemBiases: Buffer(checking: itemBiases, count: items.count), foldingIn: data.byUser, using: parallel)
  }

  /// Creates a model from trained rows of both sides.
  ///
  /// A user's trained row is used until their history is edited, and fold-in after that. So the rows should equal the
  /// fold-in of the users' histories.
  ///
  /// - Parameters:
  ///   - users: The factors of each user, as many numbers in each row as the items have; may be empty.
  ///   - userBiases: The bias of each user; nil for none.
  ///   - items: The factors of each item.
  ///   - itemBiases: The bias of each item; nil for none.
  ///   - mean: The constant part of every score.
  ///   - foldIn: The computation of a user's factors.
  ///   - parallel: The threads to use.
  /// - Precondition: Rows have the same length, at most 4,096; all numbers are finite.
  public init(
    users: [[Float]], userBiases: [Float]? = nil, items: [[Float]], itemBiases: [Float]? = nil, mean: Float = 0,
    foldIn: FoldIn, using parallel: Parallel = Parallel()
  ) {
    let items = Factors(checking: items)
    let users = users.isEmpty ? Factors(count: 0, rank: items.rank) : Factors(checking: users)
    precondition(mean.isFinite)
    self.init(
      mean: mean, foldIn: foldIn, users: users, userBiases: Buffer(checking: userBiases, count: users.count),
      items: items, itemBiases: Buffer(checking: itemBiases, count: items.count), using: parallel)
  }

  public var itemCount: Int { items.count }

  /// The number of factors per row, from 0 to 4,096.
  public var rank: Int { items.rank }

  /// The factors and biases of the users whose histories are the rows.
  ///
  /// - Complexity: O(cells · rank² + rows · rank³).
  func foldIn(_ rows: SparseMatrix, using parallel: Parallel) -> (factors: Factors, biases: Buffer<Float>) {
    if foldIn == .none {
      return (Factors(count: rows.rowCount, rank: rank), Buffer(repeating: 0, count: rows.rowCount))
    }
    if let posterior = foldIn.posterior {
      return posterior.foldIn(Array(Histories(table: HistoryTable(rows: rows))), items, using: parallel)
    }
    let solution = foldIn.problems(of: rows, against: items, biases: itemBiases, mean: mean, gram: gram)
      .solved(using: parallel)
    return (solution.factors, solution.biases)
  }

  /// The user factors of each history, and the part that all its scores have in common. They come from the trained row
  /// if it still applies, else from fold-in.
  func userFactors(of histories: ArraySlice<History>) -> (factors: Factors, base: [Float]) {
    var factors = Factors(count: histories.count, rank: rank)
    var base = [Float](repeating: mean, count: histories.count)
    for (position, history) in histories.enumerated() {
      if let row = history.trainingRow, Int(row) < users.count {
        factors.copyRow(Int(row), of: users, to: position)
        base[position] += userBiases[Int(row)]
      } else {
        let (folded, bias) = history.foldIns?.user(by: items) { foldIn(history) } ?? foldIn(history)
        factors.copyRow(0, of: folded, to: position)
        base[position] += bias
      }
    }
    return (factors, base)
  }

  private func foldIn(_ history: History) -> (factors: Factors, bias: Float) {
    let alone = Parallel(threads: 1)
    let (factors, biases) =
      if let posterior = foldIn.posterior {
        posterior.foldIn([history], items, using: alone)
      } else {
        foldIn(SparseMatrix(history, itemCount: itemCount), using: alone)
      }
    return (factors, biases[0])
  }

  public func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    let (factors, base) = userFactors(of: histories)
    packed.score(factors, base: base, into: &scores)
  }

  public func topItems(_ histories: ArraySlice<History>, selection: TopSelection) -> [[ScoredItem]] {
    let (factors, base) = userFactors(of: histories)
    return packed.topItems(factors, base: base, selection: selection)
  }

  public func score(_ history: History, withoutEachOf positions: Range<Int>, into scores: inout MutableSpan<Float>) {
    let (factors, base) = userFactors(of: history, withoutEachOf: positions)
    packed.score(factors, base: base, into: &scores)
  }

  /// The contributions of the history's items to scores, from the equations of fold-in.
  ///
  /// With A p = Σ w t x the equations of the history and A z = q, item j contributes w t ⟨z, x⟩. If a score comes from
  /// a trained row that differs from the fold-in, the baseline contains the difference. Every effect contains it, too,
  /// since the row no longer applies without the item.
  ///
  /// - Complexity: O(history · rank² + rank³) for each of `selected`.
  public func explanations(of selected: [Int32], for history: History) -> [Explanation] {
    let scores = scores(of: selected, for: history)
    if foldIn == .none { return scores.map { Explanation(score: $0, parts: []) } }
    let without = self.scores(of: selected, for: userFactors(of: history, withoutEachOf: 0..<history.count))
    let cells = history.placesInOrder
    if let posterior = foldIn.posterior {
      return selected.enumerated().map { index, item in
        let contributions = posterior.contributions(of: history, to: item, items)
        let parts = history.items.enumerated().map { position, column in
          Explanation.Part(
            item: column, contribution: contributions[cells[position]],
            effect: scores[index] - without[position * selected.count + index])
        }
        return Explanation(score: scores[index], parts: parts)
      }
    }
    var problems = problems(of: history)
    return selected.enumerated().map { index, item in
      problems.right = items[Int(item)] + (problems.biasScale == nil ? [] : [1])
      let solution = problems.solved(using: Parallel(threads: 1))
      let z = solution.factors[0]
      let parts = history.items.enumerated().map { position, column in
        let cell = cells[position]
        let product = zip(z, items[Int(column)]).reduce(solution.biases[0]) { $0 + $1.0 * $1.1 }
        return Explanation.Part(
          item: column, contribution: problems.weight(ofCell: cell) * problems.target(ofCell: cell) * product,
          effect: scores[index] - without[position * selected.count + index])
      }
      return Explanation(score: scores[index], parts: parts)
    }
  }

  /// The equations of one history, one cell per item, in the order of the items' positions.
  func problems(of history: History) -> RowProblems {
    foldIn.problems(
      of: SparseMatrix(history, itemCount: itemCount), against: items, biases: itemBiases, mean: mean, gram: gram)
  }

  /// The cosines of the items' factors; 0 for an item without factors, and for all items at rank 0.
  public func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    precondition(scores.count == itemCount)
    let cosines = items.cosines(to: items[Int(item)])
    for index in 0..<itemCount { scores[index] = cosines[index] }
  }

  public func keepingUsers(_ rows: [Int32]) -> FactorModel {
    let kept = rows.filter { Int($0) < users.count }
    var factors = Factors(count: kept.count, rank: rank)
    for (position, row) in kept.enumerated() { factors[position] = users[Int(row)] }
    return FactorModel(
      mean: mean, foldIn: foldIn.keepingUsers(kept), users: factors,
      userBiases: Buffer(kept.map { userBiases[Int($0)] }), items: items,
      itemBiases: itemBiases)
  }

  /// The scores of some items, bit for bit the same as those of `score`.
  func scores(of selected: [Int32], for history: History) -> [Float] {
    scores(of: selected, for: userFactors(of: [history]))
  }

  /// The scores of some items for each of some users, one row per user.
  private func scores(of selected: [Int32], for users: (factors: Factors, base: [Float])) -> [Float] {
    var rows = Factors(count: selected.count, rank: rank)
    for (position, item) in selected.enumerated() { rows[position] = items[Int(item)] }
    let part = PackedItems(rows, biases: Buffer(selected.map { itemBiases[Int($0)] }))
    var scores = [Float](repeating: 0, count: users.base.count * selected.count)
    var span = scores.mutableSpan
    part.score(users.factors, base: users.base, into: &span)
    return scores
  }
}

extension Buffer<Float> {
  /// Creates biases from a public caller's array, which is checked; zeros if it is nil.
  fileprivate init(checking biases: [Float]?, count: Int) {
    let biases = biases ?? [Float](repeating: 0, count: count)
    precondition(biases.count == count && biases.allSatisfy(\.isFinite), "there is a finite bias for each row")
    self.init(biases)
  }
}
