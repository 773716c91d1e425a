import Foundation

/// A hyperparameter that can be tuned, and the range in which to look for its value.
public struct Hyperparameter: Sendable, Equatable {
  /// Its name, as in ``Algorithm/trainer(setting:)``.
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

  /// A value, each factor of the range equally likely, rounded to three digits: no two systems' logarithms differ so much.
  func sample(_ stream: inout RandomStream) -> String {
    let ratio = log2(range.upperBound / range.lowerBound)
    let value = range.lowerBound * exp2(ratio * stream.uniform())
    if isInteger { return String(Int(value.rounded())) }
    let digits = pow(10, 2 - floor(log10(value)))
    return Float((value * digits).rounded() / digits).description
  }
}
