/// What the values of a data set are like.
struct ValueSummary: Sendable, Equatable {
  /// The mean; 0 without values.
  var mean: Float = 0
  /// The standard deviation in units of 1.05, about that of stars from 1 to 5: penalties and steps that suit stars suit
  /// other scales in this unit. 1 where all values are the same.
  var unit: Float = 1
  /// The least and the greatest value; nil without any.
  var scale: ClosedRange<Float>?
}

extension ValueSummary {
  /// Sums blocks of the values side by side and adds the sums up in order, so that the result does not depend on
  /// `parallel`. O(values).
  init(of values: [Float], elementsOfBlock: Int = 1 << 18, using parallel: Parallel = Parallel(threads: 1)) {
    self.init()
    guard !values.isEmpty else { return }
    let count = values.count
    // Sums of distances from one of the values lose no digits to the mean.
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
