import Foundation
import Testing

@testable import KindredJSON

@Suite struct JSONCodingTests {
  private enum Kind: String, Codable { case one, two = "2/3" }
  private enum Choice: Codable, Equatable {
    case all
    case atLeast(Float)
    case between(from: Int, to: Int)
  }
  private struct Leaf: Codable, Equatable {
    var float: Float
    var double: Double
    var flag: Bool
    var text: String
    var missing: Int?
    var kind: Kind
    var choice: Choice
  }
  private struct Tree: Codable, Equatable {
    var integer: Int64
    var unsigned: UInt64
    var small: Int8
    var leaves: [Leaf]
    var byName: [String: Float]
    var grid: [[Double?]]
    var optional: Leaf?
  }

  private static func leaf(using random: inout SplitMix) -> Leaf {
    Leaf(
      float: .random(using: &random), double: .random(using: &random), flag: .random(using: &random),
      text: .random(using: &random), missing: Bool.random(using: &random) ? nil : 7,
      kind: Bool.random(using: &random) ? .one : .two,
      choice: [.all, .atLeast(.random(using: &random)), .between(from: -3, to: 4)].randomElement(using: &random) ?? .all
    )
  }

  private static func tree(using random: inout SplitMix) -> Tree {
    let names = (0..<4).map { _ in String.random(using: &random) }
    return Tree(
      integer: Int64(bitPattern: random.next()), unsigned: random.next(),
      small: Int8.random(in: -128...127, using: &random),
      leaves: (0..<Int.random(in: 0..<3, using: &random)).map { _ in leaf(using: &random) },
      byName: Dictionary(names.map { ($0, Float.random(using: &random)) }) { first, _ in first },
      grid: [[], [nil, 1, .random(using: &random)]], optional: Bool.random(using: &random) ? leaf(using: &random) : nil)
  }

