/// Several rankers together, their settings and weights chosen on a validation cut: the default for lists.
///
/// It trains ``EASE``, ``ImplicitALS`` and ``GraphFilter``. A search over few settings, as many as `budget` allows for data of this size,
/// finds those of each; then the weights of their standardised scores that give the best NDCG@10 on what was held back. A part that
/// adds nothing has the weight 0 and is left out.
public struct BlendTrainer: Trainer {
  /// The steps a training takes: one a part.
  public var epochs = 3
  /// The number of factors of ``ImplicitALS``; 1 or more.
  public var rank = 64
  /// λ of ``ImplicitALS``; above 0. Searched from here.
  public var regularization: Float = 0.009
  /// α of ``ImplicitALS``; above 0. Searched from here.
  public var unobservedWeight: Float = 0.4
  /// λ of ``EASE``; above 0. Searched from here.
  public var itemRegularization: Float = 250
  /// p of ``EASE``; in [0, 1). Searched from here.
  public var dropout: Float = 0.5
  /// How much EASE counts; 0 or more, as for the others. Not all are 0.
  public var itemWeight: Float = 1
  /// How much implicit ALS counts.
  public var factorWeight: Float = 1
  /// How much the graph filter counts.
  public var graphWeight: Float = 0.5
  /// The seconds that the search may take, which become a number of trials by the data's size; 0 searches nothing.
  public var budget: Float = 20

