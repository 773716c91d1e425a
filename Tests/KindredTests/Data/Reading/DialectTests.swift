import Foundation
import Testing

@testable import Kindred

/// A random table written in many dialects is read back the same, or refused with the cure; never as something else.
@Suite struct DialectTests {
  /// How a table is written.
  struct Dialect: CustomStringConvertible {
    enum Shape: CaseIterable { case table, jsonLines, jsonArray }
    enum Times: CaseIterable {
      case none, seconds, decimals, milliseconds, microseconds, nanoseconds, digits, isoDate, iso, slashes, dayFirst,
        monthFirst, weekday
    }
    enum IDs: CaseIterable { case numbers, fractions, words, marks }
    enum Values: CaseIterable { case none, stars, commas, truths }

    var shape = Shape.table
    var delimiter = ","
    var quotesAll = false
    var header: [String]? = ["user", "item", "rating", "timestamp"]
    /// The position of user, item, value and time in a row.
    var order = [0, 1, 2, 3]
    var times = Times.seconds
    var ids = IDs.numbers
    var values = Values.stars
    var lineEnd = "\n"
    var hasMark = false
    /// How often a time is missing, in a hundred rows.
    var missingTimes = 0
    var missing = ""
    var extraColumn = false

    var description: String {
      "\(shape) '\(delimiter)' \(quotesAll ? "quoted" : "plain") \(header ?? ["no header"]) \(order) \(times) \(ids) "
        + "\(values) missing \(missingTimes) '\(missing)' extra \(extraColumn)"
    }

    static let headers: [[String]] = [
      ["user", "item", "rating", "timestamp"], ["userId", "movieId", "rating", "timestamp"],
      ["User-ID", "ISBN", "Book-Rating", "Date"], ["customer_id", "article_id", "quantity", "t_dat"],
      ["visitorid", "itemid", "score", "event_time"], ["reviewerID", "asin", "overall", "unixReviewTime"],
      ["UID", "SKU", "VALUE", "created_at"], ["kunde", "artikel", "menge", "zeitpunkt"],
    ]

    init(_ stream: inout RandomStream) {
      func pick<T>(_ choices: [T]) -> T { choices[stream.below(choices.count)] }
      shape = pick([.table, .table, .table, .table, .jsonLines, .jsonArray])
      delimiter = pick([",", ",", ";", "\t", "|", "::"])
      quotesAll = stream.below(4) == 0 && delimiter != "::"
      header = stream.below(4) == 0 ? nil : pick(Self.headers)
      order =
        header == nil ? pick([[0, 1, 2, 3], [0, 1, 2, 3], [3, 0, 1, 2]]) : stream.permutation(of: 4).map { Int($0) }
      times = pick(Times.allCases)
      ids = pick(IDs.allCases)
      values = pick(Values.allCases)
      if delimiter == "," && !quotesAll || shape != .table { values = values == .commas ? .stars : values }
      lineEnd = pick(["\n", "\n", "\r\n"])
      hasMark = stream.below(6) == 0
      missingTimes = pick([0, 0, 20])
      missing = pick(["", "NULL", "NaT", "\\N"])
      extraColumn = header != nil && stream.below(4) == 0
      if shape != .table, header == nil { header = Self.headers[0] }
    }
  }

  private struct Row {
    var user: Int
    var item: Int
    var value: Int
    var time: Int
    var isTimeMissing: Bool
  }

  private static func table(_ stream: inout RandomStream, _ dialect: Dialect) -> [Row] {
    var seen: Set<[Int]> = []
    var rows: [Row] = []
    while rows.count < 60 {
      let (user, item) = (1 + stream.below(25), 1 + stream.below(25))
      guard seen.insert([user, item]).inserted else { continue }
      // A day late in the month now and then, so that the order of day and month shows.
      let day = 12_000 + stream.below(7000)
      rows.append(
        Row(
          user: user, item: item, value: stream.below(10), time: day * 86_400 + stream.below(86_400),
          isTimeMissing: stream.below(100) < dialect.missingTimes && rows.count > 3))
    }
    return rows
  }

  private static func id(_ number: Int, _ prefix: String, _ dialect: Dialect) -> String {
    switch dialect.ids {
    case .numbers: "\(number)"
    case .fractions: "\(number).0"
    case .words: "\(prefix)\(number)"
    // In a table with '::' nothing can be quoted.
    case .marks:
      dialect.delimiter == "::" && dialect.shape == .table ? "\(prefix) \(number)" : "\(prefix), \"\(number)\"; x"
    }
  }

  private static func expectedID(_ number: Int, _ prefix: String, _ dialect: Dialect) -> String {
    dialect.ids == .fractions ? "\(number)" : id(number, prefix, dialect)
  }

  private static func value(_ value: Int, _ dialect: Dialect) -> String? {
    switch dialect.values {
    case .none: nil
    case .stars: "\(Double(value) / 2)"
    case .commas: "\(value / 2),\(value % 2 * 5)"
    case .truths: value < 5 ? "False" : "True"
    }
  }

  private static func expectedValue(_ value: Int, _ dialect: Dialect) -> Float {
    switch dialect.values {
    case .none: 1
    case .stars, .commas: Float(value) / 2
    case .truths: value < 5 ? 0 : 1
    }
  }

