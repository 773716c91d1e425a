/// Predicts the next item from the order of a history: linear regression on decayed histories.
///
/// Each step of a training history is a row of the regression. Its input s has the items up to the step, weighted by
/// their age (``HistoryDecay``); its target t has the items after it, the next one with the weight 1 and each further
/// one with a weight that halves per `targetHalfLife` steps. With the sums A = SᵀS and C = SᵀT over all steps, the
/// weights are B = (A + λI)⁻¹ (C + bCᵀ), where b is `backwardWeight`: what followed an item says a little about what
/// comes before it, too. The score of a history is s · B (SLIT: Choi et al. 2021,
/// <https://doi.org/10.1145/3442381.3449956>).
///
/// Each item is solved for separately, by the same regression on the items that most often come close to it. The order
/// of a history is that of its times; without times it is the order of the data.
public struct NextItem: Trainer {
  /// The half-life of an input's weight in steps; above 0.
  public var halfLife: Float = 1
  /// The half-life of the slow part of an input's weight in steps; above 0.
  public var slowHalfLife: Float = 6
  /// The share of the slow part; from 0 to 1.
  public var slowShare: Float = 0.3
  /// The half-life of a target's weight in steps beyond the next; above 0.
  public var targetHalfLife: Float = 1
  /// b, the weight of targets before the inputs; 0 or more.
  public var backwardWeight: Float = 0.3
  /// λ, the penalty on the size of the weights; above 0.
  public var regularization: Float = 100
  /// The penalty on the weights of an item in proportion to its own sum in A; 0 or more.
  public var popularityPenalty: Float = 0
  /// The weight of an item for itself, as a share of its own sum in A, where histories repeat items; 0 or more.
  public var repeatWeight: Float = 0.5
  /// c, the weight of a second step: the weights become B + cB². 0 or more.
  public var secondStepWeight: Float = 0
  /// The number of items whose weights explain each item; 1 or more.
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

  /// A trainer whose hyperparameters suit short sessions, such as visits to a shop.
  public static var forSessions: NextItem {
    var trainer = NextItem()
    (trainer.halfLife, trainer.slowHalfLife, trainer.slowShare) = (0.3, 4, 0.1)
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

  /// The weights of a history's items by age.
  var decay: HistoryDecay {
    HistoryDecay(halfLife: halfLife, slowHalfLife: slowHalfLife, slowShare: slowShare)
  }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<ItemModel> {
    try require(decay.isValid, "half-lives must be above 0, and the share of the slow part from 0 to 1")
    try require(targetHalfLife > 0 && targetHalfLife.isFinite, "the half-life of targets must be above 0")
    try require(backwardWeight >= 0 && backwardWeight.isFinite, "the backward weight must be 0 or more")
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(popularityPenalty >= 0 && popularityPenalty.isFinite, "the popularity penalty must be 0 or more")
    try require(repeatWeight >= 0 && repeatWeight.isFinite, "the weight of repeats must be 0 or more")
    try require(secondStepWeight >= 0 && secondStepWeight.isFinite, "the weight of a second step must be 0 or more")
    try require((1...SettingBound.neighbors).contains(neighbors), "there must be between 1 and 1,000,000 neighbours")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return ClosedFormSession { (parallel) throws(TrainingError) in try model(of: data, using: parallel) }
  }

  /// The weights of targets by the steps between input and target, summed over the steps at which the input is known.
  private func transitionWeights(_ inputs: [Float]) -> [Float] {
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
    let inputs = decay.weights
    let sums = WindowSums(sequences)
    let products = WindowSums.Kernel(productsOf: inputs)
    let forward = transitionWeights(inputs)
    let transitions = WindowSums.Kernel(earlier: forward, later: forward.map { $0 * backwardWeight })
    let (pairs, own) = productSums(sums, products, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let repeats = sequences.hasRepeats ? repeatWeight : 0
    let neighbors = nearest(sums, transitions, own, repeats, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let solves = LocalSolves(
      pairs: pairs,
      diagonal: Buffer(own.map { $0 * (1 + popularityPenalty) + regularization }))
    let weights = solves.solved(neighbors, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard let weights, weights.values.isFinite(parallel: parallel) else {
      throw TrainingError(.diverged(epoch: 1, cure: "try a larger regularization than \(regularization)"))
    }
    var steps = weights.transposed(movingTo: items)
    if secondStepWeight > 0 {
      steps = steps.addingSquare(times: secondStepWeight, keeping: 2 * self.neighbors, using: parallel)
    }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    return ItemModel(.sparse(steps), decay: decay)
  }

  /// The items that most often come close to each item, with the sums of the right-hand sides of its regression.
  private func nearest(
    _ sums: WindowSums, _ transitions: WindowSums.Kernel, _ own: Buffer<Float>, _ repeats: Float,
    using parallel: Parallel
  ) -> SparseMatrix {
    // A rare input could not reach a large weight: the damping keeps it from taking the place of a common one.
    let damping: Float = 10
    let rows = sums.map(using: parallel) { items, tally in
      items.map { item in
        var (others, values, ranks) = ([Int32](), [Float](), [Float]())
        var itself: Float = repeats * own[item]
        tally.add(item, transitions) { other, sum in
          if other == item {
            itself += repeats > 0 ? sum : 0
            return
          }
          others.append(Int32(other))
          values.append(sum)
          ranks.append(sum / (own[other] + damping).squareRoot())
        }
        if repeats > 0, itself > 0 {
          let place = others.firstIndex { $0 > Int32(item) } ?? others.count
          others.insert(Int32(item), at: place)
          values.insert(itself, at: place)
          ranks.insert(itself / (own[item] + damping).squareRoot(), at: place)
        }
        let limit = LocalSolves.neighborCount(neighbors, users: Float(sums.eventCount(of: item)))
        let chosen = TopHeaps.positions(ofGreatest: limit, in: ranks)
        return (others: chosen.map { others[Int($0)] }, values: chosen.map { values[Int($0)] })
      }
    }
    return SparseMatrix(rows: parallel.isCancelled ? [] : rows.flatMap { $0 }, rowCount: sums.itemCount)
  }

  /// The sums of products of each item with the items before it, and with itself.
  private func productSums(
    _ sums: WindowSums, _ products: WindowSums.Kernel, using parallel: Parallel
  ) -> (pairs: PairSums, own: Buffer<Float>) {
    let blocks = sums.map(using: parallel) { items, tally in
      var (rows, owns) = (PairSums.Block(), [Float]())
      for item in items {
        var (others, values, own) = ([Int32](), [Float](), Float(0))
        tally.add(item, products, below: item + 1) { other, sum in
          if other == item {
            own = sum
          } else {
            others.append(Int32(other))
            values.append(sum)
          }
        }
        rows.append(item, others, values)
        owns.append(own)
      }
      return (rows: rows, owns: owns)
    }
    return (PairSums(blocks.map(\.rows)), Buffer(blocks.flatMap(\.owns)))
  }
}
