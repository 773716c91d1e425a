import Foundation
import Kindred

/// A duration as text, in seconds, or in minutes from two minutes on.
package func duration(_ seconds: Double) -> String {
  switch seconds {
  case ..<1: String(format: "%.2f s", seconds)
  case ..<10: String(format: "%.1f s", seconds)
  case ..<120: String(format: "%.0f s", seconds)
  default: String(format: "%.0f min", seconds / 60)
  }
}

/// The day of a time, such as 1997-09-20, in Greenwich.
package func day(_ time: Timestamp) -> String {
  Date(timeIntervalSince1970: Double(time) / 1e6).formatted(.iso8601.year().month().day())
}

/// A number with a given number of decimals and a true minus sign.
package func fixed(_ value: Double, _ decimals: Int) -> String {
  let digits = String(format: "%.\(decimals)f", value.magnitude)
  return value < 0 && digits.contains { ("1"..."9").contains($0) } ? "−" + digits : digits
}

/// A figure of an evaluation; a dash if it does not apply.
package func figure(_ value: Double?, _ decimals: Int = 4) -> String { value.map { fixed($0, decimals) } ?? "–" }

/// An interval of figures; a dash if there is none.
package func span(_ interval: ClosedRange<Double>?) -> String {
  guard let interval else { return figure(nil) }
  // A dash beside a minus sign would look like a second minus sign.
  let separator = interval.lowerBound < 0 ? " to " : "–"
  return fixed(interval.lowerBound, 3) + separator + fixed(interval.upperBound, 3)
}

/// A range of counts; one number if both ends are the same.
package func span(_ counts: ClosedRange<Int>) -> String {
  counts.lowerBound == counts.upperBound
    ? counts.lowerBound.grouped : "\(counts.lowerBound.grouped)–\(counts.upperBound.grouped)"
}

/// A p-value with three decimals.
package func chance(_ probability: Double) -> String { probability < 0.001 ? "< 0.001" : fixed(probability, 3) }
