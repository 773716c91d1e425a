/// The rows of one side of a factorization, users, items or days, with what they are drawn around.
///
/// A row is m + v: m = μ + Σ x y over the row's features, v of the side's own precision λ. Rows are drawn as a whole, given m; then y, μ and λ
/// are drawn given the rows, column by column: the centred form, in which no features share a rating.
struct GibbsSide: Sendable {
  /// The side's number, which names its random streams.
  let number: Int
  let cells: GibbsCells
  /// Which rows have a feature, and how much of it: a row a feature. Nil without features.
  let design: SparseMatrix?
  /// The features of each group, which have a prior in common.
  let groups: [Range<Int>]
  /// The rows: factors, and the bias in the last column.
  var rows: Factors
  /// The prior mean m of each row.
  var priors: Factors
  /// y, a row a feature.
  var values: Factors
  /// What the noise's precision is multiplied by in each row's ratings: some users's are surer than others', and so are some items'. All 1 for
  /// days.
  var weights: Buffer<Float>
  /// λ and μ of the rows, then those of each group: `stride` numbers each.
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

  /// Puts the rows near zero, at a place of a chain's own, with nothing known of the priors.
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

  /// The roots of the rows' weights; nil for days.
  var weightRoots: Buffer<Float>? { number < 2 ? Buffer(weights.map { $0.squareRoot() }) : nil }

  var precisions: Buffer<Float> { Buffer(hyperparameters[0..<rows.stride]) }
  var means: [Float] { Array(hyperparameters[rows.stride..<(2 * rows.stride)]) }

  /// The number of runs of sixteen columns.
  var panelCount: Int { rows.stride / 16 }

  /// Lends the tables to a function that draws the priors of a run of columns; several runs may be drawn at the same time.
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

/// What is known of every precision beforehand: as if `weight` numbers of a variance had been seen.
struct PrecisionPrior: Sendable {
  var weight = 1.0
  /// Of rows around what their features say, in squared deviations of the ratings; chosen on validation cuts, as the next.
  var rowVariance = 0.01
  /// Of the features of a group.
  var featureVariance = 0.3
  /// Of rows' weights: the degrees of freedom of a gamma distribution around 1; chosen likewise.
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

  /// Draws λ ~ Γ((w + 1 + n)/2, (w s + Σ(v − μ)² + μ²)/2), w the prior's weight and s its variance, then μ ~ N(Σv/(n + 1), 1/(λ(n + 1))), of `count` rows that deviate from μ by sums.
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
  /// The sums of some features' deviations from a mean, and of their squares, sixteen of each.
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
