/// Reads the tokens of JSON from UTF-8 bytes, from left to right, and builds nothing of them.
///
/// The caller asks for the token that it expects, and gives the same bytes to every method, since a value cannot hold a
/// span. Where a method throws, the position is not defined.
package struct JSONScanner {
  /// Where a string lies, without its quotes.
  package struct Text {
    package var start: Int
    package var end: Int
    /// Whether there are backslashes in it.
    package var hasEscapes: Bool

    @inlinable
    init(start: Int, end: Int, hasEscapes: Bool) {
      self.start = start
      self.end = end
      self.hasEscapes = hasEscapes
    }
  }

  /// The next byte to read.
  package var position: Int
  /// Where reading ends.
  package let end: Int

  /// Reads a range of bytes.
  @inlinable
  package init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  @inlinable
  package var isAtEnd: Bool { position >= end }

  /// The next byte; nil at the end.
  @inlinable @inline(__always)
  package func next(_ bytes: Span<UInt8>) -> UInt8? { position < end ? bytes[position] : nil }

  /// Passes over spaces, tabs and line ends.
  @inlinable @inline(__always)
  package mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while position < end, Self.isBlank(bytes[position]) { position += 1 }
  }

  /// Passes over one byte; false where another one is next.
  @inlinable @inline(__always)
  package mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    guard position < end, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Passes over a string; nil where none starts here, where it does not end, or holds a control character.
  ///
  /// Its escapes are not looked at; ``unescaped(_:in:)`` does.
  @inlinable @inline(__always)
  package mutating func text(_ bytes: Span<UInt8>) -> Text? {
    let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
    guard position < end, bytes[position] == quote else { return nil }
    let start = position + 1
    var next = start
    var hasEscapes = false
    while next < end {
      let byte = bytes[next]
      // Two comparisons are enough for letters and digits.
      if byte > quote, byte != backslash {
        next += 1
        continue
      }
      if byte == quote {
        position = next + 1
        return Text(start: start, end: next, hasEscapes: hasEscapes)
      }
      if byte < 0x20 { return nil }
      if byte == backslash {
        hasEscapes = true
        next += 1
      }
      next += 1
    }
    return nil
  }

  /// Passes over a number, `null`, `true` or `false`, or what stands in place of one: up to a blank, a comma or the end of
  /// an object.
  @inlinable @inline(__always)
  package mutating func word(_ bytes: Span<UInt8>) -> Range<Int> {
    let start = position
    var next = position
    while next < end, !Self.isBlank(bytes[next]), bytes[next] != UInt8(ascii: ","), bytes[next] != UInt8(ascii: "}") {
      next += 1
    }
    position = next
    return start..<next
  }

  /// Whether a range holds a word such as `null`.
  package static func matches(_ word: StaticString, _ range: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    var position = range.lowerBound
    for byte in word.description.utf8 {
      if bytes[position] != byte { return false }
      position += 1
    }
    return true
  }

  /// Passes over an array or an object, whose brackets are counted and whose values are not checked; false where it does
  /// not end.
  ///
  /// Depth is a number here, so no nesting is too deep.
  package mutating func skipNested(_ bytes: Span<UInt8>) -> Bool {
    var depth = 0
    while position < end {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard text(bytes) != nil else { return false }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return true }
    }
    return false
  }

  @inlinable @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}

extension JSONScanner {
  /// Passes over blanks and one character.
  package mutating func expect(_ character: Unicode.Scalar, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    skipBlanks(bytes)
    guard take(UInt8(ascii: character), bytes) else { throw malformed("'\(character)'") }
  }

  /// Reads an object; `member` reads the value of a name.
  package mutating func object(
    _ bytes: Span<UInt8>, _ member: (inout JSONScanner, String) throws(MalformedJSON) -> Void
  ) throws(MalformedJSON) {
    try list(from: "{", to: "}", bytes) { (scanner) throws(MalformedJSON) in
      let name = try scanner.string(bytes)
      try scanner.expect(":", bytes)
      try member(&scanner, name)
    }
  }

  /// Reads an array of integers that are not negative.
  package mutating func counts(_ bytes: Span<UInt8>) throws(MalformedJSON) -> [Int] {
    var counts: [Int] = []
    try list(from: "[", to: "]", bytes) { (scanner) throws(MalformedJSON) in counts.append(try scanner.count(bytes)) }
    return counts
  }

  private mutating func list(
    from open: Unicode.Scalar, to close: Unicode.Scalar, _ bytes: Span<UInt8>,
    _ element: (inout JSONScanner) throws(MalformedJSON) -> Void
  ) throws(MalformedJSON) {
    try expect(open, bytes)
    skipBlanks(bytes)
    if take(UInt8(ascii: close), bytes) { return }
    repeat {
      try element(&self)
      skipBlanks(bytes)
    } while take(UInt8(ascii: ","), bytes)
    try expect(close, bytes)
  }

