@testable import KindredJSON

/// SplitMix64.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

extension JSON {
  /// A value of any kind with numbers of any size, and texts with what has to be escaped and what has not.
  static func random(depth: Int, using random: inout SplitMix) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64(bitPattern: random.next() >> UInt64.random(in: 0..<64, using: &random)))
    case 3: return .number(Double.random(using: &random))
    case 4: return .number(Float.random(using: &random))
    case 5, 6: return .string(String.random(using: &random))
    case 7:
      return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
    default:
      let names = Set((0..<Int.random(in: 0..<5, using: &random)).map { _ in String.random(using: &random) })
      return .object(names.sorted().map { ($0, .random(depth: depth - 1, using: &random)) })
    }
  }
}

extension String {
  static func random(using random: inout SplitMix) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<8, using: &random) {
      let scalar: UInt32 =
        switch Int.random(in: 0..<6, using: &random) {
        case 0: UInt32.random(in: 0..<0x20, using: &random)
        case 1, 2: UInt32.random(in: 0x20..<0x80, using: &random)
        case 3: UInt32.random(in: 0x80..<0x800, using: &random)
        default: UInt32.random(in: 0..<0x110000, using: &random)
        }
      text.unicodeScalars.append(Unicode.Scalar(scalar) ?? "/")
    }
    return text
  }
}

extension Double {
  /// A finite number: of any bits, or one that is short in decimal.
  static func random(using random: inout SplitMix) -> Double {
    if Bool.random(using: &random) { return Double(Int.random(in: -5000...5000, using: &random)) / 100 }
    let value = Double(bitPattern: random.next())
    return value.isFinite ? value : 0
  }
}

extension Float {
  /// A finite number: of any bits, or one that is short in decimal.
  static func random(using random: inout SplitMix) -> Float {
    if Bool.random(using: &random) { return Float(Int.random(in: -5000...5000, using: &random)) / 100 }
    let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
    return value.isFinite ? value : 0
  }
}
