/// The mean, the spread and the range of the values of a data set.
struct ValueSummary: Sendable, Equatable {
  /// The mean; 0 without values.
  var mean: Float = 0
  /// The standard deviation divided by 1.05, or 1 if all values are the same.
  ///
  /// Ratings from 1 to 5 stars have a standard deviation of about 1.05. Penalties and learning rates chosen for stars
  /// therefore suit other scales when expressed in this unit.
  var unit: Float = 1
  /// The least and the greatest value; nil without values.
  var scale: ClosedRange<Float>?
}

extension ValueSummary {
  /// Sums blocks of the values in parallel and adds the sums in order, so that the result does not depend on
  /// `parallel`.
  ///
  /// - Complexity: O(values).
  init(of values: [Float], elementsOfBlock: Int = 1 << 18, using parallel: Parallel = Parallel(threads: 1)) {
    self.init()
    guard !values.isEmpty else { return }
    let count = values.count
    // The sums are of distances from the first value, because squares of large values would lose digits.
    let center = Double(values[0])
    let parts = parallel.map((count + elementsOfBlock - 1) / elementsOfBlock) { number in
      var part = (sum: 0.0, squares: 0.0, least: Float.infinity, most: -Float.infinity)
      for position in number * elementsOfBlock..<min(count, (number + 1) * elementsOfBlock) {
        let value = values[position]
        let distance = Double(value) - center
        part = (
          part.sum + distance, part.squares + distance * distance, min(part.least, value), max(part.most, value)
        )
      }
      return part
    }
    let offset = parts.reduce(0.0) { $0 + $1.sum } / Double(count)
    let variance = parts.reduce(0.0) { $0 + $1.squares } / Double(count) - offset * offset
    let scale = parts.map(\.least).reduce(.infinity, min)...parts.map(\.most).reduce(-.infinity, max)
    mean = Float(center + offset)
    self.scale = scale
    if scale.lowerBound < scale.upperBound, variance > 0 { unit = Float(variance.squareRoot() / 1.05) }
  }
}
