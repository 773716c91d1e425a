/// How well lists of items hold what users went on to choose, at each of some lengths.
///
/// All items are ranked, those of the user's history left out; an item of the test part is relevant, with gain 1. Ties go by item
/// order. Users without a test item are left out and counted. A list shorter than the cutoff still divides by the cutoff.
public struct RankingMetrics: Sendable {
  /// A figure of one user's list at one cutoff K, with n relevant items.
  public enum Metric: String, CaseIterable, Sendable {
    /// Hits / K.
    case precision
    /// Hits / n.
    case recall
    /// Hits / min(K, n).
    case recallMin = "recall_min"
    /// Discounted cumulative gain over the best possible one (Järvelin, Kekäläinen 2002, <https://doi.org/10.1145/582415.582418>).
    case ndcg
    /// The precision at each hit, summed and divided by n.
    case map
    /// 1 if there is a hit.
    case hitRate = "hit_rate"
  }

  /// The lengths of the lists.
  public let cutoffs: [Int]
  /// The users who had no test item.
  public let usersLeftOut: Int
  /// The positions of the users who had one.
  public let users: [Int32]
  /// How many interactions the history of each of these users held.
  public let activity: [Int32]
  /// 1 / rank of the first relevant item among all items, for each of these users.
  public let reciprocalRanks: [Double]
  private let coverage, gini, novelty: [Double]
  /// Hits and test items at the first cutoff, for the items that few, more and most interactions are with.
  public let byPopularity: [ItemClass]
  /// Seconds that making the lists took.
  public let seconds: Double
  /// The figures of each of these users, by metric and cutoff.
  private let figures: [[Double]]

  /// A third of all interactions: those with the least popular items, the middle ones, or the most popular.
  public struct ItemClass: Sendable, Equatable {
    /// How many items they are.
    public var itemCount = 0
    /// Test items among them.
    public var relevantCount = 0
    /// Test items that were in their user's list.
    public var hitCount = 0
  }

  /// The figures of each user for lists of `cutoff` items, in the order of `users`; nil where that is none of the
  /// ``cutoffs``.
  public func values(_ metric: Metric, at cutoff: Int) -> [Double]? {
    cutoffs.firstIndex(of: cutoff).map { figures[Self.column(metric, $0, of: cutoffs.count)] }
  }

  /// The mean over users for lists of `cutoff` items, 0 without users; nil where that is none of the ``cutoffs``.
  public func mean(_ metric: Metric, at cutoff: Int) -> Double? { values(metric, at: cutoff).map(Self.mean) }

  /// The share of all items that is in some list of `cutoff` items; nil where that is none of the ``cutoffs``.
  public func coverage(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { coverage[$0] } }

  /// How unequally lists of `cutoff` items expose items: 0 where all are listed as often, near 1 where a few are; nil
  /// where that is none of the ``cutoffs``.
  public func gini(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { gini[$0] } }

  /// Mean −log₂ of the share of users who had an item of a list of `cutoff` items before; an item that no user had
  /// counts as one that one had. Nil where `cutoff` is none of the ``cutoffs``.
  public func novelty(at cutoff: Int) -> Double? { cutoffs.firstIndex(of: cutoff).map { novelty[$0] } }

  /// The mean reciprocal rank; 0 without users.
  public var meanReciprocalRank: Double { Self.mean(reciprocalRanks) }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

  private static func column(_ metric: Metric, _ cutoff: Int, of count: Int) -> Int {
    Metric.allCases.firstIndex(of: metric).map { $0 * count + cutoff } ?? 0
  }

  /// The figures of one list, metric by metric and within a metric by cutoff; `relevant` is in rising order and not empty.
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
  /// Ranks all items for everyone with a test item. O(users · items · rank).
  ///
  /// - Parameters:
  ///   - histories: What each user is known to have done when the list is made.
  ///   - seen: The histories whose items are left out of each user's list; `histories` if nil.
  ///   - counts: How many users had each item in training.
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

  /// The results of several folds one after another, as if their users were different ones; whole-list figures are means.
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

/// How lists spread over the items.
private struct Exposure {
  let coverage, gini, novelty: Double

  init(of lists: [[Int32]], cutoff: Int, counts: [Int32], users: Int) {
    var shown = [Int](repeating: 0, count: counts.count)
    var surprise = 0.0
    var listed = 0
    // One logarithm an item, not one an entry of a list.
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
  /// Items in order of popularity, cut where a third and two thirds of the training interactions lie behind.
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
  /// The rank, from 1, of the best of some items among all that are not excluded; 0 if they all are.
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
