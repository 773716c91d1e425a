extension FactorModel {
  /// The factors of the users whose histories are this one without each of some of its items in turn, from a single
  /// inverse.
  ///
  /// With B the matrix of the equations of all n items under the penalty of n − 1, the equations without an item x have
  /// the matrix B − w x xᵀ. By the formula of Sherman and Morrison (1950, <https://doi.org/10.1214/aoms/1177729893>)
  /// their solution is p − B⁻¹x · w (t − ⟨p, x⟩) / (1 − w ⟨x, B⁻¹x⟩), where p = B⁻¹ Σ w t x.
  ///
  /// - Complexity: O(n · rank² + rank³); folding in each history separately is O(n² · rank² + n · rank³).
  func userFactors(of history: History, withoutEachOf positions: Range<Int>) -> (factors: Factors, base: [Float]) {
    if let posterior = foldIn.posterior {
      return posterior.userFactors(of: history, withoutEachOf: positions, items, mean: mean)
    }
    let solution = history.count > 1 ? LeaveOneOut(of: problems(of: history), under: foldIn) : nil
    guard let solution else { return userFactors(of: history.withoutEach(of: positions)[...]) }
    let cells = history.placesInOrder
    var factors = Factors(count: positions.count, rank: rank)
    var base = [Float](repeating: mean, count: positions.count)
    for (row, position) in positions.enumerated() {
      if let user = solution.user(without: cells[position]) {
        factors[row] = Array(user.prefix(rank))
        base[row] += user.count > rank ? user[rank] : 0
      } else {
        let (own, ownBase) = userFactors(of: history.withoutEach(of: position..<(position + 1))[...])
        factors[row] = own[0]
        base[row] = ownBase[0]
      }
    }
    return (factors, base)
  }
}

/// The part that the solutions of a history's equations without each of its items have in common.
private struct LeaveOneOut {
  /// The rows x, with a last coordinate 1 if there is a bias, and the products B⁻¹x, one per item.
  private let rows: Factors
  private let solved: [Float]
  /// The vector B⁻¹ Σ w t x.
  private let whole: [Double]
  private let problems: RowProblems

  /// Solves the equations of all items.
  ///
  /// - Returns: Nil if the equations have no unknowns, or B is not positive definite.
  init?(of problems: RowProblems, under law: FoldIn) {
    let rank = problems.factors.rank
    let count = problems.matrix.count
    let size = problems.biasScale == nil ? rank : rank + 1
    if size == 0 || law == .none { return nil }
    var rows = Factors(count: count, rank: size)
    var scaled = rows
    for cell in 0..<count {
      let row = problems.factors[Int(problems.matrix.columns[cell])] + (size > rank ? [1] : [])
      let root = problems.weight(ofCell: cell).squareRoot()
      rows[cell] = row
      scaled[cell] = row.map { $0 * root }
    }
    var equations = scaled.gram(using: Parallel(threads: 1))
    let width = rows.stride
    if let base = problems.base {
      for index in 0..<equations.count { equations[index] += base[index] }
    }
    let penalty = law.penalty(ofCount: count - 1, columns: problems.matrix.columnCount)
    for index in 0..<size {
      equations[index * width + index] += index < rank ? penalty : penalty * (problems.biasScale ?? 0)
    }
    guard let inverse = LinearAlgebra.inverse(ofUpperTriangle: equations, size: size) else { return nil }
    var solved = [Float](repeating: 0, count: count * size)
    var span = solved.mutableSpan
    PackedItems(inverse, biases: Buffer(repeating: 0, count: size))
      .score(rows, base: [Float](repeating: 0, count: count), into: &span)
    var whole = [Double](repeating: 0, count: size)
    for cell in 0..<count {
      let scale = Double(problems.weight(ofCell: cell) * problems.target(ofCell: cell))
      for index in 0..<size { whole[index] += scale * Double(solved[cell * size + index]) }
    }
    (self.rows, self.solved, self.whole, self.problems) = (rows, solved, whole, problems)
  }

  /// The factors without one item, followed by the bias if there is one; nil if the formula is too inaccurate, because
  /// the other items hardly determine the factors.
  func user(without cell: Int) -> [Float]? {
    let size = rows.rank
    var (leverage, prediction) = (0.0, 0.0)
    for index in 0..<size {
      let x = Double(rows[cell, index])
      leverage += x * Double(solved[cell * size + index])
      prediction += x * whole[index]
    }
    let weight = Double(problems.weight(ofCell: cell))
    let rest = 1 - weight * leverage
    guard rest > 1e-3 else { return nil }
    let step = weight * (Double(problems.target(ofCell: cell)) - prediction) / rest
    return (0..<size).map { Float(whole[$0] - step * Double(solved[cell * size + $0])) }
  }
}
