import Foundation

/// Prints a line of results.
func printLine(_ text: String = "") { print(text) }

/// An object of JSON output: one a line, keys in order, absent values null.
struct JSONLine: Encodable {
  enum Value: Encodable {
    case text(String?)
    case integer(Int)
    case number(Double?)
    case float(Float?)
    case texts([String])
    case numbers([String: Double])
    case settings([String: String])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let value): try container.encode(value)
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .float(let value): try container.encode(value)
      case .texts(let value): try container.encode(value)
      case .numbers(let value): try container.encode(value)
      case .settings(let value): try container.encode(value)
      }
    }
  }

  private var fields: [(name: String, value: Value)] = []

  init(_ fields: [(String, Value)] = []) { self.fields = fields.map { ($0.0, $0.1) } }

  mutating func append(_ name: String, _ value: Value) { fields.append((name, value)) }

  func adding(_ name: String, _ value: Value) -> JSONLine {
    var line = self
    line.append(name, value)
    return line
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for field in fields { try container.encode(field.value, forKey: Key(field.name)) }
  }

  /// The object as text, without a line end.
  var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("results are finite") }
    return String(decoding: data, as: UTF8.self)
  }
}

/// A table for people: columns padded to their widest cell, the one flexible column cut to fit the window.
struct Table {
  enum Alignment { case left, right }

  private let header: [String]
  private let alignments: [Alignment]
  private let flexible: Int?
  private var rows: [[String]] = []

  /// - Parameter flexible: the column that is cut where the window is too narrow.
  init(_ columns: [(title: String, alignment: Alignment)], flexible: Int? = nil) {
    header = columns.map(\.title)
    alignments = columns.map(\.alignment)
    self.flexible = flexible
  }

  mutating func append(_ row: [String]) {
    precondition(row.count == header.count)
    rows.append(row)
  }

  func lines(width: Int = Terminal.width) -> [String] {
    var widths = header.indices.map { column in ([header] + rows).map { $0[column].columns }.max() ?? 0 }
    if let flexible {
      let others = widths.reduce(0, +) - widths[flexible] + 2 * (widths.count - 1)
      widths[flexible] = min(widths[flexible], max(12, width - others))
    }
    let hasHeader = header.contains { !$0.isEmpty }
    return ((hasHeader ? [header] : []) + rows).enumerated().map { index, row in
      var cells: [String] = []
      for column in row.indices {
        let text = row[column].fitting(widths[column])
        let padding = String(repeating: " ", count: max(0, widths[column] - text.columns))
        let isLast = column == row.count - 1 && alignments[column] == .left
        cells.append(alignments[column] == .left ? text + (isLast ? "" : padding) : padding + text)
      }
      let line = cells.joined(separator: "  ")
      return index == 0 && hasHeader ? Terminal.dim(line) : line
    }
  }

  func print() {
    for line in lines() { printLine(line) }
  }
}

extension String {
  /// The columns that the text takes on a terminal: two for a wide character.
  var columns: Int {
    reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first?.value else { return sum }
      let isWide =
        (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar) || (0xAC00...0xD7A3).contains(scalar)
        || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar) || (0xFF00...0xFF60).contains(scalar)
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
