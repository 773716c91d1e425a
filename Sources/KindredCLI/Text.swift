import Foundation
import Kindred

extension String {
  /// The text wrapped at spaces into lines of at most `width` columns; a longer word has a line of its own.
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

  /// The usage of a command, wrapped beside the heading that the argument parser puts before it.
  var wrappedUsage: String { wrapped(Terminal.width - "USAGE: ".count).joined(separator: "\n") }

  /// The text as a field of CSV, quoted if necessary.
  ///
  /// Bytes decide, since a comma with an accent behind it is one character. Only quotes keep blanks at the ends.
  var csv: String {
    let bytes = utf8
    let isBlank = { (byte: UInt8?) in byte == 0x20 || byte == 0x09 }
    let isSpecial = bytes.contains { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }
    guard isSpecial || isBlank(bytes.first) || isBlank(bytes.last) else { return self }
    let quoted = bytes.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] }
    return String(decoding: [0x22] + quoted + [0x22], as: UTF8.self)
  }
}

/// A value without decimals if it is whole.
func plain(_ value: Float) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}

/// A rating as a number, followed by stars, in halves, if the scale ends at 5.
func stars(_ value: Float, on scale: ClosedRange<Float>?) -> String {
  let number = String(format: "%.1f", value)
  guard let scale, scale.upperBound == 5, scale.lowerBound >= 0 else { return number }
  let halves = Int((value * 2).rounded())
  return number + " " + String(repeating: "★", count: halves / 2) + (halves % 2 == 1 ? "½" : "")
}

/// A prediction as a number with its deviation, if known, followed by stars unless the prediction is tentative.
func stars(_ prediction: Prediction, on scale: ClosedRange<Float>?) -> String {
  guard let deviation = prediction.deviation else { return stars(prediction.value, on: scale) }
  if prediction.isTentative { return String(format: "%.1f ± %.1f not sure yet", prediction.value, deviation) }
  let number = stars(prediction.value, on: scale)
  let digits = number.prefix { $0 != " " }
  return digits + String(format: " ± %.1f", deviation) + number.dropFirst(digits.count)
}
