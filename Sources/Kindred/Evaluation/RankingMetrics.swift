/// Measures of how well lists of recommended items match the items that users chose afterwards, for some list lengths.
///
/// All items are ranked, except those of the user's history. The items of the test part are relevant, with gain 1. Ties
/// are broken by item order. Users without a test item are left out and counted. The precision of a list shorter than
/// the cutoff divides by the cutoff, too.
public struct RankingMetrics: Sendable {
  /// A measure of one user's list at one cutoff K, with n relevant items.
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
  }

  /// The lengths of the lists.
  public let cutoffs: [Int]
  /// The number of users without a test item.
  public let usersLeftOut: Int
  /// The positions of the users with a test item, in rising order.
  public let users: [Int32]
  /// The number of interactions in the history of each of `users`.
  public let activity: [Int32]
  /// 1 / rank of the first relevant item among all items, for each of `users`.
  public let reciprocalRanks: [Double]
  private let coverage, gini, novelty: [Double]
  /// Hits and test items at the first cutoff in three classes of items by popularity, from the least popular to the
  /// most.
  public let byPopularity: [ItemClass]
  /// The time for making the lists, in seconds, summed over all threads.
  public let seconds: Double
  /// The figures of each of `users`, by metric and cutoff.
  private let figures: [[Double]]

  /// A class of items by popularity. Each of the three classes has about a third of all interactions.
  public struct ItemClass: Sendable, Equatable {
    /// The number of items in the class.
    public var itemCount = 0
    /// The number of test items in the class.
    public var relevantCount = 0
    /// The number of test items in the class that were in their user's list.
    public var hitCount = 0
  }

  /// The figures of each user for lists of `cutoff` items, in the order of `users`; nil if `cutoff` is none of the
  /// ``cutoffs``.
  public func values(_ metric: Metric, at cutoff: Int) -> [Double]? {
    cutoffs.firstIndex(of: cutoff).map { figures[Self.column(metric, $0, of: cutoffs.count)] }
  }

  /// The mean over users for lists of `cutoff` items, 0 without users; nil if `cutoff` is none of the ``cutoffs``.
  public func mean(_ metric: Metric, at cutoff: Int) -> Double? { values(metric, at: cutoff).map(Self.mean) }

  /// The share of all items that are in a list of `cutoff` items, from 0 to 1; nil if `cutoff` is none of the
  /// ``cutoffs``.
  public func coverage(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { coverage[$0] } }

  /// The Gini coefficient of the items' numbers of lists of `cutoff` items: 0 if all items are listed equally often,
  /// near 1 if a few items fill the lists; nil if `cutoff` is none of the ``cutoffs``.
  public func gini(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { gini[$0] } }

  /// The mean of −log₂ of the share of users who had an item before, over the lists of `cutoff` items; nil if `cutoff`
  /// is none of the ``cutoffs``. An item without users counts as an item with one.
  public func novelty(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { novelty[$0] } }

  /// The mean reciprocal rank; 0 without users.
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
      for (rank, item) in list.prefix(cutoff).enumerated() where relevant.sortedIndex(of: item) != nil {
        hits += 1
        gain += discounts[rank]
        precisions += Double(hits) / Double(rank + 1)
      }
      let best = discounts.prefix(min(cutoff, relevant.count)).reduce(0, +)
      for (metric, figure) in zip(
        Metric.allCases,
        [
          Double(hits) / Double(cutoff), Double(hits) / Double(relevant.count),
          Double(hits) / Double(min(cutoff, relevant.count)), best > 0 ? gain / best : 0,
          precisions / Double(relevant.count), hits > 0 ? 1 : 0,
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
  /// Ranks all items for each user with a test item.
  ///
  /// - Parameters:
  ///   - scorer: The model.
  ///   - histories: The history of each user that the lists are made from.
  ///   - seen: The histories whose items are left out of each user's list; `histories` if nil.
  ///   - test: The relevant items of each user.
  ///   - counts: The number of users of each item in training.
  ///   - cutoffs: The lengths of the lists to measure.
  ///   - parallel: The threads to use.
  /// - Complexity: O(users · items · rank).
  init<Known: RandomAccessCollection<History> & Sendable>(
    of scorer: some Scorer, histories: Known, seen: Known? = nil, test: PreparedData, counts: [Int32],
    cutoffs: [Int],
    using parallel: Parallel
  ) where Known.Index == Int {
    let relevant = test.byUser
    let tested = (0..<relevant.rowCount).filter { relevant.count(ofRow: $0) > 0 }
    let longest = min(cutoffs.max() ?? 0, scorer.itemCount)
    let discounts = Self.discounts(max(longest, cutoffs.max() ?? 0))
    let clock = ContinuousClock()
    let usersOfBlock = 64
    let blocks = parallel.map((tested.count + usersOfBlock - 1) / usersOfBlock) { block in
      let rows = tested[(block * usersOfBlock)..<min(tested.count, (block + 1) * usersOfBlock)]
      let known = rows.map { histories[$0] }
      let excluded = rows.map { (seen ?? histories)[$0].items.sorted() }
      let start = clock.now
      let lists = scorer.topItems(known[...], selection: TopSelection(limit: longest, excluded: excluded))
      var result = Block(lists: lists.map { $0.map(\.item) }, seconds: (clock.now - start) / .seconds(1))
      for (place, (row, list)) in zip(rows, result.lists).enumerated() {
        let wanted = Array(relevant.columns[relevant.cells(ofRow: row)])
        result.figures.append(Self.figures(of: list, relevant: wanted, cutoffs: cutoffs, discounts: discounts))
        let first = list.firstIndex { wanted.sortedIndex(of: $0) != nil }
        let rank = first.map { $0 + 1 } ?? scorer.rank(ofFirst: wanted, for: known[place], excluding: excluded[place])
        result.reciprocalRanks.append(rank > 0 ? 1 / Double(rank) : 0)
      }
      return result
    }
    let lists = blocks.flatMap(\.lists)
    let figures = blocks.flatMap(\.figures)
    self.cutoffs = cutoffs
    users = tested.map { Int32($0) }
    usersLeftOut = relevant.rowCount - tested.count
    activity = tested.map { Int32((seen ?? histories)[$0].count) }
    reciprocalRanks = blocks.flatMap(\.reciprocalRanks)
    self.figures = (0..<(Metric.allCases.count * cutoffs.count)).map { column in figures.map { $0[column] } }
    let exposure = cutoffs.map { Exposure(of: lists, cutoff: $0, counts: counts, users: histories.count) }
    coverage = exposure.map(\.coverage)
    gini = exposure.map(\.gini)
    novelty = exposure.map(\.novelty)
    let wanted = tested.map { Array(relevant.columns[relevant.cells(ofRow: $0)]) }
    byPopularity = ItemClass.classes(of: lists, relevant: wanted, cutoff: cutoffs.first ?? 0, counts: counts)
    seconds = blocks.map(\.seconds).reduce(0, +)
  }

  private struct Block: Sendable {
    var lists: [[Int32]]
    var figures: [[Double]] = []
    var reciprocalRanks: [Double] = []
    var seconds: Double
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
    usersLeftOut = folds.map(\.usersLeftOut).reduce(0, +)
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
  /// The rank, from 1, of the best of some items among all that are not excluded; 0 if all of `items` are excluded.
  fileprivate func rank(ofFirst items: [Int32], for history: History, excluding excluded: [Int32]) -> Int {
    let scores = scores(history)
    let seen = Set(excluded)
    let open = items.filter { !seen.contains($0) }
    guard let best = open.max(by: { (scores[Int($0)], $1) < (scores[Int($1)], $0) }) else { return 0 }
    let score = scores[Int(best)]
    var rank = 1
    for item in 0..<Int32(scores.count) {
      let isBefore = scores[Int(item)] > score || (scores[Int(item)] == score && item < best)
      if isBefore, !seen.contains(item) { rank += 1 }
    }
    return rank
  }
}