  private static func time(_ row: Row, _ dialect: Dialect) -> String? {
    if dialect.times == .none { return nil }
    if row.isTimeMissing { return dialect.missing }
    let date = Date(timeIntervalSince1970: Double(row.time))
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0)!
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
    func two(_ number: Int?) -> String { (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
    let (year, month, day) = ("\(parts.year!)", two(parts.month), two(parts.day))
    let clock = "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
    switch dialect.times {
    case .none: return nil
    case .seconds: return "\(row.time)"
    case .decimals: return "\(row.time).25"
    case .milliseconds: return "\(row.time)250"
    case .microseconds: return "\(row.time)250001"
    case .nanoseconds: return "\(row.time)250001000"
    case .digits: return year + month + day
    case .isoDate: return "\(year)-\(month)-\(day)"
    case .iso: return "\(year)-\(month)-\(day)T\(clock).250Z"
    case .slashes: return "\(year)/\(month)/\(day) \(clock)"
    case .dayFirst: return "\(day).\(month).\(year) \(clock)"
    case .monthFirst: return "\(parts.month!)/\(parts.day!)/\(year) \(clock)"
    case .weekday:
      let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
      let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
      return "\(names[parts.weekday! - 1]) \(months[parts.month! - 1]) \(day) \(clock) +0000 \(year)"
    }
  }

  private static func expectedTime(_ row: Row, _ dialect: Dialect) -> Timestamp? {
    if row.isTimeMissing { return nil }
    let seconds = Timestamp(row.time) * 1_000_000
    switch dialect.times {
    case .none: return nil
    case .digits, .isoDate: return seconds - seconds % 86_400_000_000
    case .seconds, .slashes, .dayFirst, .monthFirst, .weekday: return seconds
    case .decimals, .milliseconds, .iso: return seconds + 250_000
    case .microseconds, .nanoseconds: return seconds + 250_001
    }
  }

  /// A table in a dialect.
  private static func text(_ rows: [Row], _ dialect: Dialect) -> String {
    func cells(_ row: Row) -> [String?] {
      [id(row.user, "u", dialect), id(row.item, "the item", dialect), value(row.value, dialect), time(row, dialect)]
    }
    let used = dialect.order.filter {
      $0 < 2 || $0 == 2 && dialect.values != .none || $0 == 3 && dialect.times != .none
    }
    switch dialect.shape {
    case .table:
      func line(_ texts: [String]) -> String {
        texts.map { text in
          guard dialect.delimiter != "::" else { return text }
          let needsQuotes = text.contains(dialect.delimiter) || text.contains("\"") || text.contains(",")
          return dialect.quotesAll || needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
        }.joined(separator: dialect.delimiter) + dialect.lineEnd
      }
      let header = dialect.header.map { names in line(used.map { names[$0] } + (dialect.extraColumn ? ["shelf"] : [])) }
      let body = rows.map { row in line(used.map { cells(row)[$0] ?? "" } + (dialect.extraColumn ? ["A"] : [])) }
      return (dialect.hasMark ? "\u{FEFF}" : "") + (header ?? "") + body.joined()
    case .jsonLines, .jsonArray:
      let objects = rows.map { row in
        let cells = cells(row)
        let members = used.map { place in
          let text = cells[place] ?? ""
          let isPlain = place == 2 && dialect.values == .stars
          let plain = place == 2 && dialect.values == .truths ? text.lowercased() : isPlain ? text : nil
          let quoted = "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
          return "\"\(dialect.header![place])\": \(plain ?? (row.isTimeMissing && place == 3 ? "null" : quoted))"
        }
        return "{\(members.joined(separator: ", "))}"
      }
      return dialect.shape == .jsonLines
        ? objects.joined(separator: "\n") : "[\n  \(objects.joined(separator: ",\n  "))\n]\n"
    }
  }

  @Test(arguments: Array(1...40) as [UInt64]) func readsBackTheSameOrNamesTheCure(seed: UInt64) throws {
    var stream = RandomStream(seed: seed, .data)
    for _ in 0..<5 {
      let dialect = Dialect(&stream)
      let table = Self.table(&stream, dialect)
      let file = TemporaryFile(Self.text(table, dialect))
      let place: Comment = "seed \(seed): \(dialect)\n\(Self.text(table, dialect).prefix(300))"
      do throws(ReadError) {
        let read = try Interactions<String, String>(contentsOf: file.path)
        let expected = table.map { row in
          Interaction(
            user: Self.expectedID(row.user, "u", dialect), item: Self.expectedID(row.item, "the item", dialect),
            value: Self.expectedValue(row.value, dialect), time: Self.expectedTime(row, dialect))
        }
        #expect(Array(read) == expected, place)
      } catch {
        let cures = ["--columns", "known forms", "written twice", "write it", "the value is missing"]
        #expect(cures.contains { error.description.contains($0) }, "\(error)\n\(place)")
        // What is usual must be read.
        let isUsual = dialect.header.map { $0[0] != "kunde" } ?? false
        #expect(!isUsual, "\(error)\n\(place)")
      }
    }
  }
}
