/// A hyperparameter that can be tuned, and the range in which to look for its value.
public struct Hyperparameter: Sendable, Equatable {
  /// Its name, as in ``Trainer/setting(_:)``.
  public let name: String
  /// Where to look; both bounds above 0.
  public let range: ClosedRange<Double>
  /// Whether only whole numbers make sense.
  public let isInteger: Bool

  /// Creates a hyperparameter that is searched on a logarithmic scale.
  ///
  /// - Precondition: the range lies above 0.
  public init(_ name: String, in range: ClosedRange<Double>, isInteger: Bool = false) {
    precondition(range.lowerBound > 0, "a logarithmic scale starts above 0")
    self.name = name
    self.range = range
    self.isInteger = isInteger
  }

  /// The value at a place from 0 to 1 of the logarithmic scale, rounded to three digits: no two systems' logarithms differ so much.
  func value(at place: Double) -> String {
    let value = range.lowerBound * Elementary.powerOfTwo(octaves(to: range.upperBound) * place)
    if isInteger { return String(Int(value.rounded())) }
    let digits = Elementary.power(10, 2 - Elementary.logarithmToBaseTen(value).rounded(.down))
    return Float((value * digits).rounded() / digits).description
  }

  /// The place of a value, the nearest where it lies outside of the range; the middle where it is no number above 0.
  func place(of text: String) -> Double {
    guard let value = Double(text), value > 0, range.upperBound > range.lowerBound else { return 0.5 }
    return min(1, max(0, octaves(to: value) / octaves(to: range.upperBound)))
  }

  private func octaves(to value: Double) -> Double { Elementary.logarithmToBaseTwo(value / range.lowerBound) }
}
