/// Predicts the next item from the order of a history: linear regression on decayed histories.
///
/// Each step of a training history is a row of the regression. Its input s has the items up to the step, each with two
/// weights by its age: one halves per `halfLife` steps, the other per `slowHalfLife` steps. Its target t has the items
/// after the step, the next one with the weight 1 and each further one with a weight that halves per `targetHalfLife`
/// steps. With the sums A = SᵀS and C = SᵀT over all steps, and C' for the same sums with the items before the step as
/// targets, the weights are B = (A + λI)⁻¹ (C + bC'), where b is `backwardWeight`: what followed an item says a little
/// about what comes before it, too. The score of a history is s · B (SLIT: Choi et al. 2021,
/// <https://doi.org/10.1145/3442381.3449956>).
///
/// Each item is solved for separately, by the same regression on the items that most often come close to it. The order
/// of a history is that of its times; without times it is the order of the data.
public struct NextItem: Trainer {
  /// The half-life of an input's fast weight in steps; above 0.
  public var halfLife: Float = 1
  /// The half-life of an input's slow weight in steps; above 0.
  public var slowHalfLife: Float = 6
  /// Whether an input has the sum of both weights, with the shares 1 − `slowShare` and `slowShare`, in place of two
  /// inputs: fewer numbers to learn. It always has in catalogues of more than 20,000 items.
  public var addsRates = false
  /// The share of the slow weight in the sum of both; from 0 to 1.
  public var slowShare: Float = 0.3
  /// The half-life of a target's weight in steps beyond the next; above 0.
  public var targetHalfLife: Float = 1
  /// b, the weight of targets before the inputs; 0 or more.
  public var backwardWeight: Float = 0.2
  /// λ, the penalty on the size of the weights; above 0.
  public var regularization: Float = 100
  /// The penalty on the weights of an item in proportion to its own sum in A; 0 or more.
  public var popularityPenalty: Float = 0
  /// The weight of an item for itself, as a share of its own sum in A, where histories repeat items; 0 or more.
  public var repeatWeight: Float = 0.5
  /// c, the weight of a second step: the weights become B + cB². 0 or more, and 0 without `addsRates`.
  public var secondStepWeight: Float = 0
  /// The number of inputs that explain each item, 1 or more; with two rates that of the slow ones, and half as many
  /// fast ones.
  public var neighbors = 200
  /// Whether a validation cut chooses between these hyperparameters and those that suit sessions.
  public var choosesKind = true

  public static let predictsRatings = false

  public var usesValidation: Bool { choosesKind }

  /// Whether histories are so short that they may be sessions.
  public func usesValidation(on data: PreparedData) -> Bool {
    choosesKind && data.count < 20 * max(1, data.userCount)
  }

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// These hyperparameters for a catalogue: in a large one the sums of two inputs per item would take too much memory.
  package func suited(toItems count: Int) -> NextItem {
    var trainer = self
    trainer.addsRates = addsRates || count > MemoryDemand.mostItemsOfDense
    return trainer
  }

  /// The number of inputs of each item.
  private func inputCounts(_ data: PreparedData) -> [Int] {
    data.itemSizes.map { size in
      let slow = LocalSolves.neighborCount(neighbors, users: size)
      return suited(toItems: data.itemCount).addsRates ? slow : slow + min(slow, (neighbors + 1) / 2)
    }
  }

  public func sizeEstimate(for data: PreparedData) -> Int { 8 * inputCounts(data).reduce(0, +) }

  public func stageTimes(for data: PreparedData, threads: Int) -> StageTimes {
    let seconds = time(on: data, share: 1, threads: threads)
    return StageTimes(validating: seconds, choosing: 2 * seconds, training: seconds)
  }

  /// The expected seconds of a training on a share of the users.
  func time(on data: PreparedData, share: Double, threads: Int) -> Double {
    // The sums over the pairs of a window, and the solves.
    (share * Double(data.events.count) * 1.5e-6 + LocalSolves.time(inputCounts(data))) / Double(threads)
  }

  public func timeEstimate(for data: PreparedData, threads: Int) -> Double? {
    stageTimes(for: data, threads: threads).training
  }

  /// A trainer whose hyperparameters suit short sessions, such as visits to a shop.
  public static var forSessions: NextItem {
    var trainer = NextItem()
    (trainer.addsRates, trainer.halfLife, trainer.slowHalfLife, trainer.slowShare) = (true, 0.3, 4, 0.1)
    (trainer.targetHalfLife, trainer.backwardWeight) = (0.5, 0.5)
    (trainer.regularization, trainer.popularityPenalty, trainer.secondStepWeight) = (10, 2, 2)
    trainer.choosesKind = false
    return trainer
  }

