/// The search for the settings and weights of a blend on a validation cut.
///
/// Each part starts from the model that the blend's session has trained. A part is trained anew only where its figures
/// say that this may pay.
struct BlendSearch {
  private var chosen: Blend
  private var parts: [BlendPart: any Scorer]
  private var figures: [BlendPart: Double] = [:]
  private let nearest: EASE.NearestItems?
  private var validation: Validation
  private let seed: UInt64
  /// The number of trainings that the budget allows.
  private var trials: Int
  /// The steps so far, and the expected number of all.
  private var steps = (done: 0, expected: 0)
  /// The expected seconds of the steps so far, and of all.
  private var work = (done: 0.0, expected: 0.0)

  init(_ trainer: Blend, _ session: BlendSession, _ validation: Validation, seed: UInt64) {
    chosen = trainer
    parts = session.parts
    nearest = session.nearestItems
    self.validation = validation
    self.seed = seed
    trials = Tuner.trials(forSeconds: Double(trainer.budget), interactions: validation.train.count)
  }

  /// Chooses the settings, and then the weights.
  mutating func run(using parallel: Parallel) throws(TrainingError) -> Blend {
    let plan = expectedSteps
    steps.expected = plan.reduce(0) { $0 + $1.value.count }
    work.expected = plan.reduce(0) { $0 + Double($1.value.count) * $1.value.seconds }
    validation = validation.keepingQueries(using: parallel)
    for part in BlendPart.allCases {
      if let model = parts[part] { figures[part] = validation.ndcg(of: model, using: parallel) }
    }
    // A penalty that is none of those to try may be far from them, and says little about a decay.
    if !startsOnLadder { try choosePenalty(using: parallel) }
    try chooseDecay(using: parallel)
    try choosePenalty(using: parallel)
    if parts[.next] != nil, validation.train.count < 20 * max(1, validation.train.userCount) {
      try attempt(.next, using: parallel) { $0.hasSessions = true }
    }
    if !validation.train.columns.times.isEmpty {
      for halfLife in RecentPopularity.halfLives {
        try attempt(.popularity, using: parallel) { $0.popularityHalfLife = halfLife }
      }
    }
    if !orderMatters {
      try attempt(.factors, using: parallel) { _ in }
      try attempt(.factors, using: parallel) { ($0.unobservedWeight, $0.regularization) = (0.1, 0.009) }
      try attempt(.graph, using: parallel) { _ in }
    }
    let first = BlendPart.allCases.map { [.items, .next].contains($0) ? chosen[$0] : 0 }
    let best = validation.bestWeights(
      of: BlendPart.allCases.map { parts[$0] }, from: orderMatters ? first : nil, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    for (part, weight) in zip(BlendPart.allCases, best.weights) where part != .attributes || parts[part] != nil {
      chosen[part] = weight
    }
    parallel.meter?.advance(step: steps.expected, of: steps.expected, share: 1, ndcg: best.ndcg)
    return chosen
  }

  /// The kinds of steps of a search.
  private enum Step {
    case decay, penalty, other, weights
  }

  private var expectedSteps: [Step: (count: Int, seconds: Double)] {
    Self.expectedSteps(chosen, on: validation.train, interactions: validation.train.count)
  }

  /// The expected number of steps of each kind, and the seconds of each on one core.
  ///
  /// - Parameter interactions: The number of interactions of the validation cut's training part.
  private static func expectedSteps(
    _ trainer: Blend, on data: PreparedData, interactions: Int
  ) -> [Step: (count: Int, seconds: Double)] {
    let queries = Double(min(Validation.mostQueries, data.count / 10))
    let lists = queries * (Double(data.itemCount) * 2e-9 + 20e-6)
    // The weights of parts are chosen by the standardised scores of all items.
    let tables = queries * (Double(data.itemCount) * 40e-9 + 200e-6)
    let trials = Tuner.trials(forSeconds: Double(trainer.budget), interactions: interactions)
    let penalties = min(3, trials)
    let halfLives = data.columns.times.isEmpty ? 0 : min(RecentPopularity.halfLives.count, trials - penalties)
    return [
      .decay: (data.hasOrder ? 3 : 0, tables), .penalty: (penalties, trainer.ease.solvingTime(for: data) + lists),
      .other: (halfLives, lists),
      .weights: (1, 2 * tables),
    ]
  }

  /// The expected seconds of a search.
  static func time(_ trainer: Blend, on data: PreparedData, threads: Int) -> Double {
    let interactions = data.count / Validation.stepOfUsers(data.events.count)
    return expectedSteps(trainer, on: data, interactions: interactions)
      .reduce(0) { $0 + Double($1.value.count) * $1.value.seconds } / Double(threads)
  }

  /// Reports a step.
  private mutating func report(_ step: Step, _ parallel: Parallel) {
    steps.done += 1
    work.done += expectedSteps[step]?.seconds ?? 0
    parallel.meter?.advance(step: steps.done, of: steps.expected, share: work.done / max(1e-9, work.expected))
  }

  /// Whether the order of events says so much that further parts without an order add little. EASE stands for them.
  private var orderMatters: Bool { (figures[.items] ?? 0) < (figures[.next] ?? 0) }

  /// Tries a change of a part's settings that trains it anew, and keeps it if the part's lists become better.
  private mutating func attempt(
    _ part: BlendPart, using parallel: Parallel, _ change: (inout Blend) -> Void
  ) throws(TrainingError) {
    guard trials > 0 else { return }
    trials -= 1
    var candidate = chosen
    change(&candidate)
    guard let model = try candidate.train(part, on: validation.train, seed: seed, using: parallel) else { return }
    _ = try keep(candidate, part, model, using: parallel)
  }

  /// Keeps a candidate if its part's lists are better than before.
  private mutating func keep(
    _ candidate: Blend, _ part: BlendPart, _ model: any Scorer, using parallel: Parallel
  ) throws(TrainingError) -> Bool {
    let ndcg = validation.ndcg(of: model, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    report(part == .items ? .penalty : .other, parallel)
    guard ndcg > figures[part] ?? 0 else { return false }
    (figures[part], chosen, parts[part]) = (ndcg, candidate, model)
    return true
  }

  /// The penalties (λ, p) of EASE to try, from the weakest to the strongest.
  static let penalties: [(Float, Float)] = [(50, 0), (100, 0.5), (250, 0.5), (400, 0), (1000, 0)]

  private var startsOnLadder: Bool { Self.penalties.contains { $0.0 == chosen.itemRegularization } }

  /// Climbs from the first penalty to weaker ones as long as that helps, else to stronger ones. From a penalty that is
  /// none of those to try, all are tried.
  private mutating func choosePenalty(using parallel: Parallel) throws(TrainingError) {
    guard parts[.items] != nil else { return }
    let first = chosen.itemRegularization
    let weaker = Self.penalties.filter { $0.0 < first }.reversed().map { $0 }
    let stronger = Self.penalties.filter { $0.0 > first }
    let climbs = startsOnLadder
    var hasImproved = false
    for direction in [weaker, stronger] where !hasImproved || !climbs {
      for penalty in direction {
        guard trials > 0 else { return }
        trials -= 1
        var candidate = chosen
        (candidate.itemRegularization, candidate.dropout) = penalty
        let model: (any Scorer)? =
          if let nearest {
            try candidate.ease.model(from: nearest, using: parallel)
          } else {
            try candidate.train(.items, on: validation.train, seed: seed, using: parallel)
          }
        if let model, try keep(candidate, .items, model, using: parallel) {
          hasImproved = true
        } else if climbs {
          break
        }
      }
    }
  }

  /// The relative gain of a decay's lists that is worth a change.
  private static let leastGainOfDecay = 0.005

  /// Chooses the decay of the histories that EASE scores by the lists of EASE and the next item together: a flat
  /// history says less, and more that the next item does not know.
  private mutating func chooseDecay(using parallel: Parallel) throws(TrainingError) {
    guard validation.train.hasOrder, let model = parts[.items] as? ItemModel else { return }
    var best: Validation.WeighedParts?
    let halfLives = [chosen.historyHalfLife, 40, 6]
    let models: [any Scorer] = halfLives.map { model.decaying(HistoryDecay(steps: $0)) }
    // The next item comes last, and is scored once for all half-lives.
    let candidates = validation.candidates(of: models.map(Optional.some) + [parts[.next]], using: parallel)
    let next = parts[.next] == nil ? [] : [models.count]
    let start = orderMatters ? models.map { _ in chosen.itemWeight } + [chosen.nextWeight] : nil
    for (place, halfLife) in halfLives.enumerated() {
      let weighed = validation.bestWeights(of: [place] + next, in: candidates, from: start, using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      report(.decay, parallel)
      if best.map({ weighed.isBetter(than: $0, byAtLeast: Self.leastGainOfDecay, errors: 3) }) ?? true {
        best = weighed
        parts[.items] = models[place]
        chosen.historyHalfLife = halfLife
      }
    }
    figures[.items] = parts[.items].map { validation.ndcg(of: $0, using: parallel) }
  }
}
