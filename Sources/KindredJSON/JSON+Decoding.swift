extension JSON {
  /// A value of a type, read from this one. Members that the type does not ask for are passed over.
  ///
  /// - Throws: `DecodingError`, and what the type itself throws.
  package func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T {
    try ValueDecoder(value: self, codingPath: []).decode(type)
  }
}

/// A member whose value is kept as it is. Only ``decoded(as:)`` can read it.
extension JSON: Decodable {
  package init(from decoder: any Decoder) throws {
    guard let decoder = decoder as? ValueDecoder else {
      let sentence = "another decoder cannot hand out JSON"
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: sentence))
    }
    self = decoder.value
  }
}

private struct ValueDecoder: Decoder {
  let value: JSON
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw misfit(.type, [String: Any].self) }
    return KeyedDecodingContainer(ObjectDecoder(members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw misfit(.type, [Any].self) }
    return ArrayDecoder(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  private func misfit(_ reason: Misfit, _ type: Any.Type) -> DecodingError {
    func context(_ sentence: String) -> DecodingError.Context {
      DecodingError.Context(codingPath: codingPath, debugDescription: sentence)
    }
    switch (reason, value) {
    case (.range, _): return .dataCorrupted(context("the number is none of the type \(type)"))
    case (.type, .null): return .valueNotFound(type, context("there is null in place of a value of the type \(type)"))
    case (.type, _): return .typeMismatch(type, context("the value is not of the type \(type)"))
    }
  }
}

extension ValueDecoder: SingleValueDecodingContainer {
  func decodeNil() -> Bool { if case .null = value { true } else { false } }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    guard let primitive = type as? any JSONPrimitive.Type else { return try T(from: self) }
    do throws(Misfit) {
      if let value = try primitive.read(value) as? T { return value }
      throw .type
    } catch {
      throw misfit(error, type)
    }
  }
}

private struct ObjectDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let members: [String: JSON]
  let codingPath: [any CodingKey]
  var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

  init(_ members: [(String, JSON)], codingPath: [any CodingKey]) {
    self.members = Dictionary(members) { first, _ in first }
    self.codingPath = codingPath
  }

  private func decoder(_ key: any CodingKey) throws -> ValueDecoder {
    guard let value = members[key.stringValue] else {
      let sentence = "there is no member '\(key.stringValue)'"
      throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: codingPath, debugDescription: sentence))
    }
    return ValueDecoder(value: value, codingPath: codingPath + [key])
  }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

  func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try decoder(key).decode(type) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try decoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try decoder(Place.parent) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct ArrayDecoder: UnkeyedDecodingContainer {
  let elements: [JSON]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  /// Reads the next element and moves behind it, unless it does not fit.
  private mutating func advance<T>(_ type: T.Type, _ read: (ValueDecoder) throws -> T) throws -> T {
    let path = codingPath + [Place.element(currentIndex)]
    guard !isAtEnd else {
      let context = DecodingError.Context(codingPath: path, debugDescription: "the array ends here")
      throw DecodingError.valueNotFound(type, context)
    }
    let result = try read(ValueDecoder(value: elements[currentIndex], codingPath: path))
    currentIndex += 1
    return result
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, case .null = elements[currentIndex] else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try advance(type) { try $0.decode(type) } }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try advance(KeyedDecodingContainer<Nested>.self) { try $0.container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try advance((any UnkeyedDecodingContainer).self) { try $0.unkeyedContainer() }
  }

  mutating func superDecoder() throws -> any Decoder { try advance((any Decoder).self) { $0 } }
}
