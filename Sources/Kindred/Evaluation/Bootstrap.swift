/// Resampling of users with replacement, which shows how much a figure depends on the sample of tested users (Efron
/// 1979, <https://doi.org/10.1214/aos/1176344552>).
enum Bootstrap {
  /// The sums of some columns over samples of the users, each sample as large as the data.
  ///
  /// - Parameters:
  ///   - columns: One number per user in each column.
  ///   - replicates: The number of samples.
  ///   - seed: The seed of the samples. The same seed gives the same sums at any number of threads.
  ///   - parallel: The threads to use.
  /// - Returns: One sum per column for each sample; empty with fewer than two users, whose samples are all the same.
  /// - Complexity: O(replicates · users · columns).
  static func sums(of columns: [[Double]], replicates: Int = 1000, seed: UInt64, using parallel: Parallel) -> [[Double]]
  {
    let users = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == users })
    guard users > 1 else { return [] }
    return parallel.map(replicates) { replicate in
      var stream = RandomStream(seed: seed, .bootstrap, replicate)
      var sums = [Double](repeating: 0, count: columns.count)
      for _ in 0..<users {
        let user = stream.below(users)
        for column in columns.indices { sums[column] += columns[column][user] }
      }
      return sums
    }
  }

  /// The sum and the number of each user's values.
  ///
  /// - Parameter users: The user of each value, in rising order; nil if each has one.
  static func sumsByUser(of values: [Double], _ users: [Int32]?) -> (sums: [Double], counts: [Double]) {
    guard let users else { return (values, values.map { _ in 1 }) }
    var (sums, counts): ([Double], [Double]) = ([], [])
    for (place, value) in values.enumerated() {
      if place == 0 || users[place] != users[place - 1] {
        sums.append(0)
        counts.append(0)
      }
      sums[sums.count - 1] += value
      counts[counts.count - 1] += 1
    }
    return (sums, counts)
  }

  /// The interval of the middle 95 % of some statistics; nil if there are none.
  static func interval(of statistics: [Double]) -> ClosedRange<Double>? {
    guard !statistics.isEmpty else { return nil }
    let sorted = statistics.sorted()
    let tail = Double(sorted.count - 1) * 0.025
    return quantile(sorted, tail)...quantile(sorted, Double(sorted.count - 1) - tail)
  }

  private static func quantile(_ sorted: [Double], _ place: Double) -> Double {
    let below = Int(place)
    let above = min(sorted.count - 1, below + 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}

/// The difference of two algorithms in one figure, on the same users.
public struct Comparison: Sendable, Equatable {
  /// The mean of the first algorithm minus the mean of the second.
  public let difference: Double
  /// The number of users.
  public let userCount: Int
  /// The interval of the middle 95 % of that difference over resamples of the users; nil with fewer than two users.
  public let interval: ClosedRange<Double>?
  /// The two-sided p-value by paired bootstrap: the probability of a difference at least as far from 0 if the
  /// algorithms do not differ; 1 with fewer than six users, too few for any test to show a difference.
  public let bootstrapP: Double
  /// The two-sided p-value by the signed-rank test in the normal approximation (Wilcoxon 1945,
  /// <https://doi.org/10.2307/3001968>).
  public let wilcoxonP: Double

  /// The least number of users for which a test can show a difference.
  package static let leastUsers = 6

  /// Compares two algorithms' figures of the same lists, in the same order.
  ///
  /// - Parameter users: The user of each list, in rising order; nil if each has one list. Samples are of users.
  init(_ first: [Double], _ second: [Double], users: [Int32]? = nil, seed: UInt64, using parallel: Parallel) {
    precondition(first.count == second.count)
    let differences = zip(first, second).map { $0 - $1 }
    let (sums, counts) = Bootstrap.sumsByUser(of: differences, users)
    let samples = Bootstrap.sums(of: [sums, counts], seed: seed, using: parallel).map { $0[0] / $0[1] }
    difference = differences.reduce(0, +) / Double(max(1, differences.count))
    interval = Bootstrap.interval(of: samples)
    let notAbove = Double(samples.count { $0 <= 0 } + 1) / Double(samples.count + 1)
    let notBelow = Double(samples.count { $0 >= 0 } + 1) / Double(samples.count + 1)
    userCount = sums.count
    // A sign test of five equal signs has a p-value of 0.06.
    bootstrapP = userCount < Self.leastUsers ? 1 : min(1, 2 * min(notAbove, notBelow))
    wilcoxonP = Self.wilcoxon(zip(sums, counts).map { $0 / $1 })
  }

  /// The two-sided p-value of the signed-rank test. Ties share their ranks, and differences of 0 are left out.
  static func wilcoxon(_ differences: [Double]) -> Double {
    let ordered = differences.filter { $0 != 0 }.sorted { abs($0) < abs($1) }
    let n = Double(ordered.count)
    guard n > 0 else { return 1 }
    var positive = 0.0
    var tieCorrection = 0.0
    var start = 0
    while start < ordered.count {
      var end = start
      while end < ordered.count, abs(ordered[end]) == abs(ordered[start]) { end += 1 }
      let rank = Double(start + 1 + end) / 2
      positive += rank * Double(ordered[start..<end].count { $0 > 0 })
      let ties = Double(end - start)
      tieCorrection += ties * ties * ties - ties
      start = end
    }
    let variance = n * (n + 1) * (2 * n + 1) / 24 - tieCorrection / 48
    let z = abs(positive - n * (n + 1) / 4) / max(variance, .leastNormalMagnitude).squareRoot()
    return Elementary.complementaryError(z / 2.0.squareRoot())
  }
}