  /// Chooses between these hyperparameters and those of ``forSessions``, where histories are short.
  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> NextItem {
    var chosen = self
    chosen.choosesKind = false
    let own = validation.ndcg(of: session.makeModel(using: parallel), using: parallel)
    let other = try Self.forSessions.trained(on: validation.train, seed: seed, using: parallel)
    return validation.ndcg(of: other, using: parallel) > own ? .forSessions : chosen
  }

  /// The weights of a history's items by age, one decay per block of inputs.
  var decays: [HistoryDecay] {
    addsRates
      ? [HistoryDecay(halfLife: halfLife, slowHalfLife: slowHalfLife, slowShare: slowShare)]
      : [HistoryDecay(halfLife: halfLife), HistoryDecay(halfLife: slowHalfLife)]
  }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<ItemModel> {
    try require(
      decays.allSatisfy(\.isValid) && (0...1).contains(slowShare),
      "half-lives must be above 0, and the share of the slow weight from 0 to 1")
    try require(targetHalfLife > 0 && targetHalfLife.isFinite, "the half-life of targets must be above 0")
    try require(backwardWeight >= 0 && backwardWeight.isFinite, "the backward weight must be 0 or more")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(popularityPenalty >= 0 && popularityPenalty.isFinite, "the popularity penalty must be 0 or more")
    try require(repeatWeight >= 0 && repeatWeight.isFinite, "the weight of repeats must be 0 or more")
    try require(secondStepWeight >= 0 && secondStepWeight.isFinite, "the weight of a second step must be 0 or more")
    try require(secondStepWeight == 0 || addsRates, "a second step needs inputs with the sum of both weights")
    try require((1...SettingBound.neighbors).contains(neighbors), "there must be between 1 and 1,000,000 neighbours")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    let trainer = suited(toItems: data.itemCount)
    return ClosedFormSession { (parallel) throws(TrainingError) in try trainer.model(of: data, using: parallel) }
  }

  /// The weights of targets by the steps between input and target, summed over the steps at which the input is known.
  func transitionWeights(_ inputs: [Float]) -> [Float] {
    var targets: [Float] = []
    while targets.count < 64 {
      let weight = Float(Elementary.powerOfTwo(-Double(targets.count) / Double(targetHalfLife)))
      if weight < 0.025 { break }
      targets.append(weight)
    }
    var weights = [Float](repeating: 0, count: inputs.count + targets.count)
    for (age, input) in inputs.enumerated() {
      for (delay, target) in targets.enumerated() { weights[age + delay + 1] += input * target }
    }
    return weights
  }

