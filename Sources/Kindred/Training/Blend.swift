/// A weighted sum of several rankers, with settings and weights chosen on a validation cut: the default for lists.
///
/// The parts are ``EASE``, ``ImplicitALS`` and ``GraphFilter``. A search tries a few settings of the first two, as many
/// as `budget` allows for data of this size. Then the weights of the parts' standardised scores are set to those with
/// the best NDCG@10 on the validation cut. A part that adds nothing gets the weight 0 and is left out.
public struct Blend: Trainer {
  /// The number of factors per row of ``ImplicitALS``; from 1 to 4,096.
  public var rank = 64
  /// λ of ``ImplicitALS``, from which the search starts; above 0.
  public var regularization: Float = 0.009
  /// α of ``ImplicitALS``, from which the search starts; above 0.
  public var unobservedWeight: Float = 0.4
  /// λ of ``EASE``, from which the search starts; above 0.
  public var itemRegularization: Float = 250
  /// p of ``EASE``, from which the search starts; in [0, 1).
  public var dropout: Float = 0.5
  /// The weight of EASE; 0 or more. At least one of the three weights is above 0.
  public var itemWeight: Float = 1
  /// The weight of implicit ALS; 0 or more.
  public var factorWeight: Float = 1
  /// The weight of the graph filter; 0 or more.
  public var graphWeight: Float = 0.5
  /// The time for the search, in seconds; 0 or more. The data's size turns it into a number of trials, so the search is
  /// the same on every machine. With 0 the settings and weights stay as they are.
  public var budget: Float = 20

  public static let predictsRatings = false
  public var usesValidation: Bool { budget > 0 }
  /// The number of parts: each epoch trains one.
  public var epochLimit: Int { BlendPart.allCases.count }

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<BlendModel> {
    for weight in [itemWeight, factorWeight, graphWeight] {
      try require(weight >= 0 && weight.isFinite, "a weight in the blend must be 0 or more")
    }
    try require(itemWeight + factorWeight + graphWeight > 0, "a blend needs a part with a weight above 0")
    try require((0...1e6).contains(budget), "the budget must be between 0 and 1,000,000 seconds")
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    for value in [regularization, unobservedWeight, itemRegularization] {
      try require(value > 0 && value.isFinite, "regularizations and the unobserved weight must be above 0")
    }
    try require(dropout >= 0 && dropout < 1, "the dropout must be 0 or more and below 1")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return BlendSession(self, data, seed: seed)
  }

  public func memoryEstimate(for data: PreparedData) -> Int? {
    [ease.memoryEstimate(for: data), graphWeight > 0 ? graph.memoryEstimate(for: data) : nil].compactMap { $0 }.reduce(
      0, +)
  }

  /// Chooses the settings of implicit ALS, those of EASE, and then the weights, on a validation cut.
  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> Blend {
    guard let session = session as? BlendSession else { preconditionFailure("a trainer refines after its own session") }
    var chosen = self
    var parts = session.parts
    // The session has trained the parts with the current settings, so these compete at no extra cost.
    let trials = Tuner.trials(forSeconds: Double(budget), interactions: validation.train.count)
    // Above the size of a dense solution EASE solves one regression per item. That is too slow to search over.
    let itemTrials = validation.train.itemCount > MemoryDemand.mostItemsOfDense ? 0 : trials * 2 / 5
    let searches: [(part: BlendPart, settings: [(inout Blend) -> Void])] = [
      (
        .factors,
        Self.factorSettings.prefix(trials * 3 / 5).map { setting in
          { ($0.unobservedWeight, $0.regularization) = setting }
        }
      ),
      (
        .items,
        Self.itemSettings.prefix(itemTrials).map { setting in { ($0.itemRegularization, $0.dropout) = setting } }
      ),
    ]
    for (part, settings) in searches {
      var best = parts[part].map { validation.ndcg(of: $0, using: parallel) } ?? 0
      for set in settings {
        var candidate = chosen
        set(&candidate)
        let model = try candidate.train(part, on: validation.train, seed: seed, using: parallel)
        let ndcg = validation.ndcg(of: model, using: parallel)
        if ndcg > best {
          (best, chosen) = (ndcg, candidate)
          parts[part] = model
        }
      }
    }
    let weights = validation.bestWeights(of: BlendPart.allCases.map { parts[$0] }, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    (chosen.itemWeight, chosen.factorWeight, chosen.graphWeight) = (weights[0], weights[1], weights[2])
    return chosen
  }

  /// The settings (α, λ) of implicit ALS to try, for dense to sparse data, the most often useful first.
  private static let factorSettings: [(Float, Float)] = [
    (0.1, 0.009), (0.4, 0.018), (0.02, 0.009), (0.1, 0.003), (1, 0.009), (0.02, 0.003), (0.4, 0.0045), (0.1, 0.018),
    (0.02, 0.02), (1, 0.018), (0.2, 0.009), (0.2, 0.018),
  ]

  /// The settings (λ, p) of EASE to try.
  private static let itemSettings: [(Float, Float)] = [
    (100, 0.5), (500, 0.4), (400, 0), (30, 0.6), (250, 0.3), (100, 0), (1000, 0), (30, 0.3),
  ]

  var ease: EASE {
    var trainer = EASE(regularization: itemRegularization)
    trainer.dropout = dropout
    return trainer
  }

  var factors: ImplicitALS {
    var trainer = ImplicitALS(rank: rank)
    trainer.regularization = regularization
    trainer.unobservedWeight = unobservedWeight
    return trainer
  }

  var graph: GraphFilter {
    // A low rank at full weight adds the coarse structure that the other parts lack.
    var trainer = GraphFilter(rank: 64)
    trainer.spectralWeight = 1
    return trainer
  }

  func weight(of part: BlendPart) -> Float {
    switch part {
    case .items: itemWeight
    case .factors: factorWeight
    case .graph: graphWeight
    }
  }

  func train(
    _ part: BlendPart, on data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> any Scorer {
    switch part {
    case .items: try ease.trained(on: data, seed: seed, using: parallel)
    case .factors: try factors.trained(on: data, seed: seed, using: parallel)
    case .graph: try graph.trained(on: data, seed: seed, using: parallel)
    }
  }
}

extension Trainer {
  /// Trains on the calling thread and returns the model after all epochs.
  func trained(on data: PreparedData, seed: UInt64, using parallel: Parallel) throws(TrainingError) -> Model {
    var session = try makeSession(for: data, seed: seed, using: parallel)
    var epoch = 0
    while !session.isFinished, epoch < epochLimit {
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
