/// Measures of how well lists of recommended items match the items that users chose afterwards, for some list lengths.
///
/// All items are ranked, except those of the user's history. There is one list per user, and the liked items of the
/// test part are relevant, with gain 1; with ``NextEvents`` there is one list per held-out event, whose item alone is
/// relevant, and a mean is one over events. Ties are broken by item order. Users without a relevant item are left out
/// and counted. The precision of a list shorter than the cutoff divides by the cutoff, too.
public struct RankingMetrics: Sendable {
  /// A measure of one list at one cutoff K, with n relevant items.
  public enum Metric: String, CaseIterable, Sendable {
    /// Hits / K.
    case precision
    /// Hits / n.
    case recall
    /// Hits / min(K, n).
    case recallMin = "recall_min"
    /// The discounted cumulative gain divided by the best possible one (Järvelin, Kekäläinen 2002,
    /// <https://doi.org/10.1145/582415.582418>).
    case ndcg
    /// The sum of the precisions at each hit, divided by n.
    case map
    /// 1 if there is a hit, else 0.
    case hitRate = "hit_rate"
    /// 1 / rank of the first hit, 0 if there is none.
    case mrr
  }

  /// The lengths of the lists.
  public let cutoffs: [Int]
  /// The number of users without a list that has a relevant item.
  public let usersLeftOut: Int
  /// The number of held-out events that were not predicted because their user had no event before.
  public let unpredictedCount: Int
  /// The position of each list's user, in rising order.
  public let users: [Int32]
  /// Whether each list's user has a training event.
  public let isWarm: [Bool]
  /// The number of items in the history of each list.
  public let activity: [Int32]
  /// 1 / rank of the first relevant item among all items, for each list.
  public let reciprocalRanks: [Double]
  private let coverage, gini, novelty: [Double]
  /// Hits and test items at the first cutoff in three classes of items by popularity, from the least popular to the
  /// most.
  public let byPopularity: [ItemClass]
  /// The time for making the lists, in seconds, summed over all threads.
  public let seconds: Double
  /// The figures of each list, by metric and cutoff.
  private let figures: [[Double]]
  /// The share of the disliked test items that was listed, of each user who has one, by cutoff.
  private let disliked: [[Double]]
  /// The mean NDCG with the histories in a random order, by cutoff; empty if it was not measured.
  var shuffledNDCG: [Double] = []
  /// The lists of up to three users, from few known items to many; of the first fold.
  package private(set) var examples: [Example] = []

  /// A class of items by popularity. Each of the three classes has about a third of all interactions.
  public struct ItemClass: Sendable, Equatable {
    /// The number of items in the class.
    public var itemCount = 0
    /// The number of test items in the class.
    public var relevantCount = 0
    /// The number of test items in the class that were in their user's list.
    public var hitCount = 0
  }

  /// The figures of the lists of `cutoff` items, in the order of `users`; nil if `cutoff` is none of the ``cutoffs``.
  public func values(_ metric: Metric, at cutoff: Int) -> [Double]? {
    cutoffs.firstIndex(of: cutoff).map { figures[Self.column(metric, $0, of: cutoffs.count)] }
  }

  /// The mean over the lists of `cutoff` items, 0 without lists; nil if `cutoff` is none of the ``cutoffs``.
  public func mean(_ metric: Metric, at cutoff: Int) -> Double? { values(metric, at: cutoff).map(Self.mean) }

  /// The mean over the lists of `cutoff` items of users with a training event, or of those without one; nil if there
  /// are none, or `cutoff` is none of the ``cutoffs``.
  public func mean(_ metric: Metric, at cutoff: Int, ofWarm warm: Bool) -> Double? {
    let own = values(metric, at: cutoff)?.indices.filter { isWarm[$0] == warm } ?? []
    return own.isEmpty ? nil : values(metric, at: cutoff).map { values in Self.mean(own.map { values[$0] }) }
  }

