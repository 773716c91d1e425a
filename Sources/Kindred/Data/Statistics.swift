/// What a data set looks like.
public struct Statistics: Sendable {
  /// The least, the greatest and the mean value; 0 without interactions.
  public let least, greatest, mean: Float
  /// How many interactions the person in the middle has, and the item in the middle.
  public let typicalUser, typicalItem: Int
  /// The first and the last time; nil where times are unknown.
  public let times: ClosedRange<Timestamp>?
  /// How often each value occurs, in rising order; where there are more than 20 values, ten ranges of equal width.
  public let histogram: [(label: String, count: Int)]
}

extension Interactions {
  /// What the data set looks like. Computed at each call; O(count).
  public var statistics: Statistics {
    let scale = data.scale ?? 0...0
    return Statistics(
      least: scale.lowerBound, greatest: scale.upperBound, mean: data.mean,
      typicalUser: Self.median(data.users, of: data.userCount),
      typicalItem: Self.median(data.items, of: data.itemCount),
      times: data.times.min().flatMap { first in data.times.max().map { first...$0 } },
      histogram: Self.histogram(data.values, scale))
  }

  private static func median(_ rows: [Int32], of count: Int) -> Int {
    var counts = [Int](repeating: 0, count: count)
    for row in rows { counts[Int(row)] += 1 }
    counts.sort()
    return count == 0 ? 0 : counts[count / 2]
  }

  private static func histogram(_ values: [Float], _ scale: ClosedRange<Float>) -> [(label: String, count: Int)] {
    var counts: [Float: Int] = [:]
    for value in values {
      counts[value, default: 0] += 1
      if counts.count > 20 { break }
    }
    if counts.count <= 20 { return counts.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) } }
    let step = (scale.upperBound - scale.lowerBound) / 10
    var bins = [Int](repeating: 0, count: 10)
    for value in values { bins[Swift.min(9, Swift.max(0, Int((value - scale.lowerBound) / step)))] += 1 }
    return bins.enumerated().map { ("from \(scale.lowerBound + step * Float($0))", $1) }
  }
}
