/// How well lists of items hold what people went on to choose, at each of some lengths.
///
/// All items are ranked, those of the person's history left out; an item of the test part is relevant, with gain 1. People without a
/// test item are left out and counted. Every metric has a figure a length of list.
public struct RankingMetrics: Sendable, Equatable {
  /// The lengths of the lists.
  public internal(set) var cutoffs: [Int]
  /// The people who had a test item.
  public internal(set) var people: Int
  /// The people who had none.
  public internal(set) var peopleLeftOut: Int
  /// Discounted cumulative gain over the best possible one (Järvelin, Kekäläinen 2002, <https://doi.org/10.1145/582415.582418>).
  public internal(set) var ndcg: [Double]
  /// The share of a person's test items that the list holds.
  public internal(set) var recall: [Double]
  /// The share of the list that is relevant.
  public internal(set) var precision: [Double]
  /// The share of the test items that the list holds of those it has room for.
  public internal(set) var cappedRecall: [Double]
  /// The mean of the precision at each relevant item, over as many items as the list has room for.
  public internal(set) var averagePrecision: [Double]
  /// The share of people whose list holds a test item.
  public internal(set) var hitRate: [Double]
  /// The share of all items that is in somebody's list.
  public internal(set) var coverage: [Double]
  /// How unevenly the lists draw on the items: 0 where all occur equally often, near 1 where a few fill every list.
  public internal(set) var gini: [Double]
  /// The mean of −log₂ of the share of people who had an item, over the items of the lists; an item that nobody had counts as if one had.
  public internal(set) var novelty: [Double]
  /// The mean of one over the place of the first relevant item, 0 where the longest list has none.
  public internal(set) var meanReciprocalRank: Double
  /// Half the width of the 95 % confidence interval of `ndcg` and of `recall`, over the people.
  public internal(set) var ndcgInterval, recallInterval: [Double]

  /// Ranks all items for everyone with a test item. O(people · items · rank).
  init(of scorer: some Scorer, histories: SparseMatrix, test: TrainingData, cutoffs: [Int], using parallel: Parallel) {
    let relevant = test.rowsByUser()
    let people = (0..<relevant.rowCount).filter { relevant.count(ofRow: $0) > 0 }
    let longest = min(cutoffs.max() ?? 0, scorer.itemCount)
    let peopleOfBlock = 64
    let blocks = parallel.map((people.count + peopleOfBlock - 1) / peopleOfBlock) { block in
      let rows = people[(block * peopleOfBlock)..<min(people.count, (block + 1) * peopleOfBlock)]
      let seen = rows.map { histories.history(ofRow: $0) }
      let lists = scorer.topItems(seen[...], selection: TopSelection(limit: longest, excluded: seen.map(\.items)))
        .map { $0.map(\.item) }
      var sums = RankingSums(cutoffs: cutoffs.count)
      for (row, list) in zip(rows, lists) {
        sums.add(list, relevant: Array(relevant.columns[relevant.cells(ofRow: row)]), cutoffs: cutoffs)
      }
      return (sums, lists)
    }
    var sums = RankingSums(cutoffs: cutoffs.count)
    for block in blocks { sums.add(block.0) }
    self.cutoffs = cutoffs
    self.people = people.count
    peopleLeftOut = relevant.rowCount - people.count
    let scale = 1 / Double(max(1, people.count))
    func mean(_ sum: [Double]) -> [Double] { sum.map { $0 * scale } }
    (ndcg, recall, precision) = (mean(sums.ndcg), mean(sums.recall), mean(sums.precision))
    (cappedRecall, averagePrecision, hitRate) = (mean(sums.cappedRecall), mean(sums.averagePrecision), mean(sums.hits))
    meanReciprocalRank = sums.reciprocalRank * scale
    func interval(_ squares: [Double], _ means: [Double]) -> [Double] {
      zip(squares, means).map { 1.96 * (max(0, $0 * scale - $1 * $1) * scale).squareRoot() }
    }
    ndcgInterval = interval(sums.squaredNDCG, ndcg)
    recallInterval = interval(sums.squaredRecall, recall)
    let spread = cutoffs.map { ListSpread(of: blocks.lazy.flatMap(\.1), cutoff: $0, histories: histories) }
    (coverage, gini, novelty) = (spread.map(\.coverage), spread.map(\.gini), spread.map(\.novelty))
  }