  /// The number of users with a list.
  public var userCount: Int { userCount { _ in true } }

  /// The number of users with a list who have a training event, or of those who have none.
  public func userCount(ofWarm warm: Bool) -> Int { userCount { isWarm[$0] == warm } }

  private func userCount(where isCounted: (Int) -> Bool) -> Int {
    users.indices.count { ($0 == 0 || users[$0] != users[$0 - 1]) && isCounted($0) }
  }

  /// The share of a user's test items with a value below the middle of the scale that is in lists of `cutoff` items, as
  /// the mean over the users who have such items; nil if there are none, or `cutoff` is none of the ``cutoffs``.
  public func disliked(at cutoff: Int) -> Double? {
    cutoffs.firstIndex(of: cutoff).flatMap { disliked[$0].isEmpty ? nil : Self.mean(disliked[$0]) }
  }

  /// The mean NDCG of lists of `cutoff` items that the same model makes from the same histories in a random order; nil
  /// if it was not measured, or `cutoff` is none of the ``cutoffs``.
  public func shuffledNDCG(at cutoff: Int) -> Double? {
    cutoffs.firstIndex(of: cutoff).flatMap { shuffledNDCG.isEmpty ? nil : shuffledNDCG[$0] }
  }

  /// The share of all items that are in a list of `cutoff` items, from 0 to 1; nil if `cutoff` is none of the
  /// ``cutoffs``.
  public func coverage(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { coverage[$0] } }

  /// The Gini coefficient of the items' numbers of lists of `cutoff` items: 0 if all items are listed equally often,
  /// near 1 if a few items fill the lists; nil if `cutoff` is none of the ``cutoffs``.
  public func gini(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { gini[$0] } }

  /// The mean of −log₂ of the share of users who had an item before, over the lists of `cutoff` items; nil if `cutoff`
  /// is none of the ``cutoffs``. An item without users counts as an item with one.
  public func novelty(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { novelty[$0] } }

  /// The mean reciprocal rank; 0 without lists.
  public var meanReciprocalRank: Double { Self.mean(reciprocalRanks) }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

  private static func column(_ metric: Metric, _ cutoff: Int, of count: Int) -> Int {
    Metric.allCases.firstIndex(of: metric).map { $0 * count + cutoff } ?? 0
  }

  /// The figures of one list, ordered by metric, then by cutoff.
  ///
  /// - Parameters:
  ///   - list: The list, best first.
  ///   - relevant: The relevant items in rising order; not empty.
  ///   - cutoffs: The lengths of the lists to measure.
  ///   - discounts: The discount of each rank, as many as the longest cutoff has ranks.
  static func figures(of list: [Int32], relevant: [Int32], cutoffs: [Int], discounts: [Double]) -> [Double] {
    var figures = [Double](repeating: 0, count: Metric.allCases.count * cutoffs.count)
    for (index, cutoff) in cutoffs.enumerated() {
      var hits = 0
      var gain = 0.0
      var precisions = 0.0
      var reciprocalRank = 0.0
      for (rank, item) in list.prefix(cutoff).enumerated() where relevant.sortedIndex(of: item) != nil {
        hits += 1
        gain += discounts[rank]
        precisions += Double(hits) / Double(rank + 1)
        if hits == 1 { reciprocalRank = 1 / Double(rank + 1) }
      }
      let best = discounts.prefix(min(cutoff, relevant.count)).reduce(0, +)
      for (metric, figure) in zip(
        Metric.allCases,
        [
          Double(hits) / Double(cutoff), Double(hits) / Double(relevant.count),
          Double(hits) / Double(min(cutoff, relevant.count)), best > 0 ? gain / best : 0,
          precisions / Double(relevant.count), hits > 0 ? 1 : 0, reciprocalRank,
        ])
      {
        figures[column(metric, index, of: cutoffs.count)] = figure
      }
    }
    return figures
  }

