/// How well lists of items hold what people went on to choose, at each of some lengths.
///
/// All items are ranked, those of the person's history left out; an item of the test part is relevant, with gain 1. People without a
/// test item are left out and counted.
public struct RankingMetrics: Sendable, Equatable {
  /// The lengths of the lists.
  public let cutoffs: [Int]
  /// The people who had a test item.
  public let people: Int
  /// The people who had none.
  public let peopleLeftOut: Int
  /// Discounted cumulative gain over the best possible one, by cutoff (Järvelin, Kekäläinen 2002, <https://doi.org/10.1145/582415.582418>).
  public let ndcg: [Double]
  /// The share of a person's test items that the list holds, by cutoff.
  public let recall: [Double]

  /// Ranks all items for everyone with a test item. O(people · items · rank).
  init(of scorer: some Scorer, histories: SparseMatrix, test: TrainingData, cutoffs: [Int], using parallel: Parallel) {
    let relevant = test.rowsByUser()
    let people = (0..<relevant.rowCount).filter { relevant.count(ofRow: $0) > 0 }
    let longest = min(cutoffs.max() ?? 0, scorer.itemCount)
    let peopleOfBlock = 64
    let sums = parallel.map((people.count + peopleOfBlock - 1) / peopleOfBlock) { block in
      let rows = people[(block * peopleOfBlock)..<min(people.count, (block + 1) * peopleOfBlock)]
      let seen = rows.map { histories.history(ofRow: $0) }
      let lists = scorer.topItems(seen[...], selection: TopSelection(limit: longest, excluded: seen.map(\.items)))
      var sum = Sums(cutoffs: cutoffs.count)
      for (row, list) in zip(rows, lists) {
        sum.add(list.map(\.item), relevant: Array(relevant.columns[relevant.cells(ofRow: row)]), cutoffs: cutoffs)
      }
      return sum
    }
    let scale = 1 / Double(max(1, people.count))
    self.cutoffs = cutoffs
    self.people = people.count
    peopleLeftOut = relevant.rowCount - people.count
    ndcg = cutoffs.indices.map { cutoff in sums.reduce(0) { $0 + $1.ndcg[cutoff] } * scale }
    recall = cutoffs.indices.map { cutoff in sums.reduce(0) { $0 + $1.recall[cutoff] } * scale }
  }

  private struct Sums: Sendable {
    var ndcg: [Double]
    var recall: [Double]

    init(cutoffs: Int) {
      ndcg = Array(repeating: 0, count: cutoffs)
      recall = ndcg
    }

    /// Adds one person's list; `relevant` is in rising order.
    mutating func add(_ list: [Int32], relevant: [Int32], cutoffs: [Int]) {
      for (index, cutoff) in cutoffs.enumerated() {
        var gain = 0.0
        var hits = 0
        for (rank, item) in list.prefix(cutoff).enumerated() where relevant.containsSorted(item) {
          gain += RankingMetrics.discount(rank)
          hits += 1
        }
        let ideal = (0..<min(cutoff, relevant.count)).reduce(0) { $0 + RankingMetrics.discount($1) }
        ndcg[index] += ideal > 0 ? gain / ideal : 0
        recall[index] += Double(hits) / Double(relevant.count)
      }
    }
  }

  /// 1 / log₂(rank + 2) for ranks from 0.
  static func discount(_ rank: Int) -> Double { 0.693_147_180_559_945_3 / RandomStream.logarithm(Double(rank + 2)) }
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
