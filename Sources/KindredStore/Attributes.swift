import Kindred
import KindredJSON

/// What describes an item or a user besides the columns that have a name: any JSON value.
public struct Attributes: Sendable, Equatable, CustomStringConvertible {
  /// The value in canonical form: names sorted, numbers as Int64 or Double print them.
  package let json: JSON

  /// No attributes.
  public static let null = Attributes(JSON.null)

  /// Keeps a value in canonical form.
  package init(_ json: JSON) { self.json = json.canonical }

  /// Reads a value from JSON text; nil if the text is no JSON.
  public init?(_ text: String) {
    guard let json = try? JSON(parsing: text) else { return nil }
    self.init(json)
  }

  /// An object whose values are texts and lists of numbers; none if there are none.
  public init(_ texts: [String: String], vectors: [String: [Float]] = [:]) {
    let members =
      texts.map { ($0.key, JSON.string($0.value)) }
      + vectors.map { ($0.key, JSON.array($0.value.map { .number($0) })) }
    self.init(members.isEmpty ? .null : .object(members))
  }

  /// The value as JSON text: the same value, the same bytes.
  public var description: String { json.text(.shortEscapes) }

  /// The members of an object that are texts, numbers or flags, as text; empty for any other value.
  public var texts: [String: String] {
    guard case .object(let members) = json else { return [:] }
    var texts: [String: String] = [:]
    for (name, value) in members {
      switch value {
      case .string(let text): texts[name] = text
      case .number, .bool: texts[name] = value.text()
      case .null, .array, .object: break
      }
    }
    return texts
  }

  /// The members of an object that are lists of at least eight numbers, such as embeddings; empty for any other value.
  public var vectors: [String: [Float]] {
    guard case .object(let members) = json else { return [:] }
    return Dictionary(
      members.compactMap { name, value in NumberList(value).map { (name, $0.numbers) } }, uniquingKeysWith: { $1 })
  }
}

extension JSON {
  fileprivate var canonical: JSON {
    switch self {
    case .null, .bool, .string: self
    case .number(let number): number.canonical
    case .array(let elements): .array(elements.map(\.canonical))
    case .object(let members):
      .object(
        members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }.map { ($0.0, $0.1.canonical) })
    }
  }
}

extension JSONNumber {
  fileprivate var canonical: JSON {
    if let integer = integer(as: Int64.self) { return .integer(integer) }
    return double.map { .number($0) } ?? .null
  }
}
