import KindredJSON

/// An object of JSON output, one per line. A value that does not apply is null.
struct JSONLine {
  private var members: [(String, JSON)]

  init(_ members: [(String, JSON)]) { self.members = members }

  mutating func append(_ name: String, _ value: JSON) { members.append((name, value)) }

  func adding(_ name: String, _ value: JSON) -> JSONLine { JSONLine(members + [(name, value)]) }

  /// The object as text, its keys sorted, without a line end.
  var text: String { json.text([.sortedKeys, .shortEscapes]) }

  fileprivate var json: JSON { .object(members) }
}

/// The values of output; nil, for a value that does not apply, becomes null.
extension JSON {
  static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
  static func number(_ value: Double?) -> JSON { value.map { .number(JSONNumber($0)) } ?? .null }
  static func float(_ value: Float?) -> JSON { value.map { .number(JSONNumber($0)) } ?? .null }
  static func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
  static func settings(_ values: [String: String]) -> JSON { .object(values.map { ($0.key, .string($0.value)) }) }
  static func interval(_ value: ClosedRange<Double>?) -> JSON {
    value.map { [.number($0.lowerBound), .number($0.upperBound)] } ?? .null
  }
  static func line(_ line: JSONLine) -> JSON { line.json }
  static func objects(_ lines: [JSONLine]) -> JSON { .array(lines.map(\.json)) }
}