  /// 1 / log₂(rank + 2) for ranks from 0.
  static func discount(_ rank: Int) -> Double { 0.693_147_180_559_945_3 / RandomStream.logarithm(Double(rank + 2)) }
}

/// Sums of the metrics over people.
private struct RankingSums: Sendable {
  var ndcg, recall, precision, cappedRecall, averagePrecision, hits, squaredNDCG, squaredRecall: [Double]
  var reciprocalRank = 0.0

  init(cutoffs: Int) {
    ndcg = Array(repeating: 0, count: cutoffs)
    (recall, precision, cappedRecall, averagePrecision) = (ndcg, ndcg, ndcg, ndcg)
    (hits, squaredNDCG, squaredRecall) = (ndcg, ndcg, ndcg)
  }

  /// Adds one person's list; `relevant` is in rising order.
  mutating func add(_ list: [Int32], relevant: [Int32], cutoffs: [Int]) {
    let isHit = list.map { relevant.containsSorted($0) }
    if let first = isHit.firstIndex(of: true) { reciprocalRank += 1 / Double(first + 1) }
    for (index, cutoff) in cutoffs.enumerated() {
      var gain = 0.0
      var found = 0.0
      var precisions = 0.0
      for rank in isHit.indices.prefix(cutoff) where isHit[rank] {
        found += 1
        gain += RankingMetrics.discount(rank)
        precisions += found / Double(rank + 1)
      }
      let room = min(cutoff, relevant.count)
      let normalized = gain / (0..<room).reduce(0) { $0 + RankingMetrics.discount($1) }
      let share = found / Double(relevant.count)
      ndcg[index] += normalized
      squaredNDCG[index] += normalized * normalized
      recall[index] += share
      squaredRecall[index] += share * share
      precision[index] += found / Double(cutoff)
      cappedRecall[index] += found / Double(room)
      averagePrecision[index] += precisions / Double(room)
      hits[index] += found > 0 ? 1 : 0
    }
  }

  mutating func add(_ other: RankingSums) {
    reciprocalRank += other.reciprocalRank
    let fields: [WritableKeyPath<RankingSums, [Double]>] = [
      \.ndcg, \.recall, \.precision, \.cappedRecall, \.averagePrecision, \.hits, \.squaredNDCG, \.squaredRecall,
    ]
    for field in fields { for index in ndcg.indices { self[keyPath: field][index] += other[keyPath: field][index] } }
  }
}

/// How lists draw on the items.
private struct ListSpread {
  var coverage = 0.0
  var gini = 0.0
  var novelty = 0.0

  init(of lists: some Sequence<[Int32]>, cutoff: Int, histories: SparseMatrix) {
    let itemCount = histories.columnCount
    var popularity = [Int](repeating: 0, count: itemCount)
    for item in histories.columns { popularity[Int(item)] += 1 }
    var counts = [Int](repeating: 0, count: itemCount)
    var information = 0.0
    for list in lists {
      for item in list.prefix(cutoff) {
        counts[Int(item)] += 1
        let share = Double(max(1, popularity[Int(item)])) / Double(max(1, histories.rowCount))
        information -= RandomStream.logarithm(share) / 0.693_147_180_559_945_3
      }
    }
    let total = counts.reduce(0, +)
    guard total > 0 else { return }
    coverage = Double(counts.count { $0 > 0 }) / Double(itemCount)
    novelty = information / Double(total)
    // Σ (2i − n − 1) xᵢ / (n Σ x) over the counts in rising order, i from 1.
    let weighted = counts.sorted().enumerated().reduce(0.0) {
      $0 + Double(2 * ($1.offset + 1) - itemCount - 1) * Double($1.element)
    }
    gini = weighted / (Double(itemCount) * Double(total))
  }
}

extension Array where Element: Comparable {
  /// Whether an array in rising order holds an element. O(log count).
  func containsSorted(_ element: Element) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == element
  }
}
