extension Posterior {
  /// If the variance exceeds the noise by this factor, the mean opinion of other users is about as good a prediction.
  private static let tentative = 1.25

  /// The distributions of a stranger's row, one per draw, and the expected variance of their noise, in units of the
  /// noise's.
  private func stranger(_ history: Cells, _ items: Factors) -> (rows: [GibbsRows], noise: Double) {
    let cells = Double(history.count)
    let freedom = Double(weightFreedom)
    // Over the draws: the scale of the distribution of the stranger's weight; and per rating the sums of the precision,
    // of the fit, and of its square.
    var scale = 0.0
    var sums = [SIMD3<Double>](repeating: .zero, count: history.count)
    let rows = (0..<draws).map { draw in
      var problem = problem(of: history, cells: [history.all], inDraw: draw, items)
      let rows = settle(&problem, of: history, inDraw: draw)
      scale += (freedom + cells) / Double(problem.rowWeights?[0] ?? 1)
      for (cell, fit) in problem.fits(of: rows).enumerated() {
        let precision = noisePrecisions[draw] * itemWeights[Int(history.columns[cell]), draw]
        sums[cell] += SIMD3(Double(precision), Double(fit), Double(fit) * Double(fit))
      }
      return problem
    }
    // The true parameters behave like one more draw. The squared errors behind these weights are therefore too large by
    // twice the variance between draws; subtract it.
    let n = Double(draws)
    let excess = sums.reduce(0) { $0 + $1[0] / n * 2 * max(0, $1[2] - $1[1] * $1[1] / n) / max(1, n - 1) }
    return (rows, max(freedom, scale / n - excess) / (freedom + cells - 2))
  }

  private func moments(ofNormal score: Double, variance: Double) -> (value: Double, square: Double) {
    let value = Double(center) + Double(unit) * score
    return (value, value * value + Double(unit) * Double(unit) * variance)
  }

  /// Predicts some items for one history. The variance is that between the draws' means, plus the mean of their
  /// variances, noise included.
  func predictions(of selected: [Int32], for history: History, at time: Timestamp?, in model: FactorModel)
    -> [Prediction]
  {
    let cells = cells(of: history)
    let dayOfAll = time.flatMap { days.sortedIndex(of: Day.number($0)) }
    let row = history.trainingRow.flatMap { Int($0) < model.users.count ? Int($0) : nil }
    let known = row.map { rows(ofUser: $0, in: model.users) }
    let stranger = row == nil ? stranger(cells, model.items) : nil
    // The mean of 1/weight exceeds 1/(the mean of the weight) by this factor.
    let freedom = Double(weightFreedom) + Double(history.count)
    let doubt = freedom / (freedom - 2)
    // Sums over the draws: of the expected value, of the expected square, and of the noise's variance.
    var means = [Double](repeating: 0, count: selected.count)
    var squares = means
    var noise = means
    for draw in 0..<draws {
      let day = day(dayOfAll, inDraw: draw)
      let items = rows(of: selected, inDraw: draw, model.items)
      var sights = items
      for item in selected.indices { for column in 0..<rank { sights[item, column] += day[column] } }
      var distribution: GibbsRows
      let ownNoise: Double
      if let stranger {
        (distribution, ownNoise) = (stranger.rows[draw], stranger.noise)
      } else {
        // Only the uncertainty of the user's row: given the user's weight, it does not depend on the values.
        distribution = problem(of: cells, cells: [cells.all], inDraw: draw, model.items)
        distribution.rowWeights = row.map { [userWeights[$0, draw]] }
        ownNoise = doubt / Double(distribution.rowWeights?[0] ?? 1)
      }
      let (mean, variances) = distribution.moments(variancesFor: sights)
      let user = known?[draw] ?? mean
      let base = self.means[draw] + user[rank] + day[rank]
      let precision = Double(noisePrecisions[draw]) / ownNoise
      let scale = levels.isEmpty ? nil : scale(inDraw: draw)
      for (position, item) in selected.enumerated() {
        var score = base + items[position, rank]
        for column in 0..<rank {
          score += user[column] * sights[position, column] + day[column] * items[position, column]
        }
        let noiseVariance = 1 / (precision * Double(itemWeights[Int(item), draw]))
        let variance = Double(variances[position]) + noiseVariance
        let expected =
          scale?.moments(mean: Double(score), deviation: variance.squareRoot())
          ?? moments(ofNormal: Double(score), variance: variance)
        let certain =
          scale?.moments(mean: Double(score), deviation: noiseVariance.squareRoot())
          ?? moments(ofNormal: Double(score), variance: noiseVariance)
        noise[position] += (certain.square - certain.value * certain.value) / Double(draws)
        means[position] += expected.value / Double(draws)
        squares[position] += expected.square / Double(draws)
      }
    }
    return selected.indices.map { item in
      let variance = max(0, squares[item] - means[item] * means[item])
      return Prediction(
        value: Float(means[item]), deviation: Float(variance.squareRoot()),
        isTentative: variance > Self.tentative * noise[item])
    }
  }
}
