/// The draws of a Bayesian factorization side by side: how a history becomes a user's factors, one set per draw, and
/// their uncertainty.
///
/// Given a draw of the items, a user's factors are normal: prior and ratings make a small system of equations (the
/// conditional distribution of a row in Gibbs sampling). A ``FactorModel`` of rank `draws · rank` has the means side by
/// side; this type has the rest.
struct Posterior: Sendable, Equatable {
  /// The number of draws.
  let draws: Int
  /// The number of factors of one draw.
  let rank: Int
  /// Values are center + unit · the predictions of the draws.
  let center: Float
  let unit: Float
  /// Per draw: the precision of the noise, and the constant part of predictions.
  let noisePrecisions: Buffer<Float>
  let means: Buffer<Float>
  /// One row per draw: the precisions and means of a stranger's factors and bias, and the row of the mean day.
  let precisions: Factors
  let priors: Factors
  let usualDays: Factors
  /// The users' and items' biases, one column per draw.
  var userBiases: Factors
  let itemBiases: Factors
  /// The factors of the noise's precision in the ratings of each user and item, one column per draw.
  var userWeights: Factors
  let itemWeights: Factors
  /// The degrees of freedom of the prior of a user's weight.
  let weightFreedom: Float
  /// What an item in a history adds to the prior mean, times √n: `draws · (rank + 1)` columns; no rows if items add
  /// nothing.
  let historyWeights: Factors
  /// The days of the training data, ascending, and their rows: `draws · (rank + 1)` columns.
  let days: Buffer<Int32>
  let dayRows: Factors
  /// The values of an ordinal scale's levels, and one row of cut points per draw; without levels the noise is normal.
  let levels: Buffer<Float>
  let cutPoints: Factors

  /// The factor model whose scores are the mean over the draws, on the mean day.
  func model(of draws: [PosteriorDraw], using parallel: Parallel) -> FactorModel {
    let items = Factors(sideBySide: draws.map(\.items), columns: 0..<rank)
    var users = Factors(count: userBiases.count, rank: items.rank)
    var biases = Buffer<Float>(repeating: 0, count: users.count)
    for user in 0..<users.count {
      let rows = draws.map { $0.users[user] }
      let (factors, bias) = self.factors(ofDraws: rows)
      users[user] = factors
      biases[user] = bias
    }
    return FactorModel(
      mean: center, foldIn: .gaussian(self), users: users, userBiases: biases, items: items,
      itemBiases: Buffer((0..<items.count).map { itemBiases[$0].reduce(0, +) * weight }), using: parallel)
  }

  /// The weight of one draw's prediction in the mean.
  private var weight: Float { unit / Float(draws) }

  /// A user's rows, one per draw, as one row of the factor model and a bias. The bias includes those of the user and of
  /// the mean day, and the draws' constant parts.
  func factors(ofDraws rows: [[Float]]) -> (factors: [Float], bias: Float) {
    var factors: [Float] = []
    factors.reserveCapacity(draws * rank)
    var bias: Float = 0
    for (draw, row) in rows.enumerated() {
      let day = usualDays[draw]
      bias += means[draw] + row[rank] + day[rank]
      for column in 0..<rank {
        bias += row[column] * day[column]
        factors.append(weight * (row[column] + day[column]))
      }
    }
    return (factors, weight * bias)
  }

  /// A trained user's rows, one per draw, recovered from the factor model's.
  func rows(ofUser user: Int, in users: Factors) -> [[Float]] {
    let biases = userBiases[user]
    let factors = users[user]
    return (0..<draws).map { draw in
      let day = usualDays[draw]
      return (0..<rank).map { factors[draw * rank + $0] / weight - day[$0] } + [biases[draw]]
    }
  }

