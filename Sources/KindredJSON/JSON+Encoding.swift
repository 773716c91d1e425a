extension JSON {
  /// The value that an `Encodable` one encodes itself to, its members in the order in which it encodes them.
  ///
  /// - Throws: `EncodingError` for a number that is not finite, and what the value itself throws.
  package init(encoding value: some Encodable) throws {
    let encoder = NodeEncoder(codingPath: [])
    try encoder.encode(value)
    self = encoder.node.json
  }
}

/// A value that is being encoded; containers share it.
private final class Node {
  private var value = JSON.null
  private var elements: [Node]?
  private var members: [(String, Node)]?
  /// Where each member is.
  private var positions: [String: Int] = [:]

  var json: JSON {
    if let members { return .object(members.map { ($0.0, $0.1.json) }) }
    if let elements { return .array(elements.map(\.json)) }
    return value
  }

  var count: Int { elements?.count ?? 0 }

  func set(_ json: JSON) { value = json }

  func becomeArray() { if elements == nil { elements = [] } }

  func becomeObject() { if members == nil { members = [] } }

  /// A new last element.
  func append() -> Node {
    let node = Node()
    elements?.append(node)
    return node
  }

  /// A new value of a member, in place of the one it may have.
  func replace(_ name: String) -> Node {
    let node = Node()
    if let position = positions[name] {
      members?[position].1 = node
    } else {
      positions[name] = members?.count
      members?.append((name, node))
    }
    return node
  }

  /// The value of a member, for those who ask for its container twice.
  func member(_ name: String) -> Node { positions[name].flatMap { members?[$0].1 } ?? replace(name) }
}

private struct NodeEncoder: Encoder {
  var node = Node()
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(ObjectEncoder(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return ArrayEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension NodeEncoder: SingleValueEncodingContainer {
  func encodeNil() { node.set(.null) }

  func encode<T: Encodable>(_ value: T) throws {
    guard let primitive = value as? any JSONPrimitive else { return try value.encode(to: self) }
    guard let json = primitive.json else {
      throw EncodingError.invalidValue(
        value, EncodingError.Context(codingPath: codingPath, debugDescription: "JSON has finite numbers alone"))
    }
    node.set(json)
  }
}

private struct ObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  let codingPath: [any CodingKey]

  private func encoder(_ key: any CodingKey) -> NodeEncoder {
    NodeEncoder(node: node.replace(key.stringValue), codingPath: codingPath + [key])
  }

  private func nested(_ key: any CodingKey) -> NodeEncoder {
    NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }

  func encodeNil(forKey key: Key) { encoder(key).encodeNil() }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try encoder(key).encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    nested(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }

  func superEncoder() -> any Encoder { encoder(Place.parent) }

  func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

private struct ArrayEncoder: UnkeyedEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]

  var count: Int { node.count }

  private func encoder() -> NodeEncoder {
    let path = codingPath + [Place.element(count)]
    return NodeEncoder(node: node.append(), codingPath: path)
  }

  func encodeNil() { encoder().encodeNil() }

  func encode<T: Encodable>(_ value: T) throws { try encoder().encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    encoder().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }

  func superEncoder() -> any Encoder { encoder() }
}

/// A step of a coding path that is no key of a type.
enum Place: CodingKey {
  case element(Int)
  case parent

  init?(intValue: Int) { self = .element(intValue) }
  init?(stringValue: String) { nil }

  var intValue: Int? {
    switch self {
    case .element(let index): index
    case .parent: nil
    }
  }

  var stringValue: String {
    switch self {
    case .element(let index): "Index \(index)"
    case .parent: "super"
    }
  }
}
