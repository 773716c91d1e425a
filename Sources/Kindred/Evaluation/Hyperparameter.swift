/// A hyperparameter that can be tuned, and the range to search.
public struct Hyperparameter: Sendable, Equatable {
  /// The name, as in ``Trainer/setting(_:)``.
  public let name: String
  /// The range to search; both bounds are above 0.
  public let range: ClosedRange<Double>
  /// Whether values are rounded to whole numbers.
  public let isInteger: Bool

  /// Creates a hyperparameter that is searched on a logarithmic scale.
  ///
  /// - Parameters:
  ///   - name: The name, as in ``Trainer/setting(_:)``.
  ///   - range: The range to search.
  ///   - isInteger: Whether values are rounded to whole numbers.
  /// - Precondition: The range lies above 0.
  public init(_ name: String, in range: ClosedRange<Double>, isInteger: Bool = false) {
    precondition(range.lowerBound > 0, "a logarithmic scale starts above 0")
    self.name = name
    self.range = range
    self.isInteger = isInteger
  }

  /// The value at a place of the logarithmic scale, rounded to three digits: the logarithms of different systems differ
  /// by less.
  ///
  /// - Parameter place: From 0 to 1.
  func value(at place: Double) -> String {
    let value = range.lowerBound * Elementary.powerOfTwo(octaves(to: range.upperBound) * place)
    if isInteger { return String(Int(value.rounded())) }
    let digits = Elementary.power(10, 2 - Elementary.logarithmToBaseTen(value).rounded(.down))
    return Float((value * digits).rounded() / digits).description
  }

  /// The place of a value on the logarithmic scale, from 0 to 1: the nearer end if the value is out of range, 0.5 if it
  /// is not a number above 0.
  func place(of text: String) -> Double {
    guard let value = Double(text), value > 0, range.upperBound > range.lowerBound else { return 0.5 }
    return min(1, max(0, octaves(to: value) / octaves(to: range.upperBound)))
  }

  private func octaves(to value: Double) -> Double { Elementary.logarithmToBaseTwo(value / range.lowerBound) }
}