  /// The rows of some items in one draw: factors and bias.
  func rows(of selected: some Collection<Int32>, inDraw draw: Int, _ items: Factors) -> Factors {
    var rows = Factors(count: selected.count, rank: rank + 1)
    for (position, item) in selected.enumerated() {
      for column in 0..<rank { rows[position, column] = items[Int(item), draw * rank + column] }
      rows[position, rank] = itemBiases[Int(item), draw]
    }
    return rows
  }

  /// The row of a day in one draw; of the mean day if `row` is nil.
  func day(_ row: Int?, inDraw draw: Int) -> [Float] {
    guard let row else { return usualDays[draw] }
    return (0...rank).map { dayRows[row, draw * (rank + 1) + $0] }
  }

  /// The cells of a history in order of the items' positions, and for each its place in `dayRows`.
  struct Cells {
    let columns: [Int32]
    let values: [Float]
    let days: [Int32]
    let dayRows: [Int?]

    var count: Int { columns.count }
    var all: [Int32] { [Int32](0..<Int32(count)) }
  }

  func cells(of history: History) -> Cells {
    let order = history.order
    let ownDays = history.days
    let rows = order.map { ownDays.isEmpty ? nil : days.sortedIndex(of: ownDays[$0]) }
    let distinct = [nil] + Set(rows.compactMap { $0 }).sorted()
    let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, Int32($0)) })
    return Cells(
      columns: order.map { history.items[$0] }, values: order.map { history.values[$0] },
      days: rows.map { places[$0] ?? 0 }, dayRows: distinct)
  }

  /// The distributions of rows in one draw, each given some cells of a history.
  func problem(of history: Cells, cells: [[Int32]], inDraw draw: Int, _ items: Factors) -> GibbsRows {
    var offsets: [Int64] = [0]
    for own in cells { offsets.append(offsets[offsets.count - 1] + Int64(own.count)) }
    let all = cells.flatMap { $0 }
    var rows = Factors(count: cells.count, rank: rank + 1)
    for (row, own) in cells.enumerated() {
      rows[row] = prior(given: own.lazy.map { history.columns[Int($0)] }, inDraw: draw)
    }
    return GibbsRows(
      cells: GibbsCells(inOrder: offsets, left: all, right: all.map { history.days[Int($0)] }),
      targets: Buffer(all.map { levels.isEmpty ? (history.values[Int($0)] - center) / unit : 0 }),
      left: self.rows(of: history.columns, inDraw: draw, items),
      right: Factors(rows: history.dayRows.map { day($0, inDraw: draw) }), priors: rows,
      precisions: Buffer(precisions.elements[(draw * precisions.stride)..<((draw + 1) * precisions.stride)]),
      noisePrecision: noisePrecisions[draw], mean: means[draw],
      leftRoots: Buffer(history.columns.map { itemWeights[Int($0), draw].squareRoot() }))
  }

  /// The prior mean of a user who rated some items.
  private func prior(given items: some Collection<Int32>, inDraw draw: Int) -> [Float] {
    var prior = priors[draw]
    guard historyWeights.count > 0, !items.isEmpty else { return prior }
    let amount = 1 / Float(items.count).squareRoot()
    for item in items {
      let start = Int(item) * historyWeights.stride + draw * (rank + 1)
      for column in 0...rank { prior[column] += amount * historyWeights.elements[start + column] }
    }
    return prior
  }

  /// The distribution of a user's row in one draw, given a history and its values; `settle` has the method.
  private func problem(of history: Cells, inDraw draw: Int, _ items: Factors) -> GibbsRows {
    var problem = problem(of: history, cells: [history.all], inDraw: draw, items)
    settle(&problem, of: history, inDraw: draw)
    return problem
  }

  /// Sets the unknowns other than the rows, the rows' weights and the latent ratings behind levels, to their means.
  ///
  /// Coordinate ascent: set the weight to its mean given the row, then the row to its mean given the weight. With an
  /// ordinal scale the latent ratings are a third coordinate, and `rounds` rounds are made (Girolami, Rogers 2006,
  /// <https://doi.org/10.1162/neco.2006.18.8.1790>).
  ///
  /// - Returns: The rows whose errors the weights were found from.
  @discardableResult
  func settle(_ problem: inout GibbsRows, of history: Cells, inDraw draw: Int) -> Factors {
    let alone = Parallel(threads: 1)
    var found = RowMeans(count: problem.priors.count, rank: rank + 1, freedom: weightFreedom)
    if levels.isEmpty {
      problem.find(&found, using: alone)
      problem.rowWeights = found.weights
      return found.rows
    }
    found.rows = problem.priors
    for _ in 0..<Self.rounds {
      found.spread = putTargets(of: history, given: found.rows, inDraw: draw, into: &problem)
      problem.find(&found, using: alone)
      problem.rowWeights = found.weights
    }
    return found.rows
  }

  /// Sets the latent ratings to their means, given the rows.
  ///
  /// - Returns: What their variances add to each row's squared errors, not weighted by the row's own weight.
  private func putTargets(
    of history: Cells, given rows: Factors, inDraw draw: Int, into problem: inout GibbsRows
  ) -> Buffer<Float> {
    let scale = scale(inDraw: draw)
    var given = problem
    given.priors = rows
    let (_, fits, roots) = given.errorsAndFits(using: Parallel(threads: 1))
    var spread = Buffer<Float>(repeating: 0, count: rows.count)
    var targets = fits
    for row in 0..<rows.count {
      let weight = Double(problem.rowWeights?[row] ?? 1)
      for cell in Int(problem.cells.offsets[row])..<Int(problem.cells.offsets[row + 1]) {
        let level = scale.level(nearest: history.values[Int(problem.cells.left[cell])])
        let root = Double(roots[cell])
        let (mean, variance) = scale.moments(of: level, around: Double(fits[cell]), root: root)
        targets[cell] = Float(mean)
        spread[row] += Float(variance * root * root / weight)
      }
    }
    problem.targets = targets
    return spread
  }

  /// Six rounds: further ones change a row by less than 1 % of its standard deviation.
  private static let rounds = 6

  func scale(inDraw draw: Int) -> OrdinalScale {
    OrdinalScale(levels: Array(levels), cutPoints: cutPoints[draw].map { Double($0) })
  }

  /// The factors and biases of the users with these histories, in the form of the factor model.
  func foldIn(
    _ histories: [History], _ items: Factors, using parallel: Parallel
  ) -> (factors: Factors, biases: Buffer<Float>) {
    var factors = Factors(count: histories.count, rank: draws * rank)
    var biases = Buffer<Float>(repeating: 0, count: histories.count)
    let folded = parallel.map(histories.count) { row in
      let history = cells(of: histories[row])
      return self.factors(
        ofDraws: (0..<draws).map { problem(of: history, inDraw: $0, items).rowMeans(using: Parallel(threads: 1))[0] })
    }
    // The result of a cancelled fold-in is not used.
    for (row, user) in folded.enumerated() {
      factors[row] = user.factors
      biases[row] = user.bias
    }
    return (factors, biases)
  }

  /// The users whose histories are this one without each of some of its items in turn.
  ///
  /// - Complexity: O(draws · n · (n · rank² + rank³)).
  func userFactors(
    of history: History, withoutEachOf positions: Range<Int>, _ items: Factors, mean: Float
  ) -> (factors: Factors, base: [Float]) {
    let whole = cells(of: history)
    let places = history.placesInOrder
    let cells = positions.map { position in
      (0..<Int32(history.count)).filter { $0 != Int32(places[position]) }
    }
    let rows = (0..<draws).map { draw in
      var problem = problem(of: whole, cells: cells, inDraw: draw, items)
      settle(&problem, of: whole, inDraw: draw)
      return problem.rowMeans(using: Parallel(threads: 1))
    }
    var factors = Factors(count: positions.count, rank: draws * rank)
    var base = [Float](repeating: mean, count: positions.count)
    for index in cells.indices {
      let user = self.factors(ofDraws: rows.map { $0[index] })
      factors[index] = user.factors
      base[index] += user.bias
    }
    return (factors, base)
  }

  /// What each item of a history adds to another item's score: by its value, and by its presence.
  ///
  /// With A the precision of the user's row, h the row of the scored item plus that of the day, and z = A⁻¹h, item j
  /// adds α_j t zᵀh_j + zᵀΛw_j/√n. α_j is the noise's precision times the user's weight and the item's.
  ///
  /// - Complexity: O(draws · (n · rank² + rank³)).
  func contributions(of history: History, to item: Int32, _ items: Factors) -> [Float] {
    let history = cells(of: history)
    var sums = [Float](repeating: 0, count: history.count)
    for draw in 0..<draws where history.count > 0 {
      var problem = problem(of: history, inDraw: draw, items)
      let atZero = problem.fits(of: Factors(count: 1, rank: rank + 1))
      let precision = problem.noisePrecision * (problem.rowWeights?[0] ?? 1)
      let reached = (0..<history.count).map { cell in
        precision * itemWeights[Int(history.columns[cell]), draw] * (problem.targets[cell] - atZero[cell])
      }
      // A⁻¹h is the mean of a row with prior mean Λ⁻¹h and with the fits of a zero row as targets.
      var sight = rows(of: [item], inDraw: draw, items)[0]
      for column in 0..<rank { sight[column] += usualDays[draw, column] }
      sight[rank] = 1
      problem.targets = Buffer(atZero)
      problem.priors[0] = zip(sight, precisions[draw]).map { $0 / $1 }
      let z = problem.rowMeans(using: Parallel(threads: 1))[0]
      let weighted = zip(z, precisions[draw]).map { $0 * $1 / Float(history.count).squareRoot() }
      let days = history.dayRows.map { day($0, inDraw: draw) }
      for cell in 0..<history.count {
        var product = z[rank]
        let day = days[Int(history.days[cell])]
        for column in 0..<rank { product += z[column] * (problem.left[cell, column] + day[column]) }
        sums[cell] += reached[cell] * product
        guard historyWeights.count > 0 else { continue }
        let start = Int(history.columns[cell]) * historyWeights.stride + draw * (rank + 1)
        for column in 0...rank { sums[cell] += weighted[column] * historyWeights.elements[start + column] }
      }
    }
    return sums.map { $0 * weight }
  }
}

