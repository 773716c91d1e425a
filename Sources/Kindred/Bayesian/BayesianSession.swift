/// A training of ``BayesianFM``: the state of the chain, which moves by one sweep per epoch, and the draws kept of it.
struct BayesianSession: TrainingSession {
  let trainer: BayesianFM
  let seed: UInt64
  /// Values are (value − center) / unit while sampling with normal noise.
  let center: Float
  let unit: Float
  let scale: ClosedRange<Float>?
  let prior: PrecisionPrior
  /// What the rows explain: the values or, with an ordinal scale, the latent ratings as drawn last.
  private var targets: Buffer<Float>
  /// The level of each rating; empty with normal noise.
  private let levels: [UInt8]
  /// The day of each row of the day side, ascending.
  let days: [Int32]
  /// The features of a user that are the items they rated; empty without them.
  let historyFeatures: Range<Int>
  /// Users, items and, if days count, days.
  var sides: [GibbsSide]
  var noise: RatingNoise
  private let firstNoise: RatingNoise
  var mean = 0.0
  /// The errors that the rows leave, found by the last sweep; unused with an ordinal scale.
  var errors: WeightedErrors?
  var sweep = 0
  var draws: [PosteriorDraw] = []

  var isFinished: Bool { sweep >= trainer.epochs }

  init(
    _ trainer: BayesianFM, _ chosen: Set<BayesianFM.Feature>, _ data: TrainingData, ordinal: OrdinalScale?,
    values: ValueSummary, prior: PrecisionPrior = PrecisionPrior(), seed: UInt64
  ) {
    self.trainer = trainer
    self.seed = seed
    self.prior = prior
    let (center, unit) = (values.mean, values.unit)
    (self.center, self.unit, scale) = (center, unit, values.scale)
    if let ordinal {
      noise = .ordinal(ordinal, anchor: ordinal.cutPoints)
      let places = Dictionary(uniqueKeysWithValues: ordinal.levels.enumerated().map { ($1, UInt8($0)) })
      levels = data.values.map { places[$0] ?? 0 }
      targets = Buffer(repeating: 0, count: data.count)
    } else {
      noise = .normal(precision: 1)
      levels = []
      targets = Buffer(data.values.map { ($0 - center) / unit })
    }
    firstNoise = noise
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
    historyFeatures = chosen.contains(.userItems) ? 0..<data.itemCount : 0..<0
    sides = Self.sides(of: data, chosen, days: dayRows, dayCount: days.count, rank: trainer.rank, seed: seed)
  }

  private static func sides(
    of data: TrainingData, _ chosen: Set<BayesianFM.Feature>, days: [Int32]?, dayCount: Int, rank: Int, seed: UInt64
  ) -> [GibbsSide] {
    let users = RowFeatures(
      rowCount: data.userCount, rows: data.users,
      partners: chosen.contains(.userItems) ? (data.items, data.itemCount) : nil,
      labels: chosen.contains(.side) ? data.userLabels : [])
    let items = RowFeatures(
      rowCount: data.itemCount, rows: data.items,
      partners: chosen.contains(.itemUsers) ? (data.users, data.userCount) : nil,
      labels: chosen.contains(.side) ? data.itemLabels : [])
    let userCells = GibbsCells(rowCount: data.userCount, rows: data.users, left: data.items, right: days)
    let itemCells = GibbsCells(rowCount: data.itemCount, rows: data.items, left: data.users, right: days)
    var sides = [
      GibbsSide(number: 0, cells: userCells, design: users.design, groups: users.groups, rank: rank, seed: seed),
      GibbsSide(number: 1, cells: itemCells, design: items.design, groups: items.groups, rank: rank, seed: seed),
    ]
    if let days {
      let cells = GibbsCells(rowCount: dayCount, rows: days, left: data.users, right: data.items)
      sides.append(GibbsSide(number: 2, cells: cells, design: nil, groups: [], rank: rank, seed: seed))
    }
    return sides
  }

