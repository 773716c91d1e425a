extension BayesianSession {
  /// The start of the search for the users' mean rows and weights, which ends where folding in their ratings ends.
  var unknownUsers: RowMeans {
    let side = sides[0]
    var users = RowMeans(count: side.rows.count, rank: side.rows.rank, freedom: Float(prior.weightFreedom))
    // The latent ratings behind the levels are draws already, given the weights that were drawn.
    if case .ordinal = noise { users.weights = side.weights }
    return users
  }

  /// What the model keeps of the state, given the users' mean rows; their drawn rows are not kept.
  func snapshot(with users: RowMeans) -> PosteriorDraw {
    let side = sides[0]
    let columns = trainer.rank + 1
    var weights = Factors(count: historyFeatures.count, rank: columns)
    if !historyFeatures.isEmpty {
      let size = weights.elements.count
      weights.elements = Buffer(side.values.elements[0..<size])
    }
    let days = sides.count > 2 ? sides[2] : nil
    var cutPoints: [Float] = []
    if case .ordinal(let scale, _) = noise { cutPoints = scale.cutPoints.map { Float($0) } }
    return PosteriorDraw(
      users: users.rows, userWeights: users.weights, items: sides[1].rows, itemWeights: sides[1].weights,
      days: days?.rows, historyWeights: weights,
      usualDay: days?.meanRow ?? [Float](repeating: 0, count: columns),
      precisions: Array(side.precisions.prefix(columns)), means: strangersMean,
      noisePrecision: Float(noise.precision), mean: Float(mean), cutPoints: cutPoints)
  }

  /// The prior mean of a user without ratings and attributes: every attribute has its average over all users.
  private var strangersMean: [Float] {
    let side = sides[0]
    var mean = Array(side.means.prefix(trainer.rank + 1))
    guard let design = side.design else { return mean }
    for feature in historyFeatures.count..<design.rowCount {
      let share = design.cells(ofRow: feature).reduce(0) { $0 + design.values[$1] } / Float(max(1, side.rows.count))
      for column in mean.indices { mean[column] += share * side.values[feature, column] }
    }
    return mean
  }

  func makeModel(using parallel: Parallel) -> RatingModel {
    var draws = draws
    if draws.isEmpty {
      // The training stopped before the end of the warm-up: use the current state.
      var users = unknownUsers
      problem(of: 0).find(&users, using: parallel)
      draws = [snapshot(with: users)]
    }
    var (center, unit, levels): (Float, Float, [Float]) = (center, unit, [])
    if case .ordinal(let scale, _) = noise {
      (center, unit) = scale.line
      levels = scale.levels
    }
    let posterior = Posterior(
      draws, days: days, levels: levels, center: center, unit: unit, weightFreedom: Float(prior.weightFreedom))
    return RatingModel(factors: posterior.model(of: draws, using: parallel), scale: scale)
  }
}

extension OrdinalScale {
  /// The line through the expected values near the middle of the scale, so that the scores of lists are on the scale of
  /// the data.
  fileprivate var line: (center: Float, unit: Float) {
    let middle = cutPoints[cutPoints.count / 2]
    let (low, high) = (moments(mean: middle - 0.5, deviation: 1).value, moments(mean: middle + 0.5, deviation: 1).value)
    return (Float((low + high) / 2 - (high - low) * middle), Float(max(high - low, 1e-6)))
  }
}

extension GibbsSide {
  /// The mean of the rows, weighted by their numbers of cells.
  fileprivate var meanRow: [Float] {
    var sums = [Double](repeating: 0, count: rows.rank)
    for row in 0..<rows.count {
      let count = Double(cells.offsets[row + 1] - cells.offsets[row])
      for column in sums.indices { sums[column] += count * Double(rows[row, column]) }
    }
    let total = Double(Swift.max(1, cells.left.count))
    return sums.map { Float($0 / total) }
  }
}
