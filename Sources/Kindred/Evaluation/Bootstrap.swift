/// Resampling of users with replacement: how much a figure depends on who happened to be tested (Efron 1979,
/// <https://doi.org/10.1214/aos/1176344552>).
enum Bootstrap {
  /// For each of `replicates` samples of users, as many as there are, the sum of each column over the sample.
  ///
  /// O(replicates · users · columns). The same seed gives the same sums at any number of threads.
  static func sums(of columns: [[Double]], replicates: Int = 1000, seed: UInt64, using parallel: Parallel) -> [[Double]]
  {
    let users = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == users })
    guard users > 0 else { return [] }
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

  /// The interval that holds the middle 95 % of some statistics; nil without any.
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

/// How a figure of one algorithm differs from another's on the same users.
public struct Comparison: Sendable, Equatable {
  /// The mean of the first minus the mean of the second.
  public let difference: Double
  /// The middle 95 % of that difference over resamples of the users; nil without users.
  public let interval: ClosedRange<Double>?
  /// How likely a difference of either sign at least as far from 0 is, if there is none: by paired bootstrap.
  public let bootstrapP: Double
  /// The same by the signed ranks of the differences (Wilcoxon 1945, <https://doi.org/10.2307/3001968>), in the normal approximation.
  public let wilcoxonP: Double

  /// Compares the figures of the same users, in the same order.
  init(_ first: [Double], _ second: [Double], seed: UInt64, using parallel: Parallel) {
    precondition(first.count == second.count)
    let differences = zip(first, second).map { $0 - $1 }
    let count = Double(max(1, differences.count))
    let means = Bootstrap.sums(of: [differences], seed: seed, using: parallel).map { $0[0] / count }
    difference = differences.reduce(0, +) / count
    interval = Bootstrap.interval(of: means)
    let notAbove = Double(means.count { $0 <= 0 } + 1) / Double(means.count + 1)
    let notBelow = Double(means.count { $0 >= 0 } + 1) / Double(means.count + 1)
    bootstrapP = min(1, 2 * min(notAbove, notBelow))
    wilcoxonP = Self.wilcoxon(differences)
  }

  /// Two-sided, ties sharing their ranks, differences of 0 left out.
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
