/// A training of ``BayesianFM`` under way: a state that moves a sweep at a time, and the draws kept of it.
public struct GibbsSampler: TrainingSession {
  private let trainer: BayesianFM
  private let seed: UInt64
  /// Values are (value − center) / unit while sampling.
  private let center: Float
  private let unit: Float
  private let scale: ClosedRange<Float>?
  private let targets: Buffer<Float>
  /// The days that the day side's rows are, in rising order.
  private let days: [Int32]
  /// People, items and, where days count, days.
  private var sides: [GibbsSide]
  /// The features of a person that are the items she rated; empty without them.
  private let historyFeatures: Range<Int>
  private var noisePrecision = 1.0
  private var mean = 0.0
  private var sweep = 0
  private var draws: [PosteriorDraw] = []

  public var isFinished: Bool { sweep >= trainer.epochs }

  init(_ trainer: BayesianFM, _ chosen: Set<BayesianFM.Feature>, _ data: TrainingData, seed: UInt64) {
    self.trainer = trainer
    self.seed = seed
    let (center, unit) = (data.mean, data.unit)
    self.center = center
    self.unit = unit
    scale = data.scale
    targets = Buffer(data.values.map { ($0 - center) / unit })
    let dayRows: [Int32]?
    if chosen.contains(.day), !data.times.isEmpty {
      let own = data.times.map(Day.number)
      days = Set(own).sorted()
      let places = Dictionary(uniqueKeysWithValues: days.enumerated().map { ($1, Int32($0)) })
      dayRows = own.map { places[$0] ?? 0 }
    } else {
      days = []
      dayRows = nil
    }
    let people = RowFeatures(
      rowCount: data.userCount, rows: data.users,
      partners: chosen.contains(.userItems) ? (data.items, data.itemCount) : nil,
      labels: chosen.contains(.side) ? data.userLabels : [])
    let items = RowFeatures(
      rowCount: data.itemCount, rows: data.items,
      partners: chosen.contains(.itemUsers) ? (data.users, data.userCount) : nil,
      labels: chosen.contains(.side) ? data.itemLabels : [])
    historyFeatures = chosen.contains(.userItems) ? 0..<data.itemCount : 0..<0
    sides = [
      GibbsSide(
        number: 0, cells: GibbsCells(rowCount: data.userCount, rows: data.users, left: data.items, right: dayRows),
        design: people.design, groups: people.groups, rank: trainer.rank, seed: seed),
      GibbsSide(
        number: 1, cells: GibbsCells(rowCount: data.itemCount, rows: data.items, left: data.users, right: dayRows),
        design: items.design, groups: items.groups, rank: trainer.rank, seed: seed),
    ]
    if let dayRows {
      sides.append(
        GibbsSide(
          number: 2, cells: GibbsCells(rowCount: days.count, rows: dayRows, left: data.users, right: data.items),
          design: nil, groups: [], rank: trainer.rank, seed: seed))
    }
  }

