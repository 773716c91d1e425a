import Foundation

/// An object of JSON output: one a line, absent values null.
struct JSONLine {
  private var fields: [String: JSONValue]

  init(_ fields: [(String, JSONValue)]) {
    self.fields = Dictionary(uniqueKeysWithValues: fields.map { ($0.0, $0.1) })
  }

  mutating func append(_ name: String, _ value: JSONValue) { fields[name] = value }

  func adding(_ name: String, _ value: JSONValue) -> JSONLine {
    var line = self
    line.append(name, value)
    return line
  }

  /// The object as text, its keys sorted, without a line end.
  var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("results are finite") }
    return String(decoding: data, as: UTF8.self)
  }
}

extension JSONLine: Encodable {
  func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
}

/// What a field of JSON output holds.
enum JSONValue {
  case text(String?)
  case integer(Int)
  case number(Double?)
  case float(Float?)
  case texts([String])
  case settings([String: String])
  case interval(ClosedRange<Double>?)
  case objects([JSONLine])
}

extension JSONValue: Encodable {
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .float(let value): try container.encode(value)
    case .texts(let value): try container.encode(value)
    case .settings(let value): try container.encode(value)
    case .interval(let value): try container.encode(value.map { [$0.lowerBound, $0.upperBound] })
    case .objects(let value): try container.encode(value)
    }
  }
}
