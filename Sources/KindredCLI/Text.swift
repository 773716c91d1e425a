import Foundation
import Kindred

extension String {
  /// The text broken at blanks into lines of at most so many columns; a longer word stands alone.
  func wrapped(_ width: Int = Terminal.width) -> [String] {
    var lines = [""]
    for word in split(separator: " ") {
      let longer = lines[lines.count - 1] + (lines[lines.count - 1].isEmpty ? "" : " ") + word
      if longer.columns <= width || lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = longer
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// The text as a field of CSV, quoted where it must be.
  var csv: String {
    contains { $0 == "," || $0 == "\"" || $0.isNewline } ? "\"\(replacingOccurrences(of: "\"", with: "\"\""))\"" : self
  }
}

/// Stars for a rating, in halves, where the scale is one of stars; else the number.
func stars(_ value: Float, on scale: ClosedRange<Float>?) -> String {
  let number = String(format: "%.1f", value)
  guard let scale, scale.upperBound == 5, scale.lowerBound >= 0 else { return number }
  let halves = Int((value * 2).rounded())
  return number + " " + String(repeating: "★", count: halves / 2) + (halves % 2 == 1 ? "½" : "")
}

/// Stars and how sure they are, where that is known; no stars where it is too early for them.
func stars(_ prediction: Prediction, on scale: ClosedRange<Float>?) -> String {
  guard let deviation = prediction.deviation else { return stars(prediction.value, on: scale) }
  if prediction.isTentative { return String(format: "%.1f ± %.1f not sure yet", prediction.value, deviation) }
  let number = stars(prediction.value, on: scale)
  let digits = number.prefix { $0 != " " }
  return digits + String(format: " ± %.1f", deviation) + number.dropFirst(digits.count)
}

