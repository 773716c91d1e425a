/// A parser of numbers in bytes, which creates a string only for unusual numbers.
enum NumberText {
  /// Parses a range as a number: infinite if it is too large, nil if the range is no number.
  ///
  /// The fast path takes up to fifteen digits with a point. They are an exact integer and a power of ten up to 10²² is
  /// exact too, so their quotient is correctly rounded (Clinger 1990, <https://doi.org/10.1145/93542.93557>). The
  /// standard library parses the rest.
  @inline(__always)
  static func float(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Float? {
    guard let double = shortDecimal(bytes, start, end) else { return slowFloat(bytes, start, end) }
    // Rounding twice is wrong only if the first result is exactly between two floats.
    if double.bitPattern & 0x1FFF_FFFF == 0x1000_0000 { return slowFloat(bytes, start, end) }
    return Float(double)
  }

  /// Parses a number with at most fifteen digits and no exponent; nil for any other text.
  @inline(__always)
  private static func shortDecimal(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
    var position = start
    guard position < end, end - start <= 17 else { return nil }
    let isNegative = bytes[position] == 45
    if isNegative || bytes[position] == 43 { position += 1 }
    var digits: Int64 = 0
    var digitCount = 0
    var decimals = 0
    var isBehindPoint = false
    while position < end {
      let byte = bytes[position]
      if byte &- .zero < 10 {
        digits = digits &* 10 &+ Int64(byte &- .zero)
        digitCount += 1
        if isBehindPoint { decimals += 1 }
      } else if byte == 46, !isBehindPoint {
        isBehindPoint = true
      } else {
        return nil
      }
      position += 1
    }
    guard digitCount > 0, digitCount <= 15 else { return nil }
    // Half stars have one decimal, so the common divisors skip the table.
    let divisor = decimals == 0 ? 1 : decimals == 1 ? 10 : powersOfTen[decimals]
    let magnitude = Double(digits) / divisor
    return isNegative ? -magnitude : magnitude
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// The most bytes of a number.
  private static let longest = 400

  private static func slowFloat(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Float? {
    decimalText(bytes, start, end).flatMap { text in
      // For numbers out of range, some releases of the standard library return nil and others infinity.
      Float(text) ?? Double(text).map { Float($0) }
    }
  }

  /// Parses any decimal number, with or without an exponent.
  static func double(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
    shortDecimal(bytes, start, end) ?? decimalText(bytes, start, end).flatMap { Double($0) }
  }

  /// Returns whether a text is a decimal number, of any size.
  static func isNumber(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return ByteWindow(bytes, isLast: true).withBytes(0..<bytes.count) { double($0, 0, $0.count) != nil }
  }

  /// Returns the text of a range if it has only characters of a decimal number; Swift's own parser also accepts `nan`,
  /// `inf` and hexadecimal.
  private static func decimalText(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String? {
    guard end - start <= longest else { return nil }
    for position in start..<end {
      switch bytes[position] {
      case 48...57, 43, 45, 46, 101, 69: continue
      default: return nil
      }
    }
    return bytes.text(start..<end)
  }
}

/// The form of the values in a column.
enum ValueForm: Sendable, Equatable {
  /// Numbers with a decimal point.
  case plain
  /// Numbers with a decimal comma, and perhaps points between thousands.
  case decimalComma
  /// Numbers with commas between thousands.
  case thousands
  /// `true` and `false`, `yes` and `no`, in the place of 1 and 0.
  case boolean

  /// Recognises the form of a column by some of its texts, of which missing ones are left out.
  ///
  /// - Parameter commasSeparate: Whether commas separate the columns; in such a file `"4,500"` is 4500, in others 4.5.
  static func recognised(in texts: [String], commasSeparate: Bool) -> ValueForm {
    if !texts.isEmpty, texts.allSatisfy({ truth($0.utf8) != nil }) { return .boolean }
    let withCommas = texts.filter { $0.contains(",") }
    guard !withCommas.isEmpty, withCommas.allSatisfy({ number($0, .decimalComma) ?? number($0, .thousands) != nil })
    else { return .plain }
    let areThousands = withCommas.allSatisfy { number($0, .thousands) != nil }
    let areDecimals = withCommas.allSatisfy { number($0, .decimalComma) != nil }
    if areThousands, !areDecimals || commasSeparate && !withCommas.contains(where: { $0.hasPrefix("0") }) {
      return .thousands
    }
    return areDecimals ? .decimalComma : .plain
  }

  /// Parses a text that is no number with a decimal point; nil for a text of another form.
  func number(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Float? {
    let text = bytes.text(start..<end)
    switch self {
    case .plain: return nil
    case .boolean: return Self.truth(text.utf8).map { $0 ? 1 : 0 }
    case .decimalComma, .thousands: return Self.number(text, self).map { Float($0) }
    }
  }

  /// Returns whether a text is a number in any of the forms.
  static func isNumber(_ text: String) -> Bool {
    NumberText.isNumber(text) || text.contains(",") && number(text, .decimalComma) ?? number(text, .thousands) != nil
  }

  private static func number(_ text: String, _ form: ValueForm) -> Double? {
    let (point, separator): (Character, Character) = form == .decimalComma ? (",", ".") : (".", ",")
    let parts = text.split(separator: point, omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.dropFirst().allSatisfy({ !$0.contains(separator) }) else { return nil }
    let groups = parts[0].split(separator: separator, omittingEmptySubsequences: false)
    let digits = groups[0].drop { $0 == "-" || $0 == "+" }
    guard groups.count == 1 || (1...3).contains(digits.count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
      return nil
    }
    let plain = groups.joined() + (parts.count == 2 ? "." + parts[1] : "")
    return NumberText.isNumber(plain) ? Double(plain) : nil
  }

  static func truth(_ text: some Collection<UInt8>) -> Bool? {
    guard text.count <= 5 else { return nil }
    return truths[String(decoding: text, as: UTF8.self).lowercased()]
  }

  private static let truths = [
    "true": true, "false": false, "yes": true, "no": false, "t": true, "f": false, "y": true, "n": false,
    "up": true, "down": false,
  ]
}
