import Foundation

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
