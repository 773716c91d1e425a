import Foundation
import Kindred
import KindredJSON
import KindredReport

/// The description of a file of ratings.
struct RatingsReport {
  private let path: String
  private let ratings: Interactions<String, String>
  private let summary: InteractionReader.Summary
  private let overview: DataOverview
  private let reading: ReadingReport

  init(path: String, _ read: (Interactions<String, String>, InteractionReader.Summary)) {
    self.path = path
    (ratings, summary) = read
    reading = ReadingReport(path: path, summary, ratings)
    overview = DataOverview(ratings, pairCount: ratings.count - summary.repeats, hasValues: summary.hasValues)
  }

  private var statistics: Statistics { overview.statistics }

  var line: JSONLine {
    let values = summary.hasValues ? statistics : nil
    return JSONLine(
      [
        ("kind", .text("ratings")), ("format", .text(summary.format)), ("users", .integer(ratings.userCount)),
        ("items", .integer(ratings.itemCount)), ("ratings", .integer(ratings.count)),
        ("density", .number(overview.density)),
        ("least", .float(values?.least)), ("greatest", .float(values?.greatest)), ("mean", .float(values?.mean)),
        ("first_time", .text(statistics.times.map { day($0.lowerBound) })),
        ("last_time", .text(statistics.times.map { day($0.upperBound) })),
        ("duplicates", .integer(summary.duplicates)), ("rejected", .integer(summary.rejected)),
      ] + reading.members)
  }

  func show() {
    printSentence("\(path): \(summary.format)")
    printLine()
    var table = Table([("", .left), ("", .left)], .wrapped(1))
    table.append(["columns", summary.columns.description])
    for remark in summary.columns.remarks { table.append(["", remark]) }
    for (name, text) in overview.rows { table.append([name, text]) }
    if summary.duplicates > 0 {
      let kept = summary.repeats > 0 ? ", of which \(summary.repeats.grouped) are kept as repeated events" : ""
      table.append(["duplicates", summary.duplicates.grouped + kept])
    }
    if summary.rejected > 0 { table.append(["bad rows", summary.rejected.grouped]) }
    if !summary.kinds.isEmpty { table.append(["kinds", summary.kinds.joined(separator: ", ")]) }
    if summary.hasValues {
      table.append(["mean value", String(format: "%.2f", statistics.mean)])
      if reading.areCounts { table.append(["values", "counts, not ratings"]) }
    } else {
      table.append(["values", "none (implicit feedback)"])
    }
    for warning in reading.warnings { table.append(["warning", warning]) }
    table.print()
    showFirstRows()
    if summary.hasValues { showValues() }
  }

  /// Prints the first rows as they were understood.
  private func showFirstRows() {
    printLine()
    let hasTimes = summary.hasTimes && statistics.times != nil
    var columns: [(String, Table.Alignment)] = [("user", .left), ("item", .left)]
    if summary.hasValues { columns.append(("value", .right)) }
    if hasTimes { columns.append(("time", .left)) }
    var table = Table(columns, .cut(1))
    let isWhole = ratings.prefix(3).allSatisfy { $0.value == $0.value.rounded() }
    for row in ratings.prefix(3) {
      var cells = [row.user.fitting(24), row.item]
      if summary.hasValues { cells.append(isWhole ? plain(row.value) : "\(row.value)") }
      if hasTimes { cells.append(row.time.map { moment($0) } ?? "not known") }
      table.append(cells)
    }
    table.print()
  }

  private func moment(_ time: Timestamp) -> String {
    Date(timeIntervalSince1970: Double(time) / 1e6).formatted(.iso8601)
  }

  /// Prints a histogram of the values.
  private func showValues() {
    printLine()
    let most = statistics.histogram.map(\.count).max() ?? 1
    var table = Table([("", .right), ("", .right), ("", .left)])
    let texts = statistics.histogram.map { $0.label.columns + $0.count.grouped.columns }.max() ?? 0
    let room = max(8, min(40, Terminal.width - texts - 4))
    for bin in statistics.histogram {
      let bar = String(repeating: "█", count: max(bin.count > 0 ? 1 : 0, room * bin.count / most))
      table.append([bin.label, bin.count.grouped, bar])
    }
    table.print()
  }
}

/// The description of a file of items or users.
struct CatalogReport {
  private let path: String
  private let subject: Catalog.Subject
  private let catalog: Catalog
  private let columns: ColumnReport
  private let remarks: [String]