  /// 1 / log₂(rank + 2) for ranks from 0.
  static func discounts(_ count: Int) -> [Double] {
    (0..<count).map { 0.693_147_180_559_945_3 / RandomStream.logarithm(Double($0 + 2)) }
  }
}

extension RankingMetrics {
  /// Asks a model for the lists of all queries and measures them.
  ///
  /// - Parameters:
  ///   - scorer: The model.
  ///   - queries: The queries.
  ///   - counts: The number of training events of each item. With ``NextEvents``, an item without one is a miss.
  ///   - cutoffs: The lengths of the lists to measure.
  ///   - parallel: The threads to use.
  /// - Complexity: O(queries · items · rank).
  init(
    of scorer: some Scorer, on queries: RankingQueries, counts: [Int32], cutoffs: [Int], using parallel: Parallel
  ) {
    let limit = cutoffs.max() ?? 0
    let discounts = Self.discounts(limit)
    let blocks = Self.blocks(of: scorer, on: queries, limit: limit, using: parallel) { start, asked, seconds in
      var result = Block(seconds: seconds)
      for (position, (query, list)) in zip(start..., asked) {
        if !query.disliked.isEmpty {
          result.disliked.append((query.user, cutoffs.map { Self.share(of: query.disliked, in: list.prefix($0)) }))
        }
        guard let first = query.relevant.first else { continue }
        let isUnknown = queries.next != nil && counts[Int(first)] == 0
        let wanted = isUnknown ? [-1] : query.relevant
        let place = list.firstIndex { wanted.sortedIndex(of: $0) != nil }
        let rank =
          place.map { $0 + 1 } ?? (isUnknown ? 0 : scorer.rank(ofFirst: wanted, for: query, among: queries.allowed))
        result.reciprocalRanks.append(rank > 0 ? 1 / Double(rank) : 0)
        result.figures.append(
          Self.figures(of: list, relevant: wanted, cutoffs: cutoffs, discounts: discounts))
        result.users.append(query.user)
        result.isWarm.append(query.isWarm)
        result.activity.append(query.activity)
        result.lists.append(list)
        result.relevant.append(query.relevant)
        result.positions.append(position)
      }
      return result
    }
    let lists = blocks.flatMap(\.lists)
    let relevant = blocks.flatMap(\.relevant)
    let figures = blocks.flatMap(\.figures)
    self.cutoffs = cutoffs
    users = blocks.flatMap(\.users)
    isWarm = blocks.flatMap(\.isWarm)
    usersLeftOut = queries.userCount - queries.testedUserCount
    unpredictedCount = queries.unpredictedCount
    activity = blocks.flatMap(\.activity)
    reciprocalRanks = blocks.flatMap(\.reciprocalRanks)
    self.figures = (0..<(Metric.allCases.count * cutoffs.count)).map { column in figures.map { $0[column] } }
    disliked = Self.meansByUser(blocks.flatMap(\.disliked), columns: cutoffs.count)
    let exposure = cutoffs.map { Exposure(of: lists, cutoff: $0, counts: counts, users: queries.userCount) }
    coverage = exposure.map(\.coverage)
    gini = exposure.map(\.gini)
    novelty = exposure.map(\.novelty)
    byPopularity = ItemClass.classes(of: lists, relevant: relevant, cutoff: cutoffs.first ?? 0, counts: counts)
    seconds = blocks.map(\.seconds).reduce(0, +)
    let positions = blocks.flatMap(\.positions)
    examples = Self.exampleLists(of: users, activity: activity).map { index in
      Example(
        user: users[index], history: queries.history(at: positions[index]),
        list: Array(lists[index].prefix(cutoffs.first ?? 0)), relevant: relevant[index])
    }
  }