  /// Returns the root mean squared error of this draw on the training data.
  public mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let before = self
    for side in sides.indices { drawRows(of: side, using: parallel) }
    drawPriors(using: parallel)
    let errors = problem(of: 0, priors: sides[0].rows).errors(using: parallel)
    if parallel.isCancelled {
      self = before
      throw TrainingError(.cancelled)
    }
    let n = Double(targets.count)
    let loss = Float((errors.squares / n).squareRoot()) * unit
    guard loss.isFinite, errors.sum.isFinite else {
      self = before
      throw TrainingError(.diverged(epoch: sweep + 1, cure: "check the ratings' scale"))
    }
    drawNoise(errors, count: n)
    sweep += 1
    return loss
  }

  /// What a side's rows are drawn from, given the others.
  private func problem(of side: Int, priors: Factors? = nil) -> GibbsRows {
    let others = sides.indices.filter { $0 != side }
    return GibbsRows(
      cells: sides[side].cells, targets: targets, left: sides[others[0]].rows,
      right: others.count > 1 ? sides[others[1]].rows : nil, priors: priors ?? sides[side].priors,
      precisions: sides[side].precisions, noisePrecision: Float(noisePrecision), mean: Float(mean))
  }

  private mutating func drawRows(of side: Int, using parallel: Parallel) {
    var problem = problem(of: side)
    var stream = RandomStream(seed: seed, .gibbs, sweep, side + 16)
    problem.key = stream.next()
    var means: Factors? = side == 0 && keepsThisSweep ? Factors(count: sides[0].rows.count, rank: trainer.rank + 1) : nil
    let draw = means == nil ? nil : snapshot()
    problem.draw(into: &sides[side].rows, means: &means, using: parallel)
    if var draw, let means {
      draw.users = means
      draws.append(draw)
    }
  }

  /// Whether the state at the start of this sweep is one of those that the model keeps.
  private var keepsThisSweep: Bool {
    let warmUp = (trainer.epochs - 1) / 4
    let (after, count) = (sweep + 1 - warmUp, trainer.epochs - warmUp)
    return after > 0 && after * trainer.samples / count > (after - 1) * trainer.samples / count
  }

  /// Columns of priors do not depend on each other, nor do the sides.
  private mutating func drawPriors(using parallel: Parallel) {
    sides.withPriorDraws(sweep: sweep, seed: seed) { draws in
      parallel.forEach(draws.count) { draws[$0]() }
    }
  }

  /// Draws the precision of the noise, then the mean.
  private mutating func drawNoise(_ errors: (sum: Double, squares: Double), count n: Double) {
    var stream = RandomStream(seed: seed, .gibbs, sweep, 32)
    noisePrecision = stream.gamma(shape: (1 + n) / 2) / ((1 + errors.squares) / 2)
    let precision = noisePrecision * n + 1
    let center = noisePrecision * (errors.sum + n * mean) / precision
    mean = center + stream.normal() / precision.squareRoot()
  }
}

extension [GibbsSide] {
  /// Lends all sides' tables to functions that each draw the priors of sixteen columns of one side, in any order.
  fileprivate mutating func withPriorDraws(
    sweep: Int, seed: UInt64, draws: [@Sendable () -> Void] = [], _ body: ([@Sendable () -> Void]) -> Void
  ) {
    // A side is taken out while it is lent, so that its tables are not copied.
    guard var side = popLast() else { return body(draws) }
    let panels = side.panelCount
    side.withPriorDraws(sweep: sweep, seed: seed) { draw in
      let own = (0..<panels).map { panel in { @Sendable in draw(panel) } }
      withPriorDraws(sweep: sweep, seed: seed, draws: own + draws, body)
    }
    append(side)
  }
}

extension GibbsSampler {
  /// What a draw of the rows is made of, but for the people's own rows.
  private func snapshot() -> PosteriorDraw {
    let side = sides[0]
    var base = side.means
    for (index, features) in side.groups.enumerated() where !(index == 0 && features == historyFeatures) {
      // Of a stranger nothing is known: she gets what people have on average.
      guard let design = side.design else { continue }
      for feature in features {
        let share = design.cells(ofRow: feature).reduce(0) { $0 + design.values[$1] } / Float(max(1, side.rows.count))
        for column in 0...trainer.rank { base[column] += share * side.values[feature, column] }
      }
    }
    var weights = Factors(count: historyFeatures.count, rank: trainer.rank + 1)
    if !historyFeatures.isEmpty {
      let size = weights.elements.count
      weights.elements = Buffer(side.values.elements[0..<size])
    }
    let days = sides.count > 2 ? sides[2] : nil
    return PosteriorDraw(
      users: Factors(count: 0, rank: trainer.rank + 1), items: sides[1].rows, days: days?.rows, weights: weights,
      usualDay: days?.meanRow ?? [Float](repeating: 0, count: trainer.rank + 1),
      precisions: Array(side.precisions.prefix(trainer.rank + 1)), means: Array(base.prefix(trainer.rank + 1)),
      noisePrecision: Float(noisePrecision), mean: Float(mean))
  }

  public func makeModel(using parallel: Parallel) -> RatingModel {
    var draws = draws
    if draws.isEmpty {
      // Left before the warming up was over: what there is.
      var draw = snapshot()
      var unused = sides[0].rows
      var means: Factors? = Factors(count: unused.count, rank: trainer.rank + 1)
      problem(of: 0).draw(into: &unused, means: &means, using: parallel)
      if let means { draw.users = means }
      draws = [draw]
    }
    let posterior = Posterior(draws, days: days, center: center, unit: unit)
    return RatingModel(factors: posterior.model(of: draws, using: parallel), scale: scale)
  }
}

extension GibbsSide {
  /// The mean row, each as often as it has cells.
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
