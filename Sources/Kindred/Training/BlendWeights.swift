extension Validation {
  /// The weights of the parts' standardised scores with the best NDCG@10 on the held-out interactions.
  ///
  /// A search starts from the best part alone and changes one weight at a time, as long as that improves the lists. A
  /// part that adds nothing keeps the weight 0. A list holds only items that are among the best 50 of a part, which
  /// makes a weight cheap to try.
  ///
  /// - Parameter parts: The models; one that is nil gets the weight 0.
  /// - Returns: One weight per part, of which the greatest is 1, and the NDCG@10.
  /// - Complexity: O(queries · items · parts).
  func bestWeights(of parts: [(any Scorer)?], using parallel: Parallel) -> (weights: [Float], ndcg: Double) {
    let tables = candidateTables(of: parts, using: parallel)
    if parallel.isCancelled { return (parts.map { $0 == nil ? 0 : 1 }, 0) }
    let ndcg = { (weights: [Float]) in
      parallel.map(tables.count) { tables[$0].gain(weights) }.reduce(0, +)
    }
    let alone = parts.indices.map { index in parts.indices.map { Float($0 == index ? 1 : 0) } }
    var (weights, best) = ([Float](), -Double.infinity)
    for candidate in alone where parts[candidate.firstIndex(of: 1) ?? 0] != nil {
      let own = ndcg(candidate)
      if own > best { (weights, best) = (candidate, own) }
    }
    var hasImproved = true
    while hasImproved {
      hasImproved = false
      for index in parts.indices where parts[index] != nil {
        for step in Self.weightSteps where step != weights[index] {
          var candidate = weights
          candidate[index] = step
          guard candidate.contains(where: { $0 > 0 }) else { continue }
          let own = ndcg(candidate)
          let least = weights[index] == 0 ? Self.leastGainOfPart : Self.leastGain
          if own > best * (1 + least) { (weights, best, hasImproved) = (candidate, own, true) }
        }
      }
    }
    let greatest = weights.max() ?? 1
    let asked = max(1, tables.reduce(0) { $0 + $1.askedCount })
    return (weights.map { $0 / greatest }, best / Double(asked))
  }

  /// The weights to try for a part.
  private static var weightSteps: [Float] { [0, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2] }
  /// The relative gain below which a change of a weight is not worth it.
  private static var leastGain: Double { 0.0005 }

  /// The relative gain below which a further part is not worth its time and memory.
  private static var leastGainOfPart: Double { 0.005 }

  /// The standardised scores of the best items of each part, for blocks of queries.
  private func candidateTables(of parts: [(any Scorer)?], using parallel: Parallel) -> [CandidateTable] {
    let queriesOfBlock = 32
    let counts = train.itemCounts
    return parallel.map((queries.count + queriesOfBlock - 1) / queriesOfBlock) { block in
      var table = CandidateTable(partCount: parts.count)
      for place in (block * queriesOfBlock)..<min(queries.count, (block + 1) * queriesOfBlock) {
        let query = queries[place]
        guard let first = query.relevant.first else { continue }
        let isUnknown = queries.next != nil && counts[Int(first)] == 0
        let scores = parts.map { part -> [Float] in
          guard let scores = part?.scores(query.history) else { return [] }
          let standard = Standardization(scores[...])
          return scores.map { standard.apply($0) }
        }
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

  /// The number of lists.
  var askedCount: Int { relevant.count }

  init(partCount: Int) { self.partCount = partCount }

  mutating func add(_ candidates: [Int32], _ scores: [[Float]], relevant: [Int32]) {
    for item in candidates {
      for part in scores { self.scores.append(part.isEmpty ? 0 : part[Int(item)]) }
    }
    items += candidates
    starts.append(items.count)
    self.relevant.append(relevant)
  }

  /// The sum of the lists' NDCG@10 under weights.
  func gain(_ weights: [Float]) -> Double {
    var sum = 0.0
    var best = [(score: Float, item: Int32)]()
    for list in relevant.indices {
      best.removeAll(keepingCapacity: true)
      for candidate in starts[list]..<starts[list + 1] {
        var score: Float = 0
        for part in 0..<partCount { score += weights[part] * scores[candidate * partCount + part] }
        // Candidates are in order of items, so an equal score does not take the place of an earlier one.
        if best.count == 10, score <= best[9].score { continue }
        let place = best.firstIndex { $0.score < score } ?? best.count
        if best.count == 10 { best.removeLast() }
        best.insert((score, items[candidate]), at: place)
      }
      sum +=
        RankingMetrics.figures(
          of: best.map(\.item), relevant: relevant[list], cutoffs: [10], discounts: discounts)[3]
    }
    return sum
  }
}
