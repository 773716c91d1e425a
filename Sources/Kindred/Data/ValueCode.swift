/// A value that seems to stand for "not rated", such as 0 on a scale from 1 to 10.
package struct ValueCode: Sendable, Equatable {
  /// The value.
  package let value: Float
  /// The share of the interactions that have it, above 0 and below 1.
  package let share: Double
  /// The range of the other values.
  package let scale: ClosedRange<Float>

  /// The sentence that names the code and the cure.
  package var description: String {
    let percent = Int((share * 100).rounded())
    let others = "\(Self.text(scale.lowerBound)) to \(Self.text(scale.upperBound))"
    let cure =
      value < scale.lowerBound
      ? "; --minimum-value \(Self.text(min(1, scale.lowerBound))) leaves them out of both" : ""
    return "\(percent) % of the values are \(Self.text(value)), the others run from \(others): "
      + "\(Self.text(value)) is taken for \"not rated\", and these rows count in lists and not as ratings" + cure
  }

  private static func text(_ value: Float) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}

extension ValueCode {
  /// The value that seems to stand for "not rated"; nil if there is none.
  ///
  /// It lies outside a scale of ratings (a few distinct values in equal steps) and is far from the others, or much more
  /// common than the nearest of them.
  ///
  /// - Complexity: O(1): it looks at no more than 200,000 values.
  static func notRated(in values: [Float]) -> ValueCode? {
    let step = max(1, values.count / 200_000)
    var counts: [Float: Int] = [:]
    var total = 0
    for position in stride(from: 0, to: values.count, by: step) {
      counts[values[position], default: 0] += 1
      total += 1
      if counts.count > 2000 { return nil }
    }
    let rising = counts.keys.sorted()
    guard let least = rising.first, let most = rising.last, rising.count >= 4 else { return nil }
    func code(_ value: Float, _ others: ClosedRange<Float>) -> ValueCode {
      ValueCode(value: value, share: Double(counts[value] ?? 0) / Double(total), scale: others)
    }
    let upper = rising[rising.count - 2]
    let lower = rising[1]
    if [99, 999, 9999].contains(most), max(abs(upper), abs(least)) * 5 <= most {
      return code(most, least...upper)
    }
    if [-99, -999, -9999].contains(least), max(abs(lower), abs(most)) * 5 <= -least {
      return code(least, lower...most)
    }
    // Counts of plays have no scale: a rating has few values, with equal steps between them.
    guard most <= 100, lower >= 0, rising.dropFirst().allSatisfy({ ($0 * 4).rounded() == $0 * 4 }),
      rising.count <= 21 || most > 10 && rising.count <= 101
    else { return nil }
    let share = Double(counts[least] ?? 0) / Double(total)
    if least == -1, share >= 0.002 { return code(least, lower...most) }
    guard least == 0, lower >= 0.5, most >= 3 else { return nil }
    let neighbours = Double(counts[lower] ?? 0) / Double(total)
    let hasGap = lower >= 2 && share >= 0.05
    return hasGap || share >= 0.2 && share > 3 * neighbours && most <= 10 ? code(0, lower...most) : nil
  }
}
