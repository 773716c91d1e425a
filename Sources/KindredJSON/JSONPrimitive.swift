/// A type that is one JSON value rather than made of others.
///
/// The containers of `Codable` ask for a method for each of these types; one generic method serves them all through
/// this.
protocol JSONPrimitive {
  /// The value in JSON; nil where JSON has none, as for infinity.
  var json: JSON? { get }

  /// Reads a value.
  ///
  /// - Throws: ``Misfit``.
  static func read(_ json: JSON) throws(Misfit) -> Self
}

/// Why a value of JSON is none of a type.
enum Misfit: Error {
  case type
  /// A number that the type cannot represent.
  case range
}

extension Bool: JSONPrimitive {
  var json: JSON? { .bool(self) }

  static func read(_ json: JSON) throws(Misfit) -> Bool {
    guard case .bool(let value) = json else { throw .type }
    return value
  }
}

extension String: JSONPrimitive {
  var json: JSON? { .string(self) }

  static func read(_ json: JSON) throws(Misfit) -> String {
    guard case .string(let value) = json else { throw .type }
    return value
  }
}

extension Double: JSONPrimitive {
  var json: JSON? { isFinite ? .number(self) : nil }

  static func read(_ json: JSON) throws(Misfit) -> Double {
    guard case .number(let number) = json else { throw .type }
    guard let value = number.double else { throw .range }
    return value
  }
}

extension Float: JSONPrimitive {
  var json: JSON? { isFinite ? .number(self) : nil }

  static func read(_ json: JSON) throws(Misfit) -> Float {
    guard case .number(let number) = json else { throw .type }
    guard let value = number.float else { throw .range }
    return value
  }
}

extension JSONPrimitive where Self: FixedWidthInteger {
  var json: JSON? { .integer(self) }

  static func read(_ json: JSON) throws(Misfit) -> Self {
    guard case .number(let number) = json else { throw .type }
    guard let value: Self = number.integer() else { throw .range }
    return value
  }
}

extension Int: JSONPrimitive {}
extension Int8: JSONPrimitive {}
extension Int16: JSONPrimitive {}
extension Int32: JSONPrimitive {}
extension Int64: JSONPrimitive {}
extension Int128: JSONPrimitive {}
extension UInt: JSONPrimitive {}
extension UInt8: JSONPrimitive {}
extension UInt16: JSONPrimitive {}
extension UInt32: JSONPrimitive {}
extension UInt64: JSONPrimitive {}
extension UInt128: JSONPrimitive {}
