extension Validation {
  /// Weights of parts with the lists that they make.
  struct WeighedParts {
    /// One weight per part, of which the greatest is 1.
    var weights: [Float]
    /// The NDCG@10 of each list.
    var gains: [Double]
    /// The mean of `gains`; 0 without lists.
    var ndcg: Double { gains.reduce(0, +) / Double(max(1, gains.count)) }

    /// Whether these lists are better than others by more than chance: by more than some standard errors of the mean
    /// difference, and by at least a share of the others' mean.
    func isBetter(than others: WeighedParts, byAtLeast least: Double, errors: Double = 2) -> Bool {
      let count = Double(max(1, gains.count))
      let differences = zip(gains, others.gains).map { $0 - $1 }
      let mean = differences.reduce(0, +) / count
      let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      return mean > max(errors * (variance / count).squareRoot(), least * others.ndcg)
    }
  }

  /// The weights of the parts' standardised scores with the best NDCG@10 on the held-out interactions.
  ///
  /// A search changes one weight at a time, as long as that improves the lists by more than chance. A part without
  /// which the lists are hardly worse gets the weight 0. A list holds only items that are among the best 50 of a part,
  /// which makes a weight cheap to try.
  ///
  /// - Parameters:
  ///   - parts: The models; one that is nil gets the weight 0.
  ///   - start: The weights to start from; nil starts from the best part alone.
  /// - Complexity: O(queries · items · parts).
  func bestWeights(of parts: [(any Scorer)?], from start: [Float]? = nil, using parallel: Parallel) -> WeighedParts {
    bestWeights(
      of: parts.indices.filter { parts[$0] != nil }, in: candidates(of: parts, using: parallel), from: start,
      using: parallel)
  }

  /// The weights of some of the parts that candidates were found for; the others get the weight 0.
  ///
  /// - Parameters:
  ///   - known: The places of the parts.
  ///   - candidates: The candidates of all parts.
  ///   - start: The weights to start from; nil starts from the best part alone.
  func bestWeights(
    of known: [Int], in candidates: Candidates, from start: [Float]? = nil, using parallel: Parallel
  ) -> WeighedParts {
    let (tables, places) = (candidates.tables, 0..<candidates.partCount)
    if parallel.isCancelled { return WeighedParts(weights: places.map { known.contains($0) ? 1 : 0 }, gains: []) }
    let weighed = { (weights: [Float]) in
      WeighedParts(weights: weights, gains: parallel.map(tables.count) { tables[$0].gains(weights) }.flatMap { $0 })
    }
    let alone = known.map { index in weighed(places.map { $0 == index ? 1 : 0 }) }
    guard var best = alone.max(by: { $0.ndcg < $1.ndcg }) else { return weighed(places.map { _ in 0 }) }
    if let start = start.map({ start in places.map { known.contains($0) ? start[$0] : 0 } }),
      start.contains(where: { $0 > 0 })
    {
      best = weighed(start)
    }
    var hasImproved = true
    while hasImproved, !parallel.isCancelled {
      hasImproved = false
      for index in known {
        for step in Self.weightSteps where step != best.weights[index] {
          var weights = best.weights
          weights[index] = step
          guard weights.contains(where: { $0 > 0 }) else { continue }
          let candidate = weighed(weights)
          let least = best.weights[index] == 0 ? Self.leastGainOfPart : Self.leastGain
          if candidate.isBetter(than: best, byAtLeast: least) { (best, hasImproved) = (candidate, true) }
        }
      }
    }
    for index in known where best.weights[index] > 0 {
      var weights = best.weights
      weights[index] = 0
      guard weights.contains(where: { $0 > 0 }) else { continue }
      let candidate = weighed(weights)
      if candidate.ndcg * (1 + Self.leastGainOfPart) >= best.ndcg { best = candidate }
    }
    let greatest = best.weights.max() ?? 1
    best.weights = best.weights.map { $0 / greatest }
    return best
  }

  /// The weights to try for a part.
  private static var weightSteps: [Float] { [0, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2] }
  /// The relative gain below which a change of a weight is not worth it.
  private static var leastGain: Double { 0.0005 }

  /// The relative gain below which a part is not worth its time and memory.
  private static var leastGainOfPart: Double { 0.005 }

  /// The best items of each part with their scores by all parts, for each query.
  struct Candidates {
    /// The number of parts, those without a model too.
    let partCount: Int
    fileprivate let tables: [CandidateTable]
  }

  /// The best items of each part, and their standardised scores by all parts.
  ///
  /// - Complexity: O(queries · items · parts).
  func candidates(of parts: [(any Scorer)?], using parallel: Parallel) -> Candidates {
    let queriesOfBlock = 32
    let counts = train.itemCounts
    let tables = parallel.map((queries.count + queriesOfBlock - 1) / queriesOfBlock) { block in
      var table = CandidateTable(partCount: parts.count)
      for place in (block * queriesOfBlock)..<min(queries.count, (block + 1) * queriesOfBlock) {
        let query = queries[place]
        guard let first = query.relevant.first else { continue }
        let isUnknown = queries.next != nil && counts[Int(first)] == 0
        let scores = parts.map { $0?.scores(query.history) ?? [] }
        let selection = TopSelection(limit: 50, excluded: [query.excluded])
        let candidates = Set(
          scores.flatMap { scores in
            scores.isEmpty
              ? [] : TopHeaps.topItems(of: scores, itemCount: scores.count, selection: selection)[0].map(\.item)
          }
        ).sorted()
        table.add(candidates, scores, relevant: isUnknown ? [-1] : query.relevant)
      }
      return table
    }
    return Candidates(partCount: parts.count, tables: tables)
  }
}

/// The candidates of some lists with the scores of each part.
private struct CandidateTable: Sendable {
  private let partCount: Int
  private var starts = [0]
  private var items: [Int32] = []
  /// The scores, one row of parts per candidate.
  private var scores: [Float] = []
  private var relevant: [[Int32]] = []
  private let discounts = RankingMetrics.discounts(10)

  init(partCount: Int) { self.partCount = partCount }

  /// Adds a list.
  ///
  /// - Parameters:
  ///   - candidates: The items to choose from, in order.
  ///   - scores: The scores of all items by each part; empty for a part without a model.
  ///   - relevant: The items that are right.
  mutating func add(_ candidates: [Int32], _ scores: [[Float]], relevant: [Int32]) {
    let parts = scores.map { (scores: $0, standard: Standardization($0[...])) }
    for item in candidates {
      for part in parts { self.scores.append(part.scores.isEmpty ? 0 : part.standard.apply(part.scores[Int(item)])) }
    }
    items += candidates
    starts.append(items.count)
    self.relevant.append(relevant)
  }

  /// The NDCG@10 of each list under weights.
  func gains(_ weights: [Float]) -> [Double] {
    var best = [(score: Float, item: Int32)]()
    let weighing = weights.indices.filter { weights[$0] > 0 }
    return relevant.indices.map { list in
      best.removeAll(keepingCapacity: true)
      for candidate in starts[list]..<starts[list + 1] {
        var score: Float = 0
        for part in weighing { score += weights[part] * scores[candidate * partCount + part] }
        // Candidates are in order of items, so an equal score does not take the place of an earlier one.
        if best.count == 10, score <= best[9].score { continue }
        let place = best.firstIndex { $0.score < score } ?? best.count
        if best.count == 10 { best.removeLast() }
        best.insert((score, items[candidate]), at: place)
      }
      return RankingMetrics.figures(
        of: best.map(\.item), relevant: relevant[list], cutoffs: [10], discounts: discounts)[3]
    }
  }
}
