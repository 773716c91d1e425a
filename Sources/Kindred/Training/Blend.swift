/// A weighted sum of several rankers, with settings and weights chosen on a validation cut: the default for lists.
///
/// The parts are ``EASE``, ``NextItem``, ``ImplicitALS``, ``GraphFilter`` and ``RecentPopularity``. Where items have
/// attributes, an ``AttributeModel`` is a part too. A search tries a
/// few settings of each, as many as `budget` allows for data of this size, and ``ImplicitALS`` and ``GraphFilter`` only
/// where EASE ranks better than the next item. ``NextItem`` is no part where data without times are sorted
/// by item, or in a random order. Then the weights of the parts' standardised scores are set to those with
/// the best NDCG@10 on the validation cut. A part that adds little gets the weight 0 and is left out.
public struct Blend: Trainer {
  /// The number of factors per row of ``ImplicitALS``, at most 4,096; 0 takes its default.
  public var rank = 0
  /// λ of ``ImplicitALS``, from which the search starts; above 0.
  public var regularization: Float = 0.009
  /// α of ``ImplicitALS``, from which the search starts; above 0.
  public var unobservedWeight: Float = 0.4
  /// λ of ``EASE``, from which the search starts; above 0.
  public var itemRegularization: Float = 250
  /// p of ``EASE``, from which the search starts; in [0, 1).
  public var dropout: Float = 0.5
  /// The half-life, in steps, of the weight of a history's items for ``EASE``, from which the search starts; 0 weighs
  /// all items alike.
  public var historyHalfLife: Float = 0
  /// Whether ``NextItem`` has the hyperparameters that suit sessions, from which the search starts.
  public var hasSessions = false
  /// The half-life of a count of ``RecentPopularity`` in days, from which the search starts; above 0.
  public var popularityHalfLife: Float = 30
  /// The weight of EASE; 0 or more. At least one of the weights is above 0. Where the order of events matters, the
  /// search starts from the weights; elsewhere it starts from the best part alone.
  public var itemWeight: Float = 0.75
  /// The weight of the next item; 0 or more.
  public var nextWeight: Float = 1
  /// The weight of implicit ALS; 0 or more. The search tries this part and the graph filter where the order of events
  /// says little.
  public var factorWeight: Float = 0
  /// The weight of the graph filter; 0 or more.
  public var graphWeight: Float = 0
  /// The weight of the recent popularity; 0 or more.
  public var popularityWeight: Float = 0.1
  /// The weight of the items' attributes; nil chooses it where items have attributes, and is 0 without a search.
  public var attributeWeight: Float?
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
    for part in BlendPart.allCases {
      try require(self[part] >= 0 && self[part].isFinite, "a weight in the blend must be 0 or more")
    }
    try require(BlendPart.allCases.contains { self[$0] > 0 }, "a blend needs a part with a weight above 0")
    try require((0...1e6).contains(budget), "the budget must be between 0 and 1,000,000 seconds")
    try require(rank >= 0 && rank <= 4096, "the rank must be between 0 and 4096")
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

  public func stageTimes(for data: PreparedData, threads: Int) -> StageTimes {
    let parts = BlendPart.allCases.filter { trains($0, on: data) }
    let share = 1 / Double(Validation.stepOfUsers(data.events.count))
    return StageTimes(
      validating: parts.reduce(0) { $0 + time(of: $1, on: data, share: share, threads: threads) },
      choosing: BlendSearch.time(self, on: data, threads: threads),
      training: parts.reduce(0) { $0 + time(of: $1, on: data, threads: threads) })
  }

  public func timeEstimate(for data: PreparedData, threads: Int) -> Double? {
    stageTimes(for: data, threads: threads).total
  }

  public func sizeEstimate(for data: PreparedData) -> Int {
    (itemWeight > 0 ? ease.sizeEstimate(for: data) : 0) + (trains(.next, on: data) ? next.sizeEstimate(for: data) : 0)
      + (factorWeight > 0 ? factors.sizeEstimate(for: data) : 0)
  }

  /// The expected seconds of the training of a part on a share of the users.
  func time(of part: BlendPart, on data: PreparedData, share: Double = 1, threads: Int) -> Double {
    switch part {
    case .items: ease.time(on: data, share: share, threads: threads)
    case .next: next.time(on: data, share: share, threads: threads)
    case .factors: factors.stageTimes(for: data, threads: threads).training
    case .graph: graph.stageTimes(for: data, threads: threads).training
    case .popularity: recent.stageTimes(for: data, threads: threads).training
    case .attributes: AttributeRegression().time(on: data, threads: threads)
    }
  }

  /// Chooses the settings of each part, and then the weights, on a validation cut.
  public func refined(
    after session: Session, validation: Validation, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> Blend {
    guard let session = session as? BlendSession else { preconditionFailure("a trainer refines after its own session") }
    var search = BlendSearch(self, session, validation, seed: seed)
    return try search.run(using: parallel)
  }

  /// Whether a part is trained: one with a weight, and the attributes of items that have some, which place items that
  /// nobody has taken. The next item is trained only where events have an order.
  func trains(_ part: BlendPart, on data: PreparedData) -> Bool {
    if part == .next, !data.hasOrder, BlendPart.allCases.contains(where: { $0 != .next && self[$0] > 0 }) {
      return false
    }
    return self[part] > 0 || part == .attributes && budget > 0 && AttributeRegression.suits(data)
  }

  /// The weight of a part.
  subscript(part: BlendPart) -> Float {
    get {
      switch part {
      case .items: itemWeight
      case .next: nextWeight
      case .factors: factorWeight
      case .graph: graphWeight
      case .popularity: popularityWeight
      case .attributes: attributeWeight ?? 0
      }
    }
    set {
      switch part {
      case .items: itemWeight = newValue
      case .next: nextWeight = newValue
      case .factors: factorWeight = newValue
      case .graph: graphWeight = newValue
      case .popularity: popularityWeight = newValue
      case .attributes: attributeWeight = newValue
      }
    }
  }

  var ease: EASE {
    var trainer = EASE(regularization: itemRegularization)
    trainer.dropout = dropout
    trainer.historyHalfLife = historyHalfLife
    // The nearest items rank as well as all of them do, in a fraction of the time and memory.
    trainer.neighbors = 300
    return trainer
  }

  var next: NextItem {
    var trainer = hasSessions ? NextItem.forSessions : NextItem()
    trainer.choosesKind = false
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
    trainer.neighbors = 200
    trainer.spectralWeight = 1
    return trainer
  }

  var recent: RecentPopularity {
    var trainer = RecentPopularity()
    trainer.popularityHalfLife = popularityHalfLife
    return trainer
  }

  /// The model of a part; nil for attributes from which there is nothing to learn.
  func train(
    _ part: BlendPart, on data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> (any Scorer)? {
    switch part {
    case .items: try ease.trained(on: data, seed: seed, using: parallel)
    case .next: try next.trained(on: data, seed: seed, using: parallel)
    case .factors: try factors.trained(on: data, seed: seed, using: parallel)
    case .graph: try graph.trained(on: data, seed: seed, using: parallel)
    case .popularity: try recent.trained(on: data, seed: seed, using: parallel)
    case .attributes: try AttributeRegression().model(data, using: parallel)
    }
  }
}

/// The parts of the default blend.
enum BlendPart: CaseIterable {
  case items, next, factors, graph, popularity, attributes
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
