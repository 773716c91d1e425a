import Kindred
import KindredJSON
import KindredReport

/// What a file of ratings was taken for: one sentence, and members of JSON output.
struct ReadingReport {
  private let path: String
  private let columns: ColumnReport
  private let range: ClosedRange<Float>?
  private let times: ClosedRange<Timestamp>?
  private let code: ValueCode?
  /// Whether the values are counts, such as plays.
  let areCounts: Bool
  /// Whether each row has a value of its own.
  let hasValues: Bool
  private let repeats: Int
  private let rows: Int
  /// The user or item of all rows, where there is only one.
  private let onlyID: (role: String, id: String)?

  init(path: String, _ summary: InteractionReader.Summary, _ interactions: Interactions<String, String>) {
    self.path = path
    columns = summary.columns
    hasValues = summary.hasValues
    (repeats, rows) = (summary.repeats, summary.rows)
    onlyID =
      if interactions.userCount == 1, let first = interactions.first {
        ("user", first.user)
      } else if interactions.itemCount == 1, let first = interactions.first {
        ("item", first.item)
      } else {
        nil
      }
    range = summary.hasValues ? interactions.valueRange : nil
    times = summary.hasTimes ? interactions.statistics.times : nil
    code = summary.hasValues ? interactions.codeForNotRated : nil
    areCounts = summary.hasValues && summary.kinds.isEmpty && interactions.holdsCounts
  }

  /// A sentence such as `ratings.csv: user = userId, item = movieId, value = rating; line 1 is the header`.
  var sentence: String {
    let values = range.map { "; values from \(plain($0.lowerBound)) to \(plain($0.upperBound))" } ?? ""
    let counts = areCounts ? ", which are counts: lists weigh their logarithms, and none is predicted" : ""
    let days = times.map { "; times from \(day($0.lowerBound)) to \(day($0.upperBound))" } ?? ""
    let remarks = columns.remarks.map { "; \($0)" }.joined()
    return "\(path): \(columns.description)\(values)\(counts)\(days)\(repeatsKept)\(remarks)"
  }

  /// How many rows repeat an earlier pair and are kept, as the end of a sentence.
  private var repeatsKept: String {
    guard repeats > 0 else { return "" }
    let share = Double(repeats) / Double(max(1, rows)) * 100
    let percent = share < 1 ? "<1" : "\(Int(share.rounded()))"
    return "; \(repeats.grouped) rows (\(percent) %) repeat an earlier pair and are kept"
  }

  /// The sentences about what may be a mistake.
  var warnings: [String] {
    var warnings: [String] = []
    if let onlyID, rows >= 10 {
      let column = columns.columns.first { $0.role == onlyID.role }?.name ?? onlyID.role
      warnings.append("all rows have the same \(onlyID.role), '\(onlyID.id)': is '\(column)' the right column?")
    }
    if let code { warnings.append(code.description) }
    if !hasValues, let cure = columns.columnsWithValue {
      warnings.append("every row counts as liked; to use a column of numbers as the value: \(cure)")
    }
    if columns.isTruth, range?.lowerBound == 0 {
      warnings.append("rows with the value 0 (no) count as seen and not as liked; --minimum-value 1 leaves them out")
    }
    return warnings
  }

  /// The members that say what was understood.
  var members: [(String, JSON)] {
    columns.members + [
      ("codes", .objects(code.map { [JSONLine([("value", .float($0.value)), ("share", .number($0.share))])] } ?? []))
    ]
  }

  /// A sentence if no row has a time, with the column that looks like one; nil if a row has one.
  ///
  /// - Parameter option: The option that needs times.
  func missingTimes(for option: String) -> String? {
    guard times == nil else { return nil }
    let cure = columns.columnsWithTime.map { "; a column looks like times: \($0)" } ?? ""
    return "\(path): no row has a time, which \(option) needs\(cure)"
  }

  /// Throws if no row has a time.
  func requireTimes(for option: String) throws(Failure) {
    if let sentence = missingTimes(for: option) { throw Failure(.badData, sentence) }
  }
}

extension ColumnReport {
  /// The members of JSON output that say what the columns mean.
  var members: [(String, JSON)] {
    [
      ("columns", .object(columns.map { ($0.role, .string($0.name)) })), ("unused_columns", .texts(unused)),
      ("header", .bool(hasHeader)), ("time_unit", .text(timeUnit)),
    ]
  }
}