extension Posterior {
  init(
    _ draws: [PosteriorDraw], days: [Int32], levels: [Float], center: Float, unit: Float, weightFreedom: Float
  ) {
    precondition(!draws.isEmpty)
    let rank = draws[0].items.rank - 1
    self.init(
      draws: draws.count, rank: rank, center: center, unit: unit,
      noisePrecisions: Buffer(draws.map(\.noisePrecision)), means: Buffer(draws.map(\.mean)),
      precisions: Factors(rows: draws.map(\.precisions)), priors: Factors(rows: draws.map(\.means)),
      usualDays: Factors(rows: draws.map(\.usualDay)),
      userBiases: Factors(sideBySide: draws.map(\.users), columns: rank..<(rank + 1)),
      itemBiases: Factors(sideBySide: draws.map(\.items), columns: rank..<(rank + 1)),
      userWeights: Factors(columns: draws.map(\.userWeights)),
      itemWeights: Factors(columns: draws.map(\.itemWeights)), weightFreedom: weightFreedom,
      historyWeights: Factors(sideBySide: draws.map(\.historyWeights), columns: 0..<(rank + 1)), days: Buffer(days),
      dayRows: Factors(sideBySide: draws.compactMap(\.days), columns: 0..<(rank + 1)), levels: Buffer(levels),
      cutPoints: Factors(rows: levels.isEmpty ? [] : draws.map(\.cutPoints)))
  }
}