  /// Reads an integer that is not negative.
  private mutating func count(_ bytes: Span<UInt8>) throws(MalformedJSON) -> Int {
    skipBlanks(bytes)
    let start = position
    var number = 0
    while let byte = next(bytes), Self.isDigit(byte) {
      let (tenfold, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeNow) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      if isTooLarge || isTooLargeNow {
        throw MalformedJSON(expected: "a number of at most 64 bits", position: start)
      }
      number = sum
      position += 1
    }
    let isPadded = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    if position == start || isPadded {
      throw MalformedJSON(expected: "a whole number, not negative", position: start)
    }
    return number
  }

  /// Reads any number that is not too large for `Double`.
  package mutating func number(_ bytes: Span<UInt8>) throws(MalformedJSON) -> JSONNumber {
    skipBlanks(bytes)
    let start = position
    _ = take(UInt8(ascii: "-"), bytes)
    if !take(UInt8(ascii: "0"), bytes) { try digits(bytes) }
    if take(UInt8(ascii: "."), bytes) { try digits(bytes) }
    var hasExponent = false
    if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
      hasExponent = true
      if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
      try digits(bytes)
    }
    let number = JSONNumber(unchecked: String(decoding: Self.copy(bytes, start..<position), as: UTF8.self))
    // So many digits are in range.
    if (hasExponent || position - start > 300) && number.double == nil {
      throw MalformedJSON(expected: "a number of at most 64 bits", position: start)
    }
    return number
  }

  /// Reads a string; what is between the quotes must be UTF-8.
  package mutating func string(_ bytes: Span<UInt8>) throws(MalformedJSON) -> String {
    try expect("\"", bytes)
    let start = position
    guard let string = String(validating: try characters(bytes), as: UTF8.self) else {
      throw MalformedJSON(expected: "UTF-8", position: start)
    }
    try expect("\"", bytes)
    return string
  }

  /// Passes over a word such as `null`.
  mutating func expect(word: StaticString, _ bytes: Span<UInt8>) throws(MalformedJSON) {
    let range = position..<position + word.utf8CodeUnitCount
    guard range.upperBound <= end, Self.matches(word, range, bytes) else { throw malformed("a value") }
    position = range.upperBound
  }

  /// Passes over blanks; nothing may follow.
  package mutating func expectEnd(_ bytes: Span<UInt8>) throws(MalformedJSON) {
    skipBlanks(bytes)
    if !isAtEnd { throw malformed("the end") }
  }

  /// The text that a string with escapes stands for; nil where an escape is none, or the text is no UTF-8.
  package static func unescaped(_ bytes: Span<UInt8>, in range: Range<Int>) -> [UInt8]? {
    var scanner = JSONScanner(range)
    guard let text = try? scanner.characters(bytes), scanner.isAtEnd, String(validating: text, as: UTF8.self) != nil
    else { return nil }
    return text
  }

  func malformed(_ expected: String) -> MalformedJSON { MalformedJSON(expected: expected, position: position) }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(range.count)
    for position in range { copy.append(bytes[position]) }
    return copy
  }

  private mutating func digits(_ bytes: Span<UInt8>) throws(MalformedJSON) {
    let start = position
    while let byte = next(bytes), Self.isDigit(byte) { position += 1 }
    if position == start { throw malformed("a digit") }
  }

  /// Reads up to a quote or to the end, with escapes replaced by what they stand for.
  private mutating func characters(_ bytes: Span<UInt8>) throws(MalformedJSON) -> [UInt8] {
    var text: [UInt8] = []
    while let byte = next(bytes), byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw malformed("a control character to be escaped") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        try appendEscaped(bytes, to: &text)
      } else {
        text.append(byte)
      }
    }
    return text
  }

  /// Reads what follows a backslash.
  private mutating func appendEscaped(_ bytes: Span<UInt8>, to text: inout [UInt8]) throws(MalformedJSON) {
    guard let byte = next(bytes) else { throw malformed("an escaped character") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var units = [try codeUnit(bytes)]
      if UTF16.isLeadSurrogate(units[0]) {
        guard take(UInt8(ascii: "\\"), bytes), take(UInt8(ascii: "u"), bytes) else {
          throw malformed("the other half of a surrogate pair")
        }
        units.append(try codeUnit(bytes))
      }
      guard let scalars = String(validating: units, as: UTF16.self) else {
        throw malformed("a surrogate pair before this")
      }
      text.append(contentsOf: scalars.utf8)
    default: throw malformed("an escape of JSON before this")
    }
  }

  private mutating func codeUnit(_ bytes: Span<UInt8>) throws(MalformedJSON) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next(bytes), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
