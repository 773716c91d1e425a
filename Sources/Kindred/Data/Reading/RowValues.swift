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

/// A parser of times in bytes: seconds or milliseconds since 1970, or an ISO 8601 date.
package enum TimeText {
  /// The bound above which a number is milliseconds; as seconds it would be the year 5138.
  private static let mostSeconds = 1e11

  /// Parses a text as a time; nil for any other text.
  package static func microseconds(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    return ByteWindow(bytes, isLast: true).withBytes(0..<bytes.count) { microseconds($0, 0, $0.count) }
  }

  /// Parses a range as a time; nil for any other text.
  @inline(__always)
  static func microseconds(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Timestamp? {
    guard end > start else { return nil }
    if end - start <= 11 {
      var seconds: Timestamp = 0
      var position = start
      while position < end, bytes[position] &- .zero < 10 {
        seconds = seconds &* 10 &+ Timestamp(bytes[position] &- .zero)
        position += 1
      }
      if position == end { return seconds &* 1_000_000 }
    }
    return otherTime(bytes, start, end)
  }

  private static func otherTime(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Timestamp? {
    guard let number = NumberText.double(bytes, start, end) else { return date(bytes, start, end) }
    let microseconds = (abs(number) > mostSeconds ? number * 1e3 : number * 1e6).rounded()
    return abs(microseconds) < 1e18 ? Timestamp(microseconds) : nil
  }

  /// Parses `2015-03-09`, `2015-03-09T12:30:05.25Z` or `2015-03-09 12:30+02:00`; a time without a zone is UTC.
  private static func date(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Timestamp? {
    guard end - start <= 64 else { return nil }
    var text = DateText(bytes.array(start..<end))
    guard let year = text.digits(4), text.skip(45), let month = text.digits(2), text.skip(45), let day = text.digits(2),
      (1...12).contains(month), day >= 1, day <= dayCount(ofMonth: month, year: year)
    else { return nil }
    let midnight = days(year, month, day) * 86_400
    if text.isAtEnd { return midnight * 1_000_000 }
    guard text.skip(84) || text.skip(116) || text.skip(.space),
      let hour = text.digits(2), text.skip(.colon), let minute = text.digits(2), hour < 24, minute < 60
    else { return nil }
    var (second, fraction) = (0, 0)
    if text.skip(.colon) {
      guard let digits = text.digits(2), digits <= 60 else { return nil }
      second = digits
      if text.skip(46) || text.skip(44) {
        guard let digits = text.millionths() else { return nil }
        fraction = digits
      }
    }
    guard let zone = text.zone(), text.isAtEnd else { return nil }
    return (midnight + Timestamp(hour * 3600 + minute * 60 + second - zone)) * 1_000_000 + Timestamp(fraction)
  }

  private static func dayCount(ofMonth month: Int, year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Returns the days since 1970-01-01 in the Gregorian calendar. Years start in March, so that the leap day is last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Timestamp {
    // Adding 400 years, which are 146,097 days, keeps every dividend from being negative.
    let year = (month <= 2 ? year - 1 : year) + 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return Timestamp(365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468 - 146_097)
  }
}

/// The remaining characters of a date during parsing.
private struct DateText {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  /// Consumes the next character if it is the given one.
  mutating func skip(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  /// Consumes a number of exactly `count` digits; nil if there is none.
  mutating func digits(_ count: Int) -> Int? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1 - .zero) }
  }

  /// Consumes the digits of a fraction and returns it in millionths, rounded down; nil if there are no digits.
  mutating func millionths() -> Int? {
    let digits = rest.prefix { (48...57).contains($0) }
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    return (0..<6).reduce(0) { sum, place in
      sum * 10 + (place < digits.count ? Int(digits[digits.startIndex + place] - .zero) : 0)
    }
  }

  /// Consumes a time zone and returns its seconds ahead of UTC, 0 for no zone; nil for a malformed one.
  mutating func zone() -> Int? {
    if isAtEnd || skip(90) || skip(122) { return 0 }
    let isBehind = skip(45)
    guard isBehind || skip(43), let hours = digits(2), hours < 24 else { return nil }
    _ = skip(.colon)
    let minutes = isAtEnd ? 0 : digits(2)
    guard let minutes, minutes < 60 else { return nil }
    return (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
  }
}
