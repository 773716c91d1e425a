import ArgumentParser
import Foundation
import Kindred

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a file of ratings or a model holds.",
    discussion: """
      EXAMPLE:
        kindred info ratings.csv
        kindred info films.kindred
      """)

  @Argument(help: "The file.") var file: String
  @Option(help: "Which column is what, as in 'user=1,item=2,value=3,time=4'.") var columns: String?
  @Option(help: ArgumentHelp("Write bad rows here and go on.", valueName: "file")) var reject: String?
  @Flag(help: "Print one JSON object, for programs.") var json = false

  func run() throws {
    if ModelFile.looksLikeModel(file) {
      try showModel()
    } else {
      try showRatings()
    }
  }

  private func showRatings() throws {
    var reader = InteractionReader()
    reader.columns = columns
    reader.rejectPath = reject
    let (ratings, summary): (Interactions<String, String>, InteractionReader.Summary) = try reader.read([file])
    let statistics = ratings.statistics
    let density = Double(ratings.count) / Double(ratings.userCount) / Double(ratings.itemCount)
    if json {
      return printLine(
        JSONLine([
          ("kind", .text("ratings")), ("format", .text(summary.format)), ("users", .integer(ratings.userCount)),
          ("items", .integer(ratings.itemCount)), ("ratings", .integer(ratings.count)), ("density", .number(density)),
          ("least", .float(summary.hasValues ? statistics.least : nil)),
          ("greatest", .float(summary.hasValues ? statistics.greatest : nil)),
          ("mean", .float(summary.hasValues ? statistics.mean : nil)), ("first_time", .text(statistics.times.map { day($0.lowerBound) })),
          ("last_time", .text(statistics.times.map { day($0.upperBound) })), ("duplicates", .integer(summary.duplicates)),
          ("rejected", .integer(summary.rejected)),
        ]).text)
    }
    printLine("\(file): \(summary.format)")
    printLine()
    var table = Table([("", .left), ("", .left)], flexible: 1)
    table.append(["ratings", ratings.count.grouped])
    table.append(["people", "\(ratings.userCount.grouped), \(statistics.typicalUser.grouped) ratings in the middle"])
    table.append(["items", "\(ratings.itemCount.grouped), \(statistics.typicalItem.grouped) ratings in the middle"])
    table.append(["known cells", String(format: "%.2f %%", density * 100)])
    if let times = statistics.times { table.append(["time", "\(day(times.lowerBound)) to \(day(times.upperBound))"]) }
    if summary.duplicates > 0 { table.append(["duplicates", summary.duplicates.grouped]) }
    if !summary.kinds.isEmpty { table.append(["kinds", summary.kinds.joined(separator: ", ")]) }
    if !summary.hasValues { table.append(["values", "none: this is implicit feedback"]) }
    table.print()
    if summary.hasValues { showValues(statistics) }
  }

  /// How often each value occurs, as bars.
  private func showValues(_ statistics: Statistics) {
    printLine()
    printLine("mean \(String(format: "%.2f", statistics.mean))")
    let most = statistics.histogram.map(\.count).max() ?? 1
    var table = Table([("", .right), ("", .right), ("", .left)])
    let room = max(10, min(40, Terminal.width - 30))
    for bin in statistics.histogram {
      let bar = String(repeating: "█", count: max(bin.count > 0 ? 1 : 0, room * bin.count / most))
      table.append([bin.label, bin.count.grouped, bar])
    }
    table.print()
  }

  private func showModel() throws {
    let recommender = try Recommender<String, String>(contentsOf: file)
    let provenance = recommender.provenance
    if json {
      return printLine(
        JSONLine([
          ("kind", .text("model")), ("users", .integer(recommender.userCount)), ("items", .integer(recommender.itemCount)),
          ("titles", .integer(recommender.catalog.count)), ("training", .settings(provenance)),
        ]).text)
    }
    printLine("\(file): a model of Kindred")
    printLine()
    var table = Table([("", .left), ("", .left)], flexible: 1)
    table.append(["people", recommender.userCount.grouped])
    table.append(["items", "\(recommender.itemCount.grouped), \(recommender.catalog.count.grouped) with a title"])
    for key in provenance.keys.sorted() { table.append([key, provenance[key] ?? ""]) }
    table.print()
  }

  private func day(_ time: Timestamp) -> String {
    Date(timeIntervalSince1970: Double(time)).formatted(.iso8601.year().month().day())
  }
}
