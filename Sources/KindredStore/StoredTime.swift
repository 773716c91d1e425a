import Foundation
import Kindred

/// Times as stores keep them, and as text in dumps.
package enum StoredTime {
  /// What can be kept: the years 1 to 9999, without the very first second, which means no time in dumps.
  package static let range: ClosedRange<Timestamp> = -62_135_596_799_000_000...253_402_300_799_999_999

  /// Gorse's text for no time.
  package static let none = "0001-01-01T00:00:00Z"

  /// The present moment.
  package static var now: Timestamp { Timestamp(Date().timeIntervalSince1970 * 1e6) }

  /// A time as ISO 8601 in UTC, with decimals of a second only where needed: `2024-05-06T07:08:09.5Z`.
  package static func text(_ time: Timestamp?) -> String {
    guard let time, range.contains(time) else { return none }
    let day: Timestamp = 86_400_000_000
    let days = time >= 0 ? time / day : (time - day + 1) / day
    let rest = time - days * day
    let (year, month, dayOfMonth) = date(days)
    let seconds = rest / 1_000_000
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { digits($0, 2) }.joined(separator: ":")
    let decimals = rest % 1_000_000 == 0 ? "" : "." + digits(rest % 1_000_000, 6).trimmingSuffix("0")
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(dayOfMonth, 2))T\(clock)\(decimals)Z"
  }

  /// Reads a time as clients and files write it; nil for a text that is none, or beyond ``range``.
  package static func parse(_ text: String) -> Timestamp? {
    TimeText.microseconds(text).flatMap { range.contains($0) ? $0 : nil }
  }

  /// A time as a number of seconds, as in tables of ratings; beyond the year 5138, from which on numbers are taken for
  /// milliseconds, as ISO 8601.
  package static func seconds(_ time: Timestamp) -> String {
    guard abs(time) <= 100_000_000_000_000_000 else { return text(time) }
    let (whole, rest) = time.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let decimals = rest == 0 ? "" : "." + digits(Timestamp(rest), 6).trimmingSuffix("0")
    return "\(time < 0 ? "-" : "")\(whole)\(decimals)"
  }

  /// The date of a day since 1970-01-01 in the Gregorian calendar, also before there was one. Years start in March
  /// here, so that the leap day is the last.
  private static func date(_ days: Timestamp) -> (year: Timestamp, month: Timestamp, day: Timestamp) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func digits(_ number: Timestamp, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = self
    while text.last == character { text.removeLast() }
    return text
  }
}