  /// Foundation is the oracle: the same bytes, and each reads what the other wrote.
  @Test func encodesTheBytesOfFoundation() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(state: seed)
    let encoder = JSONEncoder()
    for _ in 0..<1000 {
      let tree = Self.tree(using: &random)
      let json = try JSON(encoding: tree)
      encoder.outputFormatting = .sortedKeys
      let slashed = String(decoding: try encoder.encode(tree), as: UTF8.self)
      #expect(json.text([.sortedKeys, .shortEscapes, .escapedSlashes]) == slashed, "seed \(seed)")
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let plain = String(decoding: try encoder.encode(tree), as: UTF8.self)
      #expect(json.text([.sortedKeys, .shortEscapes]) == plain, "seed \(seed)")
      #expect(try JSON(parsing: plain).decoded(as: Tree.self) == tree, "seed \(seed)")
      #expect(try json.decoded(as: Tree.self) == tree, "seed \(seed)")
      #expect(try JSONDecoder().decode(Tree.self, from: Data(json.text().utf8)) == tree, "seed \(seed)")
    }
  }

  @Test func numbersAreWrittenAsFoundationWritesThem() throws {
    let doubles: [Double] = [
      0, -0.0, 1, 3, -2.5, 0.1, 1e-05, 1e15, 1e16, 1e17, 123456789012345680, 1e22, 1e100, .leastNonzeroMagnitude,
      .greatestFiniteMagnitude, .leastNormalMagnitude, 0.1 + 0.2, 1 / 3,
    ]
    for value in doubles + doubles.map({ -$0 }) {
      let expected = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
      #expect(JSON.number(value).text() == expected)
      let float = Float(value)
      guard float.isFinite else { continue }
      #expect(JSON.number(float).text() == String(decoding: try JSONEncoder().encode(float), as: UTF8.self))
    }
    #expect(JSON.number(JSONNumber(3 as Float, keepsPoint: true)).text() == "3.0")
    #expect(JSON.number(JSONNumber(1e-05, keepsPoint: true)).text() == "1e-05")
  }

  /// What a number in a text is to each type, and what it is not.
  @Test(arguments: [
    "0", "-0", "1", "-1", "1.0", "1.5", "1e2", "1E+2", "1e-2", "127", "128", "-128", "-129", "255", "256", "65536",
    "4294967296",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616", "0.1", "3.4028235e38", "1e308", "123456789.123456789", "true", "null", "\"1\"",
    "[1]", "{}",
  ]) func valuesAreReadAsFoundationReadsThem(_ text: String) throws {
    func check<T: Codable & Equatable>(_ type: T.Type) throws {
      let expected = Result { try JSONDecoder().decode([T].self, from: Data("[\(text)]".utf8)) }
      let json = try JSON(parsing: "[\(text)]")
      switch (expected, Result { try json.decoded(as: [T].self) }) {
      case (.success(let left), .success(let right)): #expect(left == right, "\(type)")
      case (.failure(let left), .failure(let right)):
        #expect(Self.summary(left) == Self.summary(right), "\(type)")
      case (let left, let right): Issue.record("\(type): \(left), \(right)")
      }
    }
    // Foundation says of null that it is of the wrong type, where it reads a Bool.
    if text != "null" { try check(Bool.self) }
    try check(String.self)
    try check(Int.self)
    try check(Int8.self)
    try check(Int32.self)
    try check(Int64.self)
    try check(UInt8.self)
    try check(UInt64.self)
    try check(Float.self)
    try check(Double.self)
    try check(Double?.self)
    try check([Int].self)
    try check([String: Int].self)
    try check(Choice.self)
  }

  @Test func whatIsTooSmallIsZero() throws {
    #expect(try JSON(parsing: "1e-300").decoded(as: Float.self) == 0)
    #expect(try JSON(parsing: "-1e-400").decoded(as: Double.self) == 0)
  }

  /// The kind of an error, and where it is; Foundation does not always say where a number is that a type cannot
  /// represent.
  private static func summary(_ error: any Error) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    }
    return switch error {
    case DecodingError.keyNotFound(let key, let context): "lacks \(key.stringValue) \(path(context))"
    case DecodingError.typeMismatch(_, let context): "type \(path(context))"
    case DecodingError.valueNotFound(_, let context): "null \(path(context))"
    case DecodingError.dataCorrupted: "corrupted"
    default: "\(error)"
    }
  }

  @Test(arguments: [
    "{}", "[]", "1", "null", #"{"integer":"1"}"#, #"{"integer":null}"#, #"{"integer":1.5}"#,
    #"{"integer":1,"unsigned":1,"small":1,"leaves":[{"float":1}]}"#,
    #"{"integer":1,"unsigned":1,"small":1,"leaves":[],"byName":{"a":1,"b":"x"}}"#,
    #"{"integer":1,"unsigned":1,"small":1,"leaves":[],"byName":{},"grid":[[1],[2,true]]}"#,
    #"{"integer":1,"unsigned":1,"small":300}"#, #"{"integer":1,"unsigned":1,"small":1,"leaves":null}"#,
    #"{"integer":1,"unsigned":1,"small":1,"leaves":[],"byName":{},"grid":[],"optional":{"kind":3}}"#,
  ]) func errorsAreThoseOfFoundation(_ text: String) throws {
    let expected = #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tree.self, from: Data(text.utf8)) }
    let error = #expect(throws: DecodingError.self) { try JSON(parsing: text).decoded(as: Tree.self) }
    if let expected, let error { #expect(Self.summary(error) == Self.summary(expected)) }
  }

  @Test func whatIsNotFiniteIsNotEncoded() {
    #expect(throws: EncodingError.self) { try JSON(encoding: [Double.infinity]) }
    #expect(throws: EncodingError.self) { try JSON(encoding: ["a": Float.nan]) }
  }

  /// Codable by hand: containers asked for twice, null, nested containers and those of a parent.
  @Test func containersMadeByHandAreThoseOfFoundation() throws {
    struct Handmade: Codable, Equatable {
      enum Key: String, CodingKey { case a, b, c, d }
      func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(1, forKey: .a)
        try object.encode(2, forKey: .a)
        var again = encoder.container(keyedBy: Key.self)
        try again.encodeNil(forKey: .b)
        var nested = object.nestedContainer(keyedBy: Key.self, forKey: .c)
        try nested.encode("x", forKey: .a)
        var array = object.nestedUnkeyedContainer(forKey: .d)
        try array.encodeNil()
        try array.encode(contentsOf: [1, 2])
        var inner = array.nestedUnkeyedContainer()
        try inner.encode(true)
        var innerObject = array.nestedContainer(keyedBy: Key.self)
        try innerObject.encode(1.5, forKey: .a)
        try "parent".encode(to: object.superEncoder())
      }
      init() {}
      init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        #expect(object.allKeys.count == 4)
        #expect(try object.decode(Int.self, forKey: .a) == 2)
        #expect(try object.decodeNil(forKey: .b))
        #expect(try object.decodeIfPresent(Int.self, forKey: .b) == nil)
        #expect(try object.nestedContainer(keyedBy: Key.self, forKey: .c).decode(String.self, forKey: .a) == "x")
        var array = try object.nestedUnkeyedContainer(forKey: .d)
        #expect(array.count == 5)
        #expect(try array.decodeNil())
        #expect(try array.decodeNil() == false)
        #expect(throws: DecodingError.self) { try array.decode(String.self) }
        #expect(try array.decode(Int.self) == 1 && array.currentIndex == 2)
        #expect(try array.decodeIfPresent(Int.self) == 2)
        var inner = try array.nestedUnkeyedContainer()
        #expect(try inner.decode(Bool.self) && inner.isAtEnd)
        #expect(throws: DecodingError.self) { try inner.decode(Bool.self) }
        #expect(try array.nestedContainer(keyedBy: Key.self).decode(Double.self, forKey: .a) == 1.5)
        #expect(array.isAtEnd)
        #expect(try String(from: object.superDecoder()) == "parent")
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = try JSON(encoding: Handmade())
    #expect(json.text(.sortedKeys) == String(decoding: try encoder.encode(Handmade()), as: UTF8.self))
    _ = try json.decoded(as: Handmade.self)
    _ = try JSONDecoder().decode(Handmade.self, from: Data(json.text().utf8))
  }
}
