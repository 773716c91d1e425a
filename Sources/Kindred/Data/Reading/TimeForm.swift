/// The form of the times in a column: the unit of its numbers, or how its dates are written.
enum TimeForm: Sendable, Equatable {
  /// Numbers count units since 1970.
  case unit(Unit)
  /// Numbers count days since 1899-12-30, with the time of day as the fraction, as spreadsheets keep dates.
  case spreadsheetDays
  /// Numbers are dates without separators: `20170714`, `20170714123005`.
  case digits
  /// Texts are dates; the order of day and month matters only if both are numbers and the year is last.
  case dates(DayOrder?)

  /// The unit of numbers.
  enum Unit: Sendable, CaseIterable {
    case seconds, milliseconds, microseconds, nanoseconds
  }

  /// The order of day and month in dates such as `12/1/2010`.
  enum DayOrder: String, Sendable {
    case dayFirst = "dmy"
    case monthFirst = "mdy"
  }

  /// The forms that can be read, for messages.
  static let known =
    "seconds, ms, µs or ns since 1970, 20170714, 2017-07-14 18:00:09, 14.07.2017 18:00, Tue Apr 03 18:00:09 2012"

  /// The name of the form in reports.
  var name: String {
    switch self {
    case .unit(.seconds): "seconds since 1970"
    case .unit(.milliseconds): "milliseconds since 1970"
    case .unit(.microseconds): "microseconds since 1970"
    case .unit(.nanoseconds): "nanoseconds since 1970"
    case .spreadsheetDays: "days since 1899-12-30, as in spreadsheets"
    case .digits: "dates as YYYYMMDD"
    case .dates(.dayFirst?): "dates, the day first"
    case .dates(.monthFirst?): "dates, the month first"
    case .dates(nil): "dates"
    }
  }

  /// The factor that turns whole numbers into timestamps; nil if multiplication does not.
  var scale: Scale? {
    switch self {
    case .unit(.seconds): Scale(factor: 1_000_000, mostDigits: 11)
    case .unit(.milliseconds): Scale(factor: 1000, mostDigits: 14)
    case .unit(.microseconds): Scale(factor: 1, mostDigits: 17)
    default: nil
    }
  }

  static let perSecond: Timestamp = 1_000_000
  /// The bound of years, in seconds: the end of the year 9999.
  private static let mostSeconds: Timestamp = 253_402_300_799
}

extension TimeForm {
  /// A text in the sample of a column that has no known form, or several.
  enum Doubt: Error, Equatable {
    /// The number is in no unit in which it lies between 1970 and 2100.
    case noUnit(String)
    /// Every date of the sample can be read with the day first and with the month first.
    case dayOrMonth(String)
  }

  /// Recognises the form of a column by some of its texts, of which missing ones are left out.
  static func recognised(in texts: [String], order: DayOrder?) throws(Doubt) -> TimeForm {
    guard let first = texts.first else { return .unit(.seconds) }
    if order == nil, texts.allSatisfy({ $0.utf8.allSatisfy { $0 &- .zero < 10 } && digitDate(Array($0.utf8)) != nil }) {
      return .digits
    }
    let numbers = texts.compactMap { NumberText.isNumber($0) ? Double($0).map { abs($0) } : nil }
    // A few dates between numbers do not change the unit of the numbers, nor the other way round.
    if order == nil, numbers.count * 2 > texts.count {
      let typical = numbers.filter { $0 != 0 }.sorted()
      guard !typical.isEmpty else { return .unit(.seconds) }
      // As seconds, all of them would be within one day of 1970; as days they are from 1982 to 2064.
      if typical.count == numbers.count, typical.allSatisfy({ (30_000...60_000).contains($0) }) {
        return .spreadsheetDays
      }
      switch typical[typical.count / 2] {
      case ..<4.2e9: return .unit(.seconds)
      case 1e11..<4.2e12: return .unit(.milliseconds)
      case 1e14..<4.2e15: return .unit(.microseconds)
      case 9e17..<4.2e18: return .unit(.nanoseconds)
      case 1e20...: return .unit(.seconds)
      default: throw .noUnit(first)
      }
    }
    var orders: Set<DayOrder> = []
    var isOrdered = false
    for text in texts where !NumberText.isNumber(text) {
      switch DateText.order(of: text) {
      case .some(let found):
        isOrdered = true
        if let found { orders.insert(found) }
      case nil: continue
      }
    }
    if !isOrdered { return .dates(nil) }
    if let order { return .dates(order) }
    if orders.count == 1, let order = orders.first { return .dates(order) }
    throw .dayOrMonth(texts.first { DateText.order(of: $0) != nil } ?? first)
  }

