/// The fields of a row in the text form of COPY that are numbers.
struct CopiedRow {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field; nil for NULL.
  mutating func integer() -> Int64? {
    var value: Int64 = 0
    var isNegative = false
    var isNull = false
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\t"), UInt8(ascii: "\n"): return isNull ? nil : isNegative ? 0 &- value : value
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "\\"): isNull = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value &* 10 &+ Int64(byte - UInt8(ascii: "0"))
      default: break
      }
    }
    return isNull ? nil : isNegative ? 0 &- value : value
  }

  /// The next field.
  mutating func number() -> Double {
    let start = place
    var whole = 0
    var isWhole = true
    while place < bytes.count, bytes[place] != UInt8(ascii: "\t"), bytes[place] != UInt8(ascii: "\n") {
      let digit = Int(bytes[place]) - 48
      if (0...9).contains(digit), place - start < 9 { whole = whole * 10 + digit } else { isWhole = false }
      place += 1
    }
    defer { place += 1 }
    if isWhole { return Double(whole) }
    return Double(String(decoding: bytes[start..<place], as: UTF8.self)) ?? .nan
  }
}
