extension TrainingData {
  /// Whether the values seem to be counts, such as plays or quantities, and not ratings.
  ///
  /// Counts are whole, at least 0, and have no scale: there are many of them, and the greatest is at least ten times
  /// the median.
  ///
  /// - Complexity: O(1): it looks at no more than 50,000 values.
  var holdsCounts: Bool {
    if valuesAreWeights || values.isEmpty { return false }
    let step = max(1, count / 50_000)
    let sample = stride(from: 0, to: count, by: step).map { values[$0] }
    let range: ClosedRange<Float> = 0...1e12
    guard sample.contains(where: { $0 > Self.longestScale }),
      sample.allSatisfy({ range.contains($0) && $0 == $0.rounded() })
    else { return false }
    let rising = sample.sorted()
    let distinct = 1 + zip(rising, rising.dropFirst()).count { $0 != $1 }
    return Float(distinct) > Self.longestScale && rising[rising.count - 1] >= 10 * max(1, rising[rising.count / 2])
  }

  /// The number of values of the longest usual scale of ratings, 0 to 10.
  private static var longestScale: Float { 11 }
}

extension Interactions {
  /// Whether the values seem to be counts, such as plays or quantities, and not ratings.
  package var holdsCounts: Bool { data.holdsCounts }
}