  /// The mean NDCG of a model's lists, by cutoff; 0 without queries.
  static func ndcg(
    of scorer: some Scorer, on queries: RankingQueries, counts: [Int32], cutoffs: [Int], using parallel: Parallel
  ) -> [Double] {
    let discounts = discounts(cutoffs.max() ?? 0)
    let figures = blocks(of: scorer, on: queries, limit: cutoffs.max() ?? 0, using: parallel) { _, asked, _ in
      asked.compactMap { query, list -> [Double]? in
        guard let first = query.relevant.first else { return nil }
        let isUnknown = queries.next != nil && counts[Int(first)] == 0
        return Self.figures(
          of: list, relevant: isUnknown ? [-1] : query.relevant, cutoffs: cutoffs, discounts: discounts)
      }
    }.flatMap { $0 }
    return cutoffs.indices.map { index in mean(figures.map { $0[column(.ndcg, index, of: cutoffs.count)] }) }
  }

  /// Makes the lists of all queries, block by block; `measure` gets the position of a block's first query too.
  private static func blocks<Result: Sendable>(
    of scorer: some Scorer, on queries: RankingQueries, limit: Int, using parallel: Parallel,
    _ measure: @Sendable (Int, [(RankingQueries.Query, [Int32])], Double) -> Result
  ) -> [Result] {
    let queriesOfBlock = 64
    return parallel.map((queries.count + queriesOfBlock - 1) / queriesOfBlock) { block in
      let own = queries[(block * queriesOfBlock)..<min(queries.count, (block + 1) * queriesOfBlock)].map { $0 }
      let clock = ContinuousClock()
      let start = clock.now
      let lists = scorer.topItems(
        own.map(\.history)[...],
        selection: TopSelection(
          limit: min(limit, scorer.itemCount), excluded: own.map(\.excluded), allowed: queries.allowed))
      let seconds = (clock.now - start) / .seconds(1)
      return measure(block * queriesOfBlock, Array(zip(own, lists.map { $0.map(\.item) })), seconds)
    }
  }

  private struct Block: Sendable {
    var seconds: Double
    var lists: [[Int32]] = []
    var relevant: [[Int32]] = []
    /// The position of each list's query.
    var positions: [Int] = []
    var users: [Int32] = []
    var isWarm: [Bool] = []
    var activity: [Int32] = []
    var figures: [[Double]] = []
    var reciprocalRanks: [Double] = []
    var disliked: [(user: Int32, shares: [Double])] = []
  }

  private static func share(of items: [Int32], in list: ArraySlice<Int32>) -> Double {
    Double(list.count { items.sortedIndex(of: $0) != nil }) / Double(items.count)
  }

  /// The mean of each user's rows, by column; users are in rising order.
  private static func meansByUser(_ rows: [(user: Int32, shares: [Double])], columns: Int) -> [[Double]] {
    var means = [[Double]](repeating: [], count: columns)
    var start = 0
    while start < rows.count {
      let end = rows[start...].firstIndex { $0.user != rows[start].user } ?? rows.count
      for column in 0..<columns {
        means[column].append(rows[start..<end].reduce(0) { $0 + $1.shares[column] } / Double(end - start))
      }
      start = end
    }
    return means
  }

  /// Joins the results of several folds as if their users were different ones. Coverage, Gini coefficient and novelty
  /// are means over the folds.
  init?(joining folds: [RankingMetrics]) {
    guard let first = folds.first else { return nil }
    let mean = { (figure: KeyPath<RankingMetrics, [Double]>) in
      first.cutoffs.indices.map { cutoff in Self.mean(folds.map { $0[keyPath: figure][cutoff] }) }
    }
    cutoffs = first.cutoffs
    users = folds.flatMap(\.users)
    isWarm = folds.flatMap(\.isWarm)
    usersLeftOut = folds.map(\.usersLeftOut).reduce(0, +)
    unpredictedCount = folds.map(\.unpredictedCount).reduce(0, +)
    disliked = first.disliked.indices.map { column in folds.flatMap { $0.disliked[column] } }
    if !first.shuffledNDCG.isEmpty { shuffledNDCG = mean(\.shuffledNDCG) }
    activity = folds.flatMap(\.activity)
    reciprocalRanks = folds.flatMap(\.reciprocalRanks)
    figures = first.figures.indices.map { column in folds.flatMap { $0.figures[column] } }
    coverage = mean(\.coverage)
    gini = mean(\.gini)
    novelty = mean(\.novelty)
    byPopularity = first.byPopularity.indices.map { index in
      let parts = folds.map { $0.byPopularity[index] }
      return ItemClass(
        itemCount: parts[0].itemCount, relevantCount: parts.map(\.relevantCount).reduce(0, +),
        hitCount: parts.map(\.hitCount).reduce(0, +))
    }
    seconds = folds.map(\.seconds).reduce(0, +)
    examples = first.examples
  }
}

