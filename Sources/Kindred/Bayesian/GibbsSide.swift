/// One side of a factorization, users, items or days: its rows, and their prior.
///
/// A row is m + v, with m = μ + Σ x y over the row's features and v normal with the side's precision λ. Rows are drawn
/// as a whole, given m. Then y, μ and λ are drawn given the rows, column by column. This is the centred form, in which
/// no two features share a rating.
struct GibbsSide: Sendable {
  /// The side's number, which names its random streams.
  let number: Int
  let cells: GibbsCells
  /// The rows that have a feature, and the amounts: one row per feature. Nil without features.
  let design: SparseMatrix?
  /// The features of each group; a group shares a prior.
  let groups: [Range<Int>]
  /// The rows: factors, and the bias in the last column.
  var rows: Factors
  /// The prior mean m of each row.
  var priors: Factors
  /// y, one row per feature.
  var values: Factors
  /// The factor of the noise's precision in each row's ratings: some users and items are more consistent than others. 1
  /// for days.
  var weights: Buffer<Float>
  /// λ and μ of the rows, then those of each group, `stride` numbers each.
  var hyperparameters: Buffer<Float>

  init(number: Int, cells: GibbsCells, design: SparseMatrix?, groups: [Range<Int>], rank: Int, seed: UInt64) {
    self.number = number
    self.cells = cells
    self.design = design
    self.groups = groups
    rows = Factors(count: cells.rowCount, rank: rank + 1)
    priors = rows
    values = Factors(count: design?.rowCount ?? 0, rank: rank + 1)
    hyperparameters = []
    weights = []
    start(chain: 0, seed: seed)
  }

  /// Sets the rows near zero, at a start of the chain's own, and the prior to that of a new chain.
  mutating func start(chain: Int, seed: UInt64) {
    let rank = rows.rank - 1
    for row in 0..<rows.count {
      var stream = RandomStream(seed: seed, .gibbs, row, number + 64 * chain)
      rows[row] = (0..<rank).map { _ in Float(stream.normal() * 0.1) } + [0]
    }
    priors = Factors(count: rows.count, rank: rows.rank)
    weights = Buffer(repeating: 1, count: rows.count)
    values = Factors(count: values.count, rank: rows.rank)
    hyperparameters = Buffer(
      (0...groups.count).flatMap { _ in
        Array(repeating: 1, count: rows.stride) + Array(repeating: 0, count: rows.stride)
      })
  }

  /// The square roots of the rows' weights; nil for days.
  var weightRoots: Buffer<Float>? { number < 2 ? Buffer(weights.map { $0.squareRoot() }) : nil }

  var precisions: Buffer<Float> { Buffer(hyperparameters[0..<rows.stride]) }
  var means: [Float] { Array(hyperparameters[rows.stride..<(2 * rows.stride)]) }

  /// The number of runs of sixteen columns.
  var panelCount: Int { rows.stride / 16 }

  /// Passes to `body` a function that draws the priors of a run of columns; several runs may be drawn concurrently.
  mutating func withPriorDraws<Result>(
    sweep: Int, seed: UInt64, prior: PrecisionPrior = PrecisionPrior(),
    _ body: (@escaping @Sendable (Int) -> Void) -> Result
  ) -> Result {
    let (number, design, groups, stride, rank, rowCount) = (number, design, groups, rows.stride, rows.rank, rows.count)
    return rows.elements.withSharedWriter { rows in
      priors.elements.withSharedWriter { priors in
        values.elements.withSharedWriter { values in
          hyperparameters.withSharedWriter { hyperparameters in
            body { panel in
              let lanes = GibbsPanel(
                rows: rows, priors: priors, values: values, rowCount: rowCount, stride: stride, lane: panel * 16,
                lanes: min(16, rank - panel * 16))
              let draws = PriorDraws(
                panel: lanes, hyperparameters: hyperparameters, seed: seed, sweep: sweep, side: number,
                prior: prior)
              draws.run(design: design, groups: groups)
            }
          }
        }
      }
    }
  }
}