  public static let predictsRatings = false
  public var usesValidation: Bool { budget > 0 }

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  public func makeSession(
    for data: TrainingData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> BlendSession {
    try require(epochs >= 1, "there must be at least one epoch")
    for weight in [itemWeight, factorWeight, graphWeight] {
      try require(weight >= 0 && weight.isFinite, "a weight in the blend must be 0 or more")
    }
    try require(itemWeight + factorWeight + graphWeight > 0, "a blend needs a part with a weight above 0")
    try require(budget >= 0 && budget.isFinite, "the budget must be 0 seconds or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return BlendSession(self, data, seed: seed)
  }

  public func memoryEstimate(for data: TrainingData) -> Int? {
    [ease.memoryEstimate(for: data), graphWeight > 0 ? graph.memoryEstimate(for: data) : nil].compactMap { $0 }.reduce(
      0, +)
  }

  /// Chooses the settings of the parts one after another, then their weights.
  public func refined(
    after session: BlendSession, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> BlendTrainer {
    var chosen = self
    var parts = session.parts
    // Settings are few and data is many: whatever the budget, the defaults are there already and cost nothing more.
    let trials = Tuner.trials(forSeconds: Double(budget), interactions: validation.train.count)
    var bestFactors = parts[.factors].map { validation.ndcg(of: $0, using: parallel) } ?? 0
    for (weight, penalty) in Self.factorSettings.prefix(trials * 3 / 5) {
      var candidate = chosen
      candidate.unobservedWeight = weight
      candidate.regularization = penalty
      let model = try candidate.train(.factors, on: validation.train, seed: seed, using: parallel)
      let ndcg = validation.ndcg(of: model, using: parallel)
      if ndcg > bestFactors {
        (bestFactors, chosen) = (ndcg, candidate)
        parts[.factors] = model
      }
    }
    var bestItems = parts[.items].map { validation.ndcg(of: $0, using: parallel) } ?? 0
    // Above the size of a dense solution, each item is a regression of its own: the defaults have to do.
    let itemTrials = validation.train.itemCount > MemoryDemand.mostItemsOfDense ? 0 : trials * 2 / 5
    for (penalty, dropout) in Self.itemSettings.prefix(itemTrials) {
      var candidate = chosen
      candidate.itemRegularization = penalty
      candidate.dropout = dropout
      let model = try candidate.train(.items, on: validation.train, seed: seed, using: parallel)
      let ndcg = validation.ndcg(of: model, using: parallel)
      if ndcg > bestItems {
        (bestItems, chosen) = (ndcg, candidate)
        parts[.items] = model
      }
    }
    let weights = validation.bestWeights(of: BlendPart.allCases.map { parts[$0] }, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    (chosen.itemWeight, chosen.factorWeight, chosen.graphWeight) = (weights[0], weights[1], weights[2])
    return chosen
  }

  /// (α, λ) of implicit ALS, the most often useful first: from dense data to sparse.
  private static let factorSettings: [(Float, Float)] = [
    (0.1, 0.009), (0.4, 0.018), (0.02, 0.009), (0.1, 0.003), (1, 0.009), (0.02, 0.003), (0.4, 0.0045), (0.1, 0.018),
    (0.02, 0.02), (1, 0.018), (0.2, 0.009), (0.2, 0.018),
  ]

  /// (λ, p) of EASE.
  private static let itemSettings: [(Float, Float)] = [
    (100, 0.5), (500, 0.4), (400, 0), (30, 0.6), (250, 0.3), (100, 0), (1000, 0), (30, 0.3),
  ]

  fileprivate var ease: EASE {
    var trainer = EASE(regularization: itemRegularization)
    trainer.dropout = dropout
    return trainer
  }

  fileprivate var factors: ImplicitALS {
    var trainer = ImplicitALS(rank: rank)
    trainer.regularization = regularization
    trainer.unobservedWeight = unobservedWeight
    return trainer
  }

  fileprivate var graph: GraphFilter {
    // Few singular vectors at full weight: what the others lack is the coarse picture.
    var trainer = GraphFilter(rank: 64)
    trainer.spectralWeight = 1
    return trainer
  }

  fileprivate func weight(of part: BlendPart) -> Float {
    switch part {
    case .items: itemWeight
    case .factors: factorWeight
    case .graph: graphWeight
    }
  }

  fileprivate func train(
    _ part: BlendPart, on data: TrainingData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> any Scorer {
    switch part {
    case .items: try ease.trained(on: data, seed: seed, using: parallel)
    case .factors: try factors.trained(on: data, seed: seed, using: parallel)
    case .graph: try graph.trained(on: data, seed: seed, using: parallel)
    }
  }
}

extension Trainer {
  /// The model after all epochs, trained here and now.
  fileprivate func trained(on data: TrainingData, seed: UInt64, using parallel: Parallel) throws(TrainingError) -> Model
  {
    var session = try makeSession(for: data, seed: seed, using: parallel)
    var epoch = 0
    while !session.isFinished, epoch < epochs {
      _ = try session.runEpoch(using: parallel)
      epoch += 1
    }
    let model = session.makeModel(using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    return model
  }
}

/// The parts of the default blend.
enum BlendPart: CaseIterable {
  case items, factors, graph
}

/// The training of a blend under way: a part an epoch.
public struct BlendSession: TrainingSession {
  private let trainer: BlendTrainer
  private let data: TrainingData
  private let seed: UInt64
  private var waiting: [BlendPart]
  private(set) var parts: [BlendPart: any Scorer] = [:]

  public var isFinished: Bool { waiting.isEmpty }

  init(_ trainer: BlendTrainer, _ data: TrainingData, seed: UInt64) {
    self.trainer = trainer
    self.data = data
    self.seed = seed
    waiting = BlendPart.allCases.filter { trainer.weight(of: $0) > 0 }
  }

  /// Trains the next part; there is no loss, and it returns 0.
  public mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    guard let part = waiting.first else { return 0 }
    parts[part] = try trainer.train(part, on: data, seed: seed, using: parallel)
    waiting.removeFirst()
    return 0
  }

  public func makeModel(using parallel: Parallel) -> Blend {
    Blend(
      BlendPart.allCases.compactMap { part in
        parts[part].map { Blend.Part(weight: trainer.weight(of: part), scorer: $0) }
      })
  }
}

extension Validation {
  /// NDCG@10 over all items on what was held back.
  func ndcg(of scorer: any Scorer, using parallel: Parallel) -> Double {
    RankingMetrics(
      of: scorer, histories: histories, test: test, counts: train.itemCounts, cutoffs: [10], using: parallel
    ).mean(.ndcg, at: 0)
  }

  /// The weights of standardised scores with the best NDCG@10 on what was held back, by a grid; a part that is nil has the weight 0.
  ///
  /// O(people · items · parts · grid), for at most 3,000 people.
  func bestWeights(of parts: [(any Scorer)?], using parallel: Parallel) -> [Float] {
    let grid = Self.weightGrid(parts.map { $0 != nil })
    let relevant = test.rowsByUser()
    let tested = (0..<relevant.rowCount).filter { relevant.count(ofRow: $0) > 0 }
    let step = max(1, tested.count / 3000)
    let people = stride(from: 0, to: tested.count, by: step).map { tested[$0] }
    let discounts = RankingMetrics.discounts(10)
    let peopleOfBlock = 16
    let sums = parallel.map((people.count + peopleOfBlock - 1) / peopleOfBlock) { block in
      var sums = [Double](repeating: 0, count: grid.count)
      for person in people[(block * peopleOfBlock)..<min(people.count, (block + 1) * peopleOfBlock)] {
        let history = histories[person]
        let standardized = parts.map { part in
          guard let scores = part?.scores(history) else { return [Float]() }
          let standard = Standardization(scores[...])
          return scores.map { standard.apply($0) }
        }
        let wanted = Array(relevant.columns[relevant.cells(ofRow: person)])
        let selection = TopSelection(limit: 10, excluded: [history.items.sorted()])
        for (index, weights) in grid.enumerated() {
          var blend = [Float](repeating: 0, count: train.itemCount)
          for (part, weight) in weights.enumerated() where weight > 0 {
            for item in blend.indices { blend[item] += weight * standardized[part][item] }
          }
          let list = TopHeaps.topItems(of: blend, itemCount: train.itemCount, selection: selection)[0].map(\.item)
          sums[index] += RankingMetrics.figures(of: list, relevant: wanted, cutoffs: [10], discounts: discounts)[3]
        }
      }
      return sums
    }
    let totals = grid.indices.map { index in sums.reduce(0) { $0 + $1[index] } }
    let best = totals.indices.max { (totals[$0], $1) < (totals[$1], $0) } ?? 0
    return grid[best]
  }

  /// Each part alone, and mixtures of them in steps.
  private static func weightGrid(_ isThere: [Bool]) -> [[Float]] {
    let steps: [Float] = [0, 0.25, 0.5, 1]
    var grid: [[Float]] = [[]]
    for there in isThere { grid = grid.flatMap { weights in (there ? steps : [0]).map { weights + [$0] } } }
    // The greatest weight is 1: other rows say the same in other units.
    return grid.filter { $0.max() == 1 }
  }
}