  /// Runs one sweep.
  ///
  /// - Returns: The weighted root mean squared error on the training data, before the sweep; of the latent ratings if
  ///   the scale is ordinal.
  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let before = self
    if sweep > 0, sweep == start(ofChain: chain) { startAnew() }
    let loss = drawNoise(using: parallel)
    if parallel.isCancelled || !loss.isFinite {
      self = before
      throw TrainingError(
        parallel.isCancelled ? .cancelled : .diverged(epoch: sweep + 1, cure: "check the ratings' scale"))
    }
    for side in sides.indices { errors = drawRows(of: side, using: parallel) }
    if case .normal = noise, errors == nil { errors = foundErrors(using: parallel) }
    sides.withPriorDraws(sweep: sweep, seed: seed, prior: prior) { draws in
      parallel.forEach(draws.count) { draws[$0]() }
    }
    if parallel.isCancelled {
      self = before
      throw TrainingError(.cancelled)
    }
    sweep += 1
    return loss
  }

  /// The conditional distribution of a side's rows, given the other sides.
  func problem(of side: Int, priors: Factors? = nil) -> GibbsRows {
    let others = sides.indices.filter { $0 != side }
    let (left, right) = (sides[others[0]], others.count > 1 ? sides[others[1]] : nil)
    return GibbsRows(
      cells: sides[side].cells, targets: targets, left: left.rows, right: right?.rows,
      priors: priors ?? sides[side].priors, precisions: sides[side].precisions,
      noisePrecision: Float(noise.precision), mean: Float(mean), rowWeights: sides[side].weights,
      leftRoots: left.weightRoots, rightRoots: right?.weightRoots)
  }

  /// Draws a side's rows, and each row's weight after it; returns the errors that are left.
  private mutating func drawRows(of side: Int, using parallel: Parallel) -> WeightedErrors? {
    var users = side == 0 && keepsThisSweep ? unknownUsers : nil
    defer { if let users { draws.append(snapshot(with: users)) } }
    var problem = problem(of: side)
    var stream = RandomStream(seed: seed, .gibbs, sweep, side + 16)
    problem.key = stream.next()
    guard side < 2 else { return problem.draw(into: &sides[side].rows, means: &users, using: parallel) }
    let (seed, sweep, precision, freedom) = (seed, sweep, Double(problem.noisePrecision), prior.weightFreedom)
    let offsets = sides[side].cells.offsets
    var weights = sides[side].weights
    defer { sides[side].weights = weights }
    return weights.withSharedWriter { weights in
      problem.draw(into: &sides[side].rows, means: &users, using: parallel) { row, errors in
        var stream = RandomStream(seed: seed, .gibbsWeights, sweep, 2 * row + side)
        let count = Double(offsets[row + 1] - offsets[row])
        let weight = Float(
          2 * stream.gamma(shape: (freedom + count) / 2) / (freedom + precision * errors.squares))
        weights[row] = weight
        return weight
      }
    }
  }

  private func foundErrors(using parallel: Parallel) -> WeightedErrors {
    problem(of: 0, priors: sides[0].rows).errors(using: parallel)
  }

  /// The chain of the next sweep.
  private var chain: Int { ((sweep + 1) * trainer.chains - 1) / trainer.epochs }

  private func start(ofChain chain: Int) -> Int { chain * trainer.epochs / trainer.chains }

  /// Resets everything that is drawn to the start of another chain.
  private mutating func startAnew() {
    for side in sides.indices { sides[side].start(chain: chain, seed: seed) }
    noise = firstNoise
    mean = 0
    errors = nil
  }

  /// The first sweep of a chain whose draws are kept. Soon after its start a chain predicts well, with draws that
  /// differ from later ones. Keeping them improved predictions on validation cuts, so the warm-up is short.
  private func endOfWarmUp(ofChain chain: Int) -> Int {
    start(ofChain: chain) + min(5, quarter(ofChain: chain))
  }

  private func quarter(ofChain chain: Int) -> Int { (start(ofChain: chain + 1) - start(ofChain: chain) - 1) / 4 }

  /// Whether the chain is in its first quarter, in which the cut points still move far.
  private var isSettling: Bool { sweep < start(ofChain: chain) + quarter(ofChain: chain) }

  /// Whether the model keeps the state at the start of this sweep.
  private var keepsThisSweep: Bool {
    if sweep < endOfWarmUp(ofChain: chain) { return false }
    let counts = (0..<trainer.chains).map { start(ofChain: $0 + 1) - endOfWarmUp(ofChain: $0) }
    let count = counts.reduce(0, +)
    let after = counts[..<chain].reduce(0, +) + sweep + 1 - endOfWarmUp(ofChain: chain)
    return after * trainer.samples / count > (after - 1) * trainer.samples / count
  }

  /// Draws the parameters between the rows and the ratings; returns the loss of the current rows.
  private mutating func drawNoise(using parallel: Parallel) -> Float {
    let n = Double(targets.count)
    var stream = RandomStream(seed: seed, .gibbs, sweep, 32)
    switch noise {
    case .normal:
      let errors = errors ?? foundErrors(using: parallel)
      guard errors.squares.isFinite else { return .nan }
      let precision = stream.gamma(shape: (prior.weight + n) / 2) / ((prior.weight + errors.squares) / 2)
      noise = .normal(precision: precision)
      let known = precision * errors.weight + 1
      mean = precision * (errors.sum + errors.weight * mean) / known + stream.normal() / known.squareRoot()
      return Float((errors.squares / n).squareRoot()) * unit
    case .ordinal(var scale, let anchor):
      let (errors, fits, roots) = problem(of: 0, priors: sides[0].rows).errorsAndFits(using: parallel)
      guard errors.squares.isFinite else { return .nan }
      let draw = CutPointDraw(scale: scale, levels: levels, fits: fits, roots: roots, parallel: parallel)
      let mode = draw.mode(from: anchor, steps: isSettling ? 3 : 1)
      if parallel.isCancelled { return .nan }
      scale.cutPoints = draw.drawn(from: mode, &stream)
      // The anchor is fixed once the chain has settled, so that the proposal depends on the fits alone. By then it is
      // near every mode.
      noise = .ordinal(scale, anchor: isSettling ? mode.cutPoints : anchor)
      drawTargets(scale, fits, roots, using: parallel)
      return Float((errors.squares / n).squareRoot())
    }
  }

  /// Draws the latent ratings behind the levels, with one random stream per block.
  private mutating func drawTargets(
    _ scale: OrdinalScale, _ fits: Buffer<Float>, _ roots: Buffer<Float>, using parallel: Parallel
  ) {
    let blockSize = 8192
    let (levels, seed, sweep) = (levels, seed, sweep)
    targets.withSharedWriter { targets in
      parallel.forEach((levels.count + blockSize - 1) / blockSize) { block in
        var stream = RandomStream(seed: seed, .gibbsTargets, sweep, block)
        for index in (block * blockSize)..<min(levels.count, (block + 1) * blockSize) {
          targets[index] = Float(
            scale.draw(
              Int(levels[index]), around: Double(fits[index]), root: Double(roots[index]), uniform: stream.uniform()))
        }
      }
    }
  }
}

extension [GibbsSide] {
  /// Passes to `body` one function per side and run of sixteen columns, which draws the priors of these columns; they
  /// may run in any order.
  fileprivate mutating func withPriorDraws(
    sweep: Int, seed: UInt64, prior: PrecisionPrior, draws: [@Sendable () -> Void] = [],
    _ body: ([@Sendable () -> Void]) -> Void
  ) {
    // A side is removed from the array while it is used, so that its tables are not copied.
    guard var side = popLast() else { return body(draws) }
    let panels = side.panelCount
    side.withPriorDraws(sweep: sweep, seed: seed, prior: prior) { draw in
      let own = (0..<panels).map { panel in { @Sendable in draw(panel) } }
      withPriorDraws(sweep: sweep, seed: seed, prior: prior, draws: own + draws, body)
    }
    append(side)
  }
}
