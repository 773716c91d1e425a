import Testing

@testable import Kindred

/// The kernels against their plain versions, at ranks below, at and between whole vectors.
@Suite struct KernelTests {
  private static let ranks = [1, 3, 16, 17, 33]

  private func factors(_ count: Int, _ rank: Int, _ number: Int) -> Factors {
    var factors = Factors(count: count, rank: rank)
    for row in 0..<count {
      var stream = RandomStream(seed: 11, .data, number, row)
      factors[row] = (0..<rank).map { _ in Float(stream.normal()) }
    }
    return factors
  }

  private func sparse(_ rows: Int, _ columns: Int) -> SparseMatrix {
    var stream = RandomStream(seed: 12, .data, rows, columns)
    var cells: [(Int32, Int32, Float)] = []
    for row in 0..<rows {
      // Row 0 is empty, row 1 full.
      for column in 0..<columns where row == 1 || (row > 0 && stream.uniform() < 0.4) {
        cells.append((Int32(row), Int32(column), Float(stream.uniform() * 4 + 1)))
      }
    }
    return SparseMatrix(
      rowCount: rows, columnCount: columns, rows: cells.map(\.0), columns: cells.map(\.1), values: cells.map(\.2))
  }

  /// Gaussian elimination with pivoting, in doubles.
  private func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var a = matrix
    var b = right
    let n = b.count
    for k in 0..<n {
      let pivot = (k..<n).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
      a.swapAt(k, pivot)
      b.swapAt(k, pivot)
      for row in (k + 1)..<max(n, k + 1) {
        let scale = a[row][k] / a[k][k]
        for column in k..<n { a[row][column] -= scale * a[k][column] }
        b[row] -= scale * b[k]
      }
    }
    for k in stride(from: n - 1, through: 0, by: -1) {
      for column in (k + 1)..<max(n, k + 1) { b[k] -= a[k][column] * b[column] }
      b[k] /= a[k][k]
    }
    return b
  }

  @Test(arguments: ranks + [64, 128], [RowProblems.ValueRole.targets, .weights, .ignored])
  func leastSquaresAgreeWithElimination(rank: Int, values: RowProblems.ValueRole) {
    let rows = sparse(9, 150)
    let columns = factors(150, rank, 1)
    for hasBias in [true, false] {
      var problems = RowProblems(
        matrix: rows, factors: columns, mean: values == .targets ? 3 : 0,
        columnBiases: Buffer((0..<150).map { Float($0 % 5) * 0.1 }),
        penalties: Buffer((0..<9).map { 0.5 + Float($0) }), biasScale: hasBias ? 0.7 : nil, values: values)
      if !hasBias { problems.base = columns.gram(using: Parallel(threads: 2)) }
      let solution = problems.solved(using: Parallel(threads: 2))
      var objective = 0.0
      for row in 0..<9 {
        let (expected, least) = plainSolution(problems, row)
        for k in 0..<rank { #expect(isClose(solution.factors[row, k], Float(expected[k]), tolerance: 2e-3)) }
        if hasBias { #expect(isClose(solution.biases[row], Float(expected[rank]), tolerance: 2e-3)) }
        objective += least
      }
      #expect(abs(solution.objective - objective) < 1e-3 * max(1, objective))
    }
  }

  /// Columns of very different size, on which conjugate gradients converge slowly: the predictions are still right.
  @Test func unevenLeastSquaresAgreeWithElimination() {
    let rank = 40
    var columns = factors(150, rank, 1)
    for column in 0..<150 {
      columns[column] = columns[column].enumerated().map { k, x in x * (0..<k).reduce(1) { size, _ in size * 0.85 } }
    }
    let problems = RowProblems(
      matrix: sparse(9, 150), factors: columns, mean: 3, penalties: Buffer(repeating: 1e-3, count: 9), biasScale: 1)
    let solution = problems.solved(using: Parallel(threads: 1))
    for row in 1..<9 {
      let (expected, _) = plainSolution(problems, row)
      for cell in problems.matrix.cells(ofRow: row) {
        let x = columns[Int(problems.matrix.columns[cell])]
        let ours = zip(solution.factors[row], x).reduce(solution.biases[row]) { $0 + $1.0 * $1.1 }
        let right = zip(expected, x).reduce(expected[rank]) { $0 + $1.0 * Double($1.1) }
        #expect(isClose(ours, Float(right), tolerance: 1e-3))
      }
    }
  }

  /// A row's solution, and the least value of what is minimised.
  private func plainSolution(_ problems: RowProblems, _ row: Int) -> (solution: [Double], least: Double) {
    let (matrix, right, squares) = normalEquations(problems, row)
    let solution = solve(matrix, right)
    return (solution, squares - zip(solution, right).reduce(0) { $0 + $1.0 * $1.1 })
  }

  /// A row's matrix, its right-hand side and Σ w t².
  private func normalEquations(
    _ problems: RowProblems, _ row: Int
  ) -> (matrix: [[Double]], right: [Double], squares: Double) {
    let rank = problems.factors.rank
    let size = rank + (problems.biasScale == nil ? 0 : 1)
    var matrix = [[Double]](repeating: Array(repeating: 0, count: size), count: size)
    var right = [Double](repeating: 0, count: size)
    var squares = 0.0
    for i in 0..<rank {
      for j in 0..<rank {
        matrix[i][j] = Double(problems.base?[min(i, j) * problems.factors.stride + max(i, j)] ?? 0)
      }
    }
    for cell in problems.matrix.cells(ofRow: row) {
      let column = Int(problems.matrix.columns[cell])
      let x = problems.factors[column].map { Double($0) } + (size > rank ? [1] : [])
      let value = Double(problems.matrix.values[cell])
      let target =
        (problems.values == .targets ? value : 1) - Double(problems.mean) - Double(problems.columnBiases?[column] ?? 0)
      let weight = problems.values == .weights ? value : 1
      squares += weight * target * target
      for i in 0..<size {
        right[i] += weight * target * x[i]
        for j in 0..<size { matrix[i][j] += weight * x[i] * x[j] }
      }
    }
    for i in 0..<size {
      matrix[i][i] += Double(problems.penalties[row]) * (i < rank ? 1 : Double(problems.biasScale ?? 0))
    }
    return (matrix, right, squares)
  }

  /// One pass over the blocks against the same in doubles, block by block.
  @Test(arguments: ranks + [70], [RowProblems.ValueRole.weights, .ignored])
  func sweepsAgreeWithElimination(rank: Int, values: RowProblems.ValueRole) {
    let columns = factors(150, rank, 1)
    let start = factors(9, rank, 9)
    let problems = RowProblems(
      matrix: sparse(9, 150), factors: columns, penalties: Buffer((0..<9).map { 0.5 + Float($0) }),
      base: columns.gram(using: Parallel(threads: 2)), values: values)
    for block in [16, 32] {
      let solution = problems.improved(from: start, block: block, using: Parallel(threads: 2))
      var objective = 0.0
      for row in 0..<9 {
        let (matrix, right, squares) = normalEquations(problems, row)
        var p = start[row].map { Double($0) }
        for at in stride(from: 0, to: rank, by: block) {
          let part = at..<min(rank, at + block)
          let slope = part.map { i in zip(matrix[i], p).reduce(-right[i]) { $0 + $1.0 * $1.1 } }
          let step = solve(part.map { Array(matrix[$0][part]) }, slope)
          for (i, change) in zip(part, step) { p[i] -= change }
        }
        for k in 0..<rank { #expect(isClose(solution.factors[row, k], Float(p[k]), tolerance: 2e-3)) }
        objective +=
          squares
          + zip(p, zip(matrix, right)).reduce(0.0) { total, term in
            total + term.0 * (zip(term.1.0, p).reduce(0) { $0 + $1.0 * $1.1 } - 2 * term.1.1)
          }
      }
      #expect(abs(solution.objective - objective) < 1e-3 * max(1, objective))
    }
  }

  @Test(arguments: ranks) func gramAgrees(rank: Int) {
    let rows = factors(131, rank, 4)
    let gram = rows.gram(using: Parallel(threads: 2))
    for i in 0..<rank {
      for j in 0..<rank {
        let expected = (0..<131).reduce(0.0) { $0 + Double(rows[$1, i]) * Double(rows[$1, j]) }
        #expect(abs(Double(gram[i * rows.stride + j]) - expected) < 1e-3)
      }
    }
  }

  @Test(arguments: ranks + [64, 128], [true, false]) func stepsAgree(rank: Int, plain: Bool) {
    var state = GradientState(
      users: factors(7, rank, 5), items: factors(9, rank, 6), userBiases: Buffer(repeating: 0.1, count: 7),
      itemBiases: Buffer(repeating: -0.2, count: 9))
    let step = GradientStep(
      mean: plain ? 0 : 3, unit: plain ? 1 : 1.25, rate: 0.3 / Float(rank + 32), biasScale: plain ? 0 : 0.5,
      userPenalties: Buffer((0..<7).map { Float($0) * 0.1 }),
      itemPenalties: Buffer((0..<9).map { 0.3 - Float($0) * 0.01 }))
    var stream = RandomStream(seed: 13, .data)
    // A block of users 2 to 6 and items 1 to 8.
    let block = GradientBlock(ratings: 3..<60, users: 2..<7, items: 1..<9)
    // Runs of up to seven ratings of one user, among single ones; an item may come twice in a run.
    let ratings = (0..<60).map { position in
      PackedRating(
        user: UInt16(position < 40 ? position / (1 + position / 6) % 5 : stream.below(5)),
        item: UInt16(stream.below(8)), value: Float(stream.below(5) + 1))
    }
    let data = TrainingData(
      userCount: 7, itemCount: 9, users: ratings.map { Int32($0.user) + 2 }, items: ratings.map { Int32($0.item) + 1 },
      values: ratings.map(\.value))
    var expected = state
    var expectedLoss = 0.0
    var lengths: Set<Int> = []
    var start = 3
    while start < 60 {
      var end = start + 1
      while !plain, end < 60, end < start + 4, data.users[end] == data.users[start] { end += 1 }
      expectedLoss += plainSteps(&expected, step, data, start..<end, plain)
      lengths.insert(end - start)
      start = end
    }
    #expect(lengths == (plain ? [1] : [1, 2, 3, 4]))
    let loss =
      plain
      ? state.takePlainSteps(step, over: data, 3..<60)
      : state.withSteps(step, over: Buffer(ratings)) { $0(block) }
    #expect(abs(loss - expectedLoss) < 1e-3 * expectedLoss)
    #expect(zip(state.users.elements, expected.users.elements).allSatisfy { isClose($0, $1) })
    #expect(zip(state.items.elements, expected.items.elements).allSatisfy { isClose($0, $1) })
    if !plain {
      #expect(zip(state.userBiases, expected.userBiases).allSatisfy { isClose($0, $1) })
      #expect(zip(state.itemBiases, expected.itemBiases).allSatisfy { isClose($0, $1) })
    }
  }

  /// The steps of some ratings of one user, all errors taken before the first.
  private func plainSteps(
    _ state: inout GradientState, _ step: GradientStep, _ data: TrainingData, _ run: Range<Int>, _ plain: Bool
  ) -> Double {
    let before = state
    var loss = 0.0
    for position in run {
      let (u, i) = (Int(data.users[position]), Int(data.items[position]))
      let (p, q) = (before.users[u], before.items[i])
      let (bu, bi) = plain ? (0, 0) : (before.userBiases[u], before.itemBiases[i])
      let target = (data.values[position] - step.mean) / step.unit
      let e = target - bu - bi - zip(p, q).reduce(0) { $0 + $1.0 * $1.1 }
      let (lu, li) = (step.userPenalties[u], step.itemPenalties[i])
      var (newP, newQ) = (state.users[u], state.items[i])
      for k in p.indices {
        newP[k] += step.rate * ((plain ? 2 : 1) * e * newQ[k] - lu * p[k])
        newQ[k] += step.rate * ((plain ? 2 * e * newP[k] : e * p[k]) - li * newQ[k])
      }
      (state.users[u], state.items[i]) = (newP, newQ)
      if !plain {
        state.userBiases[u] += step.rate * (e - step.biasScale * lu * bu)
        state.itemBiases[i] += step.rate * (e - step.biasScale * li * bi)
      }
      loss += Double(e) * Double(e)
    }
    return loss
  }

  @Test(arguments: ranks, [1, 7, 8, 19]) func scoresAgree(rank: Int, userCount: Int) {
    let items = factors(77, rank, 7)
    let users = factors(userCount, rank, 8)
    let biases = Buffer((0..<77).map { Float($0 % 7) * 0.1 })
    let base = (0..<userCount).map { Float($0) * 0.5 }
    var scores = [Float](repeating: 0, count: userCount * 77)
    var span = scores.mutableSpan
    PackedItems(items, biases: biases).score(users, base: base, into: &span)
    for user in 0..<userCount {
      for item in 0..<77 {
        let expected = zip(users[user], items[item]).reduce(base[user] + biases[item]) { $0 + $1.0 * $1.1 }
        #expect(isClose(scores[user * 77 + item], expected))
      }
    }
  }

  /// Most panels are skipped, without an effect on the lists: each is compared with all scores sorted, with ties,
  /// biases and seen items.
  @Test(arguments: [0, 3, 33]) func topItemsAreTheSortedScores(rank: Int) {
    let (itemCount, userCount) = (700, 70)
    var items = factors(itemCount, rank, 15)
    var stream = RandomStream(seed: 16, .data, rank)
    for item in 0..<itemCount {
      // A few long rows, many short ones, and pairs that are the same.
      items[item] = items[item - item % 2].map { $0 / Float(1 + item * 7 / 2 * 2 % itemCount) * 50 }
    }
    let biases = Buffer((0..<itemCount).map { Float($0 / 2 % 9) * 0.02 })
    let packed = PackedItems(items, biases: biases, using: Parallel(threads: 2))
    let users = factors(userCount, rank, 17)
    let base = (0..<userCount).map { Float($0) * 0.5 }
    var scores = [Float](repeating: 0, count: userCount * itemCount)
    var span = scores.mutableSpan
    packed.score(users, base: base, into: &span)
    let excluded = (0..<userCount).map { user in
      user == 3 ? [] : (0..<Int32(itemCount)).filter { _ in stream.uniform() < 0.1 }
    }
    var allowed = ItemSet(itemCount: itemCount)
    for item in 0..<Int32(itemCount) where item % 3 != 0 { allowed[item] = true }
    for (limit, allowed) in [(10, nil), (10, allowed), (0, nil), (itemCount, allowed)] {
      let selection = TopSelection(limit: limit, excluded: excluded, allowed: allowed)
      for (user, list) in packed.topItems(users, base: base, selection: selection).enumerated() {
        let row = scores[(user * itemCount)..<((user + 1) * itemCount)]
        let out = Set(excluded[user])
        let expected = (0..<Int32(itemCount)).filter { !out.contains($0) && allowed?[$0] ?? true }
          .sorted { (row[row.startIndex + Int($1)], $0) < (row[row.startIndex + Int($0)], $1) }.prefix(limit)
        #expect(list.map(\.item) == Array(expected))
      }
    }
  }

  @Test func topItemsBreakTiesByOrderAndKeepToTheSelection() {
    var stream = RandomStream(seed: 14, .data)
    for count in [1, 5, 64, 300] {
      let scores = (0..<count).map { _ in Float(stream.below(12)) }
      let excluded = (0..<Int32(count)).filter { _ in stream.uniform() < 0.2 }
      for limit in [0, 1, 10, count] {
        let selection = TopSelection(limit: limit, excluded: [excluded])
        let top = TopHeaps.topItems(of: scores, itemCount: count, selection: selection)[0]
        let expected = (0..<Int32(count)).filter { !excluded.contains($0) }
          .sorted { (scores[Int($1)], $0) < (scores[Int($0)], $1) }.prefix(limit)
        #expect(top.map(\.item) == Array(expected))
      }
    }
  }
}