  /// Solves for the weights.
  ///
  /// - Complexity: O(events · window + items · neighbours³).
  private func model(of data: PreparedData, using parallel: Parallel) throws(TrainingError) -> ItemModel {
    let (items, places) = data.itemsByPopularity
    let sequences = data.sequences.renumbered(by: places)
    let sums = WindowSums(sequences)
    let inputs = decays.map(\.weights)
    let (pairs, own) = productSums(sums, inputs, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let repeats = sequences.hasRepeats ? repeatWeight : 0
    let nearest = nearestInputs(sums, inputs, own, repeats, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    return try model(pairs, own, nearest, items, using: parallel)
  }

  /// Solves for the weights from the sums of A, its diagonal, and the inputs of each item with the sums of C.
  ///
  /// - Parameter items: The items in the order in which the sums number them.
  func model(
    _ pairs: PairSums, _ own: Buffer<Float>, _ nearest: SparseMatrix, _ items: [Int32], using parallel: Parallel
  ) throws(TrainingError) -> ItemModel {
    let solves = LocalSolves(
      pairs: pairs,
      diagonal: Buffer(own.map { $0 * (1 + popularityPenalty) + regularization }))
    let weights = solves.solved(nearest, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard let weights, weights.values.isFinite(parallel: parallel) else {
      throw TrainingError(.diverged(epoch: 1, cure: "try a larger regularization than \(regularization)"))
    }
    var steps = weights.transposed(movingTo: items)
    if secondStepWeight > 0 {
      steps = steps.addingSquare(times: secondStepWeight, keeping: 2 * neighbors, using: parallel)
    }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    return ItemModel(.sparse(steps), decay: decays[0], slowDecay: decays.count > 1 ? decays[1] : nil)
  }

  /// The inputs that most often come close to each item, with the sums of the right-hand sides of its regression.
  ///
  /// The inputs of the second rate have the numbers of the items plus the number of items.
  private func nearestInputs(
    _ sums: WindowSums, _ inputs: [[Float]], _ own: Buffer<Float>, _ repeats: Float, using parallel: Parallel
  ) -> SparseMatrix {
    let count = sums.itemCount
    let kernels = inputs.map { weights in
      let forward = transitionWeights(weights)
      return WindowSums.Kernel(earlier: forward, later: forward.map { $0 * backwardWeight })
    }
    let rows = sums.map(using: parallel) { items, tally in
      items.map { item in
        let limit = LocalSolves.neighborCount(neighbors, users: Float(sums.eventCount(of: item)))
        var row = (others: [Int32](), values: [Float]())
        for (rate, kernel) in kernels.enumerated() {
          let limit = rate == kernels.count - 1 ? limit : min(limit, (neighbors + 1) / 2)
          let candidates = candidates(for: item, tally, kernel, own, from: rate * count, repeats)
          for place in TopHeaps.positions(ofGreatest: limit, in: candidates.ranks) {
            row.others.append(Int32(rate * count) + candidates.items[Int(place)])
            row.values.append(candidates.sums[Int(place)])
          }
        }
        return row
      }
    }
    return SparseMatrix(
      rows: parallel.isCancelled ? [] : rows.flatMap { $0 }, rowCount: count, columnCount: inputs.count * count)
  }

  /// The items that come close to an item, ascending, with their sums, and the numbers they are chosen by.
  private func candidates(
    for item: Int, _ tally: WindowSums.Tally, _ kernel: WindowSums.Kernel, _ own: Buffer<Float>, from first: Int,
    _ repeats: Float
  ) -> Candidates {
    var candidates = Candidates(item: item, repeats: repeats, own: own[first + item])
    tally.add(item, kernel) { other, sum in candidates.add(other, sum, own: own[first + other]) }
    return candidates.complete()
  }

  /// The items that come close to an item, ascending, with their sums, and the numbers they are chosen by.
  struct Candidates {
    private let item: Int
    private let repeats: Float
    private let own: Float
    private var itself: Float
    private(set) var items: [Int32] = []
    private(set) var sums: [Float] = []
    private(set) var ranks: [Float] = []

    /// - Parameter own: The item's own sum in A.
    init(item: Int, repeats: Float, own: Float) {
      (self.item, self.repeats, self.own) = (item, repeats, own)
      itself = repeats * own
    }

    // A rare input could not reach a large weight: the damping keeps it from taking the place of a common one.
    private static var damping: Float { 10 }

    /// Adds an item, in rising order.
    ///
    /// - Parameter own: The other item's own sum in A.
    mutating func add(_ other: Int, _ sum: Float, own: Float) {
      if other == item {
        itself += repeats > 0 ? sum : 0
        return
      }
      items.append(Int32(other))
      sums.append(sum)
      ranks.append(sum / (own + Self.damping).squareRoot())
    }

    /// The candidates with the item itself among them, where histories repeat items.
    func complete() -> Candidates {
      guard repeats > 0, itself > 0 else { return self }
      var all = self
      let place = items.firstIndex { $0 > Int32(item) } ?? items.count
      all.items.insert(Int32(item), at: place)
      all.sums.insert(itself, at: place)
      all.ranks.insert(itself / (own + Self.damping).squareRoot(), at: place)
      return all
    }
  }

  /// The sums of products of each input with the inputs before it, and with itself.
  private func productSums(
    _ sums: WindowSums, _ inputs: [[Float]], using parallel: Parallel
  ) -> (pairs: PairSums, own: Buffer<Float>) {
    let count = sums.itemCount
    let blocks = inputs.indices.flatMap { rate in
      let kernels = inputs[...rate].map { WindowSums.Kernel(productsOf: inputs[rate], with: $0) }
      return sums.map(using: parallel) { items, tally in
        var (rows, owns) = (PairSums.Block(), [Float]())
        for item in items {
          var (others, values, own) = ([Int32](), [Float](), Float(0))
          for (otherRate, kernel) in kernels.enumerated() {
            tally.add(item, kernel, below: otherRate == rate ? item + 1 : .max) { other, sum in
              if otherRate == rate, other == item {
                own = sum
              } else {
                others.append(Int32(otherRate * count + other))
                values.append(sum)
              }
            }
          }
          rows.append(rate * count + item, others[...], values[...])
          owns.append(own)
        }
        return (rows: rows, owns: owns)
      }
    }
    let own = Buffer(blocks.flatMap(\.owns))
    return (PairSums(blocks.map(\.rows)), own)
  }
}