  /// Parses a range as a time; nil for a text of another form.
  @inline(__always)
  func time(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Timestamp? {
    if let scale, let time = scale.time(bytes, start, end) { return time }
    return slowTime(bytes, start, end)
  }

  /// The factor of whole numbers.
  struct Scale: Sendable {
    let factor: Timestamp
    /// The most digits with which the product is before the year 5139.
    let mostDigits: Int

    @inline(__always)
    func time(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Timestamp? {
      guard end > start, end - start <= mostDigits else { return nil }
      var number: Timestamp = 0
      for position in start..<end {
        let digit = bytes[position] &- .zero
        guard digit < 10 else { return nil }
        number = number &* 10 &+ Timestamp(digit)
      }
      return number &* factor
    }
  }

  private func slowTime(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Timestamp? {
    let text = bytes.text(start..<end)
    switch self {
    case .digits:
      if let date = Self.digitDate(Array(text.utf8)) { return date }
    case .unit(let unit):
      let perSecond: Timestamp =
        switch unit {
        case .seconds: 1
        case .milliseconds: 1000
        case .microseconds: 1_000_000
        case .nanoseconds: 1_000_000_000
        }
      if let whole = Timestamp(text) {
        let (product, overflow) =
          perSecond > Self.perSecond
          ? (Self.floor(whole, perSecond / Self.perSecond), false)
          : whole.multipliedReportingOverflow(by: Self.perSecond / perSecond)
        return overflow || abs(product / Self.perSecond) > Self.mostSeconds ? nil : product
      }
      if let number = NumberText.double(bytes, start, end) {
        let scaled = (number * Double(Self.perSecond) / Double(perSecond)).rounded()
        return abs(scaled) <= Double(Self.mostSeconds * Self.perSecond) ? Timestamp(scaled) : nil
      }
    case .spreadsheetDays:
      if let days = NumberText.double(bytes, start, end), abs(days) < 1e6 {
        return Timestamp(((days - 25_569) * 86_400).rounded()) * Self.perSecond
      }
    case .dates: break
    }
    return if case .dates(let order) = self {
      // A number among dates is a number of seconds.
      DateText.seconds(text, order: order) ?? TimeForm.unit(.seconds).scale?.time(bytes, start, end)
    } else {
      // A date among numbers, as some logs have, is certain only if it starts with the year.
      DateText.seconds(text, order: nil)
    }
  }

  private static func floor(_ number: Timestamp, _ divisor: Timestamp) -> Timestamp {
    number / divisor - (number < 0 && number % divisor != 0 ? 1 : 0)
  }

  /// Parses a date without separators, from the year to the day, the hour, the minute or the second.
  private static func digitDate(_ digits: [UInt8]) -> Timestamp? {
    guard [8, 10, 12, 14].contains(digits.count), digits.allSatisfy({ $0 &- .zero < 10 }) else { return nil }
    func number(_ range: Range<Int>) -> Int {
      range.upperBound > digits.count ? 0 : digits[range].reduce(0) { $0 * 10 + Int($1 &- .zero) }
    }
    let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
    let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
    guard (1900...2100).contains(year), hour < 24, minute < 60, second < 60,
      let midnight = DateText.midnight(year, month, day)
    else { return nil }
    return (midnight + Timestamp(hour * 3600 + minute * 60 + second)) * perSecond
  }
}

extension TimeForm {
  /// Whether a text stands for a time, a number or a text that is not known.
  static func isMissing(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    end - start <= 4 && missing.contains(bytes.text(start..<end).lowercased())
  }

  static func isMissing(_ text: String) -> Bool { text.utf8.count <= 4 && missing.contains(text.lowercased()) }

  private static let missing: Set<String> = ["", "nat", "null", "none", "nan", "\\n", "na", "n/a", "-", "nil"]
}

/// A parser of written dates, with or without the time of day.
struct DateText {
  private let text: [UInt8]
  private var position = 0

  private init(_ text: String) { self.text = Array(text.lowercased().utf8) }

  /// Parses a date; nil for any other text, and for day and month in numbers before the year without an `order`.
  ///
  /// A time without a zone is UTC. Known forms are ISO 8601, `2017/07/14`, `14.07.2017 07:01`, `7/14/2017 7:01 PM`,
  /// `14 Jul 2017`, `July 14, 2017`, `Tue Apr 03 18:00:09 +0000 2012` and `Tue, 03 Apr 2012 18:00:09 GMT`.
  static func seconds(_ text: String, order: TimeForm.DayOrder?) -> Timestamp? {
    guard text.utf8.count <= 64 else { return nil }
    var parser = DateText(text)
    return parser.parse(order)
  }

  /// Returns whether day and month of a date are numbers before the year, and which order alone fits, if one does; nil
  /// for other texts.
  static func order(of text: String) -> TimeForm.DayOrder?? {
    let numbers = text.prefix(10).split(whereSeparator: { !$0.isNumber }).prefix(2)
    guard numbers.count == 2, numbers.allSatisfy({ $0.count <= 2 }) else { return nil }
    let isDayFirst = seconds(text, order: .dayFirst) != nil
    let isMonthFirst = seconds(text, order: .monthFirst) != nil
    guard isDayFirst || isMonthFirst, seconds(text, order: nil) == nil else { return nil }
    if numbers[0] == numbers[1], isDayFirst, isMonthFirst { return .some(nil) }
    return isDayFirst && isMonthFirst ? .some(nil) : isDayFirst ? .dayFirst : .monthFirst
  }

  private mutating func parse(_ order: TimeForm.DayOrder?) -> Timestamp? {
    skipBlanks()
    if Self.weekdays.contains(String(peekedWord.prefix(3))) {
      _ = word()
      _ = skip(44)
      skipBlanks()
    }
    var clock: (seconds: Timestamp, zone: Timestamp)?
    guard let (year, month, day) = date(order, &clock) else { return nil }
    if clock == nil {
      let hadBlank = skipBlanks()
      let hasTime = skip(UInt8(ascii: "t")) || hadBlank
      if isAtEnd { return hasTime && !hadBlank ? nil : Self.midnight(year, month, day).map { $0 * TimeForm.perSecond } }
      _ = skip(44)
      skipBlanks()
      guard hasTime, let time = timeOfDay() else { return nil }
      clock = time
    }
    guard isAtEnd, let clock, let midnight = Self.midnight(year, month, day) else { return nil }
    return (midnight - clock.zone) * TimeForm.perSecond + clock.seconds
  }

  /// Consumes the date, and the time of day if it stands before the year.
  private mutating func date(
    _ order: TimeForm.DayOrder?, _ clock: inout (seconds: Timestamp, zone: Timestamp)?
  ) -> (Int, Int, Int)? {
    if let month = monthName() {
      // July 14, 2017; Apr 03 18:00:09 +0000 2012
      skipBlanks()
      guard let day = number(1...2) else { return nil }
      _ = skip(44)
      skipBlanks()
      if let year = yearAlone() { return (year, month, day) }
      guard let time = timeOfDay() else { return nil }
      clock = time
      skipBlanks()
      guard let year = number(4...4) else { return nil }
      return (year, month, day)
    }
    let start = position
    if let year = number(4...4) {
      guard let separator = separator(), let month = number(1...2), skip(separator), let day = number(1...2) else {
        return nil
      }
      return (year, month, day)
    }
    position = start
    guard let first = number(1...2) else { return nil }
    let separator = separator() ?? UInt8.space
    if separator == .space { skipBlanks() }
    if let month = monthName() {
      // 14 Jul 2017, 14-Jul-2017
      _ = skip(44) || skip(separator)
      skipBlanks()
      guard let year = number(4...4) else { return nil }
      return (year, month, first)
    }
    guard let second = number(1...2) else { return nil }
    if separator == .space {
      // 09 13, 2009, as the reviews of Amazon have it
      guard skip(44), skipBlanks(), let year = number(4...4) else { return nil }
      return (year, first, second)
    }
    guard let order, skip(separator) else { return nil }
    let yearStart = position
    var year = number(4...4)
    if year == nil {
      position = yearStart
      year = number(2...2).map { $0 < 70 ? 2000 + $0 : 1900 + $0 }
    }
    guard let year else { return nil }
    return order == .dayFirst ? (year, second, first) : (year, first, second)
  }

  private mutating func yearAlone() -> Int? {
    let start = position
    if let year = number(4...4), !(position < text.count && text[position] == .colon) { return year }
    position = start
    return nil
  }

  /// Consumes a time of day with its zone; the zone in seconds ahead of UTC, 0 for none.
  private mutating func timeOfDay() -> (seconds: Timestamp, zone: Timestamp)? {
    guard var hour = number(1...2), skip(.colon), let minute = number(2...2), minute < 60 else { return nil }
    var second = 0
    var fraction: Timestamp = 0
    if skip(.colon) {
      guard let digits = number(2...2), digits <= 60 else { return nil }
      second = digits
      if skip(.point) || skip(44) {
        var digits = 0
        var scale = TimeForm.perSecond
        while !isAtEnd, text[position] &- .zero < 10 {
          scale /= 10
          fraction += scale * Timestamp(text[position] &- .zero)
          digits += 1
          position += 1
        }
        if digits == 0 { return nil }
      }
    }
    var zone = 0
    let start = position
    skipBlanks()
    if ["am", "pm"].contains(peekedWord) {
      guard (1...12).contains(hour) else { return nil }
      hour = hour % 12 + (word() == "pm" ? 12 : 0)
      skipBlanks()
    }
    guard hour < 24 else { return nil }
    if ["z", "utc", "gmt"].contains(peekedWord) {
      _ = word()
    } else if !isAtEnd, text[position] == 43 || text[position] == 45 {
      let isBehind = text[position] == 45
      position += 1
      guard let hours = twoDigits(), hours < 24 else { return nil }
      _ = skip(.colon)
      let minutes = isAtEnd || text[position] == .space ? 0 : twoDigits()
      guard let minutes, minutes < 60 else { return nil }
      zone = (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
    } else if !isAtEnd, position == start {
      return nil
    }
    return (Timestamp(hour * 3600 + minute * 60 + second) * TimeForm.perSecond + fraction, Timestamp(zone))
  }

  /// Returns the seconds from 1970 to a date, 0 o'clock UTC; nil for a date that is none.
  static func midnight(_ year: Int, _ month: Int, _ day: Int) -> Timestamp? {
    guard (1...12).contains(month), day >= 1, day <= dayCount(ofMonth: month, year: year) else { return nil }
    return days(year, month, day) * 86_400
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

extension DateText {
  private static let weekdays: Set<String> = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  private var isAtEnd: Bool { position == text.count }

  /// The letters from here on.
  private var peekedWord: String {
    String(decoding: text[position...].prefix { (97...122).contains($0) }, as: UTF8.self)
  }

  private mutating func word() -> String {
    let word = peekedWord
    position += word.utf8.count
    return word
  }

  /// Consumes the English name of a month, whole or its first three letters, and returns its number.
  private mutating func monthName() -> Int? {
    let name = peekedWord
    guard let month = Self.months.firstIndex(of: String(name.prefix(3))) else { return nil }
    _ = word()
    _ = skip(.point)
    return month + 1
  }

  @discardableResult private mutating func skipBlanks() -> Bool {
    let start = position
    while !isAtEnd, text[position].isBlank { position += 1 }
    return position > start
  }

  /// Consumes the next character if it is the given one.
  private mutating func skip(_ byte: UInt8) -> Bool {
    guard !isAtEnd, text[position] == byte else { return false }
    position += 1
    return true
  }

  /// Consumes a separator within a date.
  private mutating func separator() -> UInt8? {
    guard !isAtEnd, [45, 46, 47].contains(text[position]) else { return nil }
    position += 1
    return text[position - 1]
  }

  /// Consumes two digits, which others may follow.
  private mutating func twoDigits() -> Int? {
    guard position + 2 <= text.count, text[position] &- .zero < 10, text[position + 1] &- .zero < 10 else { return nil }
    position += 2
    return Int(text[position - 2] &- .zero) * 10 + Int(text[position - 1] &- .zero)
  }

  /// Consumes a number whose count of digits is within a range; nil if there is none.
  private mutating func number(_ count: ClosedRange<Int>) -> Int? {
    let digits = text[position...].prefix { $0 &- .zero < 10 }
    guard count.contains(digits.count) else { return nil }
    position += digits.count
    return digits.reduce(0) { $0 * 10 + Int($1 &- .zero) }
  }
}

/// A parser of single times, whose form is known from no others.
package enum TimeText {
  /// Parses a number of seconds, milliseconds, microseconds or nanoseconds since 1970, or a date; nil for any other.
  package static func microseconds(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    guard let form = try? TimeForm.recognised(in: [text], order: nil) else { return nil }
    return ByteWindow(bytes, isLast: true).withBytes(0..<bytes.count) { form.time($0, 0, $0.count) }
  }
}