/// The prior of every precision: as if `weight` numbers of a variance had been observed.
struct PrecisionPrior: Sendable {
  var weight = 1.0
  /// Of rows around their prior means, in units of the ratings' variance; chosen on validation cuts.
  var rowVariance = 0.01
  /// Of the features of a group.
  var featureVariance = 0.3
  /// Of the weights of rows: the degrees of freedom of a gamma distribution with mean 1; chosen on validation cuts.
  var weightFreedom = 20.0
}

/// The draws of μ, λ and y in sixteen columns of a side, in one sweep.
private struct PriorDraws: Sendable {
  let panel: GibbsPanel
  let hyperparameters: SharedWriter<Float>
  let seed: UInt64
  let sweep: Int
  let side: Int
  let prior: PrecisionPrior

  func run(design: SparseMatrix?, groups: [Range<Int>]) {
    let before = self[mean: 0]
    let (sums, squares) = panel.beginResiduals()
    drawPrior(group: 0, count: panel.rowCount, sums: sums, squares: squares)
    panel.shift(by: zip(before, self[mean: 0]).map { $0 - $1 })
    for (index, features) in groups.enumerated() {
      let (sums, squares) = panel.deviations(of: features, from: self[mean: index + 1])
      drawPrior(group: index + 1, count: features.count, sums: sums, squares: squares)
      guard let design else { continue }
      var stream = RandomStream(seed: seed, .gibbsFeatures, sweep, (side * 1024 + index) * 256 + panel.lane / 16)
      panel.draw(
        features, of: design, rowPrecisions: self[precision: 0], means: self[mean: index + 1],
        precisions: self[precision: index + 1], key: stream.next())
    }
    panel.endResiduals()
  }

  /// Draws λ ~ Γ((w + 1 + n)/2, (w s + Σ(v − μ)² + μ²)/2), with w the prior's weight and s its variance, then μ ~
  /// N(Σv/(n + 1), 1/(λ(n + 1))).
  ///
  /// - Parameters:
  ///   - count: n, the number of rows.
  ///   - sums: Σ(v − μ) per column.
  ///   - squares: Σ(v − μ)² per column.
  private func drawPrior(group: Int, count: Int, sums: [Double], squares: [Double]) {
    let n = Double(count)
    for lane in 0..<panel.lanes {
      var stream = RandomStream(seed: seed, .gibbsPrior, sweep, (side * 1024 + group) * 4096 + panel.lane + lane)
      let mean = Double(self[mean: group][lane])
      let variance = group == 0 ? prior.rowVariance : prior.featureVariance
      let rate = (prior.weight * variance + squares[lane] + mean * mean) / 2
      let precision = stream.gamma(shape: (prior.weight + 1 + n) / 2) / rate
      let center = (sums[lane] + n * mean) / (n + 1)
      let drawn = center + stream.normal() / (precision * (n + 1)).squareRoot()
      hyperparameters[position(group, 0) + lane] = Float(precision)
      hyperparameters[position(group, 1) + lane] = Float(drawn)
    }
  }

  private func position(_ group: Int, _ part: Int) -> Int { (group * 2 + part) * panel.stride + panel.lane }

  subscript(precision group: Int) -> [Float] { (0..<16).map { hyperparameters[position(group, 0) + $0] } }
  subscript(mean group: Int) -> [Float] { (0..<16).map { hyperparameters[position(group, 1) + $0] } }
}

extension GibbsPanel {
  /// The sums of some features' deviations from a mean and of their squares, per column.
  fileprivate func deviations(of features: Range<Int>, from mean: [Float]) -> (sums: [Double], squares: [Double]) {
    var sums = [Double](repeating: 0, count: 16)
    var squares = sums
    for feature in features {
      for lane in 0..<lanes {
        let deviation = Double(values[feature * stride + self.lane + lane] - mean[lane])
        sums[lane] += deviation
        squares[lane] += deviation * deviation
      }
    }
    return (sums, squares)
  }
}