  /// Reads the file; nil if it describes neither items nor users, or most ids occur several times, as those of events
  /// do.
  init?(path: String) {
    for subject in [Catalog.Subject.items, .users] {
      guard let (catalog, summary) = try? CatalogReader(subject: subject).read(path),
        summary.columns.describes(subject), summary.rowCount < 2 * catalog.count
      else { continue }
      (self.path, self.subject, self.catalog) = (path, subject, catalog)
      (columns, remarks) = (summary.columns, summary.remarks)
      return
    }
    return nil
  }

  var line: JSONLine {
    JSONLine([("kind", .text(subject.plural)), (subject.plural, .integer(catalog.count))] + columns.members)
  }

  func show() {
    printSentence("\(path): \(subject.plural), to be named with --\(subject.plural) beside a file of ratings")
    printLine()
    let entries = catalog.inOrder
    var table = Table([("", .left), ("", .left)], .wrapped(1))
    table.append(["columns", columns.description])
    table.append([subject.plural, catalog.count.grouped])
    var counts: [String: Int] = [:]
    for (_, entry) in entries { for genre in entry.genres { counts[genre, default: 0] += 1 } }
    if !counts.isEmpty {
      let common = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8).map {
        "\($0.key) \($0.value.grouped)"
      }
      table.append(["genres", "\(counts.count.grouped): " + common.joined(separator: ", ")])
    }
    for remark in remarks { table.append(["warning", remark]) }
    table.print()
    printLine()
    let isItem = subject == .items
    var rows = Table(
      (isItem ? ["item", "title", "genres"] : ["user", "attributes"]).map { ($0, .left) }, .cut(1))
    for (id, entry) in entries.prefix(3) {
      let attributes = entry.attributes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      rows.append(
        [id.fitting(24)]
          + (isItem
            ? [entry.title, entry.genres.joined(separator: ", ").fitting(30)] : [attributes.joined(separator: ", ")]))
    }
    rows.print()
  }
}

/// The description of a model: its size and its training.
struct ModelReport {
  private let path: String
  private let recommender: Recommender<String, String>
  private let size: Int
  /// The day on which the file was written; nil if the system does not say it.
  private let written: String?

  init(path: String, recommender: Recommender<String, String>) {
    (self.path, self.recommender) = (path, recommender)
    let attributes = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
    size = attributes[.size] as? Int ?? 0
    written = (attributes[.modificationDate] as? Date)?.formatted(.iso8601.year().month().day())
  }

  var line: JSONLine {
    JSONLine([
      ("kind", .text("model")), ("users", .integer(recommender.userCount)), ("items", .integer(recommender.itemCount)),
      ("titles", .integer(recommender.itemCatalog.count)), ("bytes", .integer(size)), ("written", .text(written)),
      ("training", .settings(recommender.provenance.entries)),
    ])
  }

  func show() {
    let provenance = recommender.provenance
    printSentence("\(path): a model of Kindred")
    printLine()
    var table = Table([("", .left), ("", .left)], .wrapped(1))
    table.append(["file", size.asMemory + (written.map { ", written on \($0)" } ?? "")])
    table.append(["users", recommender.userCount.grouped])
    let titles = recommender.itemCatalog.count
    table.append(["items", recommender.itemCount.grouped + (titles > 0 ? ", \(titles.grouped) titles known" : "")])
    if let count = provenance.interactionCount { table.append(["ratings", count.grouped]) }
    for (role, training) in [("ranking", provenance.ranking), ("rating", provenance.rating)] {
      if let training { table.append([role, training.algorithm + settings(of: training)]) }
    }
    if let figures = provenance.validationFigures {
      table.append(["quality", "\(figures), on the validation cut that the settings were chosen on"])
    }
    if let seed = provenance.seed { table.append(["seed", "\(seed)"]) }
    if let fingerprint = provenance.fingerprint {
      table.append(["data", "fingerprint \(fingerprint), equal for equal ratings"])
    }
    table.print()
  }

  /// The hyperparameters of a training, as text.
  private func settings(of training: Provenance.Training) -> String {
    let settings = training.settings.sorted { $0.key < $1.key }.map { "\(words(in: $0.key)) \($0.value)" }
    return settings.isEmpty ? "" : ": " + settings.joined(separator: ", ")
  }

  /// A hyperparameter's name as words: `learning rate` for `learningRate`.
  private func words(in name: String) -> String {
    name.map { $0.isUppercase ? " \($0.lowercased())" : "\($0)" }.joined()
  }
}
