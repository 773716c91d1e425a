/// A JSON value as RFC 8259 defines it: <https://www.rfc-editor.org/rfc/rfc8259>.
///
/// An object keeps its members in order. Two values are equal where they are the same but for the order of members;
/// numbers are equal where their texts are, so 1 and 1.0 are not.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  @inlinable
  package static func integer(_ value: some BinaryInteger) -> JSON { .number(JSONNumber(value)) }

  /// - Precondition: the value is finite.
  package static func number(_ value: Float) -> JSON { .number(JSONNumber(value)) }

  /// - Precondition: the value is finite.
  package static func number(_ value: Double) -> JSON { .number(JSONNumber(value)) }

  /// The value of a member; nil where this is no object or has no such member. O(members).
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == name }?.1
  }
}

extension JSON: Equatable {
  package static func == (left: JSON, right: JSON) -> Bool { left.text(.sortedKeys) == right.text(.sortedKeys) }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
  package init(dictionaryLiteral members: (String, JSON)...) { self = .object(members) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(stringLiteral text: String) { self = .string(text) }
}

/// A number of JSON, kept as its text: no digit of it is lost.
package struct JSONNumber: Sendable, Equatable {
  package let text: String

  /// - Precondition: the text is a number of JSON.
  package init(unchecked text: String) { self.text = text }

  @inlinable
  package init(_ value: some BinaryInteger) { self.init(unchecked: value.description) }

  /// The shortest decimal that reads back as the value.
  ///
  /// - Parameter keepsPoint: whether a whole number has a point, as in `3.0`.
  /// - Precondition: the value is finite.
  package init(_ value: Float, keepsPoint: Bool = false) {
    precondition(value.isFinite, "JSON has finite numbers alone")
    self.init(decimal: value.description, keepsPoint: keepsPoint)
  }

  /// The shortest decimal that reads back as the value.
  ///
  /// - Parameter keepsPoint: whether a whole number has a point, as in `3.0`.
  /// - Precondition: the value is finite.
  package init(_ value: Double, keepsPoint: Bool = false) {
    precondition(value.isFinite, "JSON has finite numbers alone")
    self.init(decimal: value.description, keepsPoint: keepsPoint)
  }

  private init(decimal: String, keepsPoint: Bool) {
    text = !keepsPoint && decimal.hasSuffix(".0") ? String(decimal.dropLast(2)) : decimal
  }

  /// The number as an integer; nil where it is none, or none of this type. 1.0 and 1e2 are integers.
  package func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer? {
    let isPlain = text.utf8.allSatisfy {
      $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
    }
    // A double would round a plain integer that is out of range into it.
    return isPlain ? Integer(text) : Double(text).flatMap { Integer(exactly: $0) }
  }

  /// The nearest double, 0 for what is too small; nil where the number is too large.
  package var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

  /// The nearest float, 0 for what is too small; nil where the number is too large.
  package var float: Float? { Float(text).flatMap { $0.isFinite ? $0 : nil } }
}
