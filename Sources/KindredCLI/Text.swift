import Foundation
import Kindred

extension String {
  /// The columns that the text takes on a terminal: two for a wide character.
  var columns: Int {
    reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first?.value else { return sum }
      let isWide =
        (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar) || (0xAC00...0xD7A3).contains(scalar)
        || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar)
        || (0xFF00...0xFF60).contains(scalar)
        || (0x1F300...0x1FAFF).contains(scalar) || (0x20000...0x3FFFD).contains(scalar)
      return sum + (isWide ? 2 : 1)
    }
  }

  /// The text, cut with an ellipsis if it takes more than so many columns; control characters become blanks.
  func fitting(_ width: Int) -> String {
    let clean = String(map { $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } ? " " : $0 })
    if clean.columns <= width { return clean }
    var result = ""
    for character in clean {
      if (result + String(character)).columns > width - 1 { break }
      result.append(character)
    }
    return result + "…"
  }

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

extension Int {
  /// The number with commas between thousands.
  var grouped: String {
    let digits = String(magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return (self < 0 ? "-" : "") + result
  }
}