/// The distribution of lists over the items.
private struct Exposure {
  let coverage, gini, novelty: Double

  init(of lists: [[Int32]], cutoff: Int, counts: [Int32], users: Int) {
    var shown = [Int](repeating: 0, count: counts.count)
    var surprise = 0.0
    var listed = 0
    // One logarithm per item, not one per list entry.
    let bits = counts.map { count in
      RandomStream.logarithm(Double(max(1, users)) / Double(max(1, count))) / 0.693_147_180_559_945_3
    }
    for list in lists {
      for item in list.prefix(cutoff) {
        shown[Int(item)] += 1
        surprise += bits[Int(item)]
        listed += 1
      }
    }
    coverage = Double(shown.count { $0 > 0 }) / Double(max(1, shown.count))
    novelty = surprise / Double(max(1, listed))
    shown.sort()
    let n = Double(max(1, shown.count))
    let weighted = shown.enumerated().reduce(0.0) { $0 + (2 * Double($1.offset + 1) - n - 1) * Double($1.element) }
    gini = listed > 0 ? weighted / (n * Double(listed)) : 0
  }
}

extension RankingMetrics.ItemClass {
  /// The classes of items, cut at a third and two thirds of the training interactions in order of popularity.
  fileprivate static func classes(of lists: [[Int32]], relevant: [[Int32]], cutoff: Int, counts: [Int32]) -> [Self] {
    let order = counts.indices.sorted { (counts[$0], $1) < (counts[$1], $0) }
    let total = counts.reduce(0) { $0 + Int($1) }
    var classOfItem = [Int](repeating: 0, count: counts.count)
    var classes = [Self](repeating: Self(), count: 3)
    var behind = 0
    for item in order {
      let number = total == 0 ? 0 : min(2, behind * 3 / total)
      classOfItem[item] = number
      classes[number].itemCount += 1
      behind += Int(counts[item])
    }
    for (list, wanted) in zip(lists, relevant) {
      for item in wanted { classes[classOfItem[Int(item)]].relevantCount += 1 }
      for item in list.prefix(cutoff) where wanted.sortedIndex(of: item) != nil {
        classes[classOfItem[Int(item)]].hitCount += 1
      }
    }
    return classes
  }
}

extension Scorer {
  /// The rank, from 1, of the best of some items among all that a list may hold; 0 if it may hold none of `items`.
  fileprivate func rank(ofFirst items: [Int32], for query: RankingQueries.Query, among allowed: ItemSet?) -> Int {
    let scores = scores(query.history)
    let open = items.filter { query.excluded.sortedIndex(of: $0) == nil && allowed?[$0] ?? true }
    guard let best = open.max(by: { (scores[Int($0)], $1) < (scores[Int($1)], $0) }) else { return 0 }
    let score = scores[Int(best)]
    func isBefore(_ item: Int32) -> Bool {
      scores[Int(item)] > score || (scores[Int(item)] == score && item < best)
    }
    let all = 0..<Int32(scores.count)
    guard let allowed else { return 1 + all.count(where: isBefore) - query.excluded.count(where: isBefore) }
    return 1 + all.count { isBefore($0) && allowed[$0] } - query.excluded.count { isBefore($0) && allowed[$0] }
  }
}
