/// Markup, valid as HTML and as XML.
///
/// A literal is markup. An interpolated string is text and is escaped; interpolated `HTML` is not.
///
/// ```swift
/// let cell: HTML = "<td>\(name)</td>"
/// ```
struct HTML: ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Joins the parts, with a separator between them.
  init(_ parts: [HTML], separator: HTML = "") { text = parts.map(\.text).joined(separator: separator.text) }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ markup: HTML) { text += markup.text }
    mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
    mutating func appendInterpolation(_ text: String) { self.text += HTML.escaped(text) }
    mutating func appendInterpolation(_ number: Int) { text += String(number) }
    /// Appends a coordinate of a drawing, rounded to tenths.
    mutating func appendInterpolation(at place: Double) {
      let tenths = Int((place * 10).rounded())
      text += tenths % 10 == 0 ? String(tenths / 10) : String(Double(tenths) / 10)
    }
  }

  /// The text with the characters of markup as entities; characters that XML forbids become �.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
