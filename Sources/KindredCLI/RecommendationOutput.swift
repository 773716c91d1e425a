import Foundation
import Kindred

/// How recommendations are shown: an object each for programs, a table for people, rows of CSV in a file.
struct RecommendationOutput {
  let recommender: Recommender<String, String>

  func line(_ recommendation: Recommendation<String>) -> JSONLine {
    JSONLine([
      ("item", .text(recommendation.item)), ("title", .text(recommender.catalog[recommendation.item]?.title)),
      ("score", .float(recommendation.score)), ("rating", .float(recommendation.rating?.value)),
      ("deviation", .float(recommendation.rating?.deviation)), ("reasons", .texts([])),
    ])
  }

  /// Titles, genres and ratings have a column only where there are any, genres only where there is room.
  func show(_ list: RecommendationList<String>) {
    let scale = recommender.rating?.scale
    let entries = list.map { recommender.catalog[$0.item] }
    let hasTitles = zip(list, entries).contains { $1 != nil && $1?.title != $0.item }
    let hasGenres = Terminal.width >= 60 && entries.contains { $0?.genres.isEmpty == false }
    let hasRatings = list.contains { $0.rating != nil }
    var columns: [(String, Table.Alignment)] = [("", .right), ("item", .left)]
    if hasTitles { columns.append(("title", .left)) }
    if hasGenres { columns.append(("genres", .left)) }
    if hasRatings { columns.append(("rating", .left)) }
    var table = Table(columns, .cut(hasTitles ? 2 : 1))
    for (index, recommendation) in list.enumerated() {
      var row = ["\(index + 1)", hasTitles ? recommendation.item.fitting(24) : recommendation.item]
      if hasTitles { row.append(entries[index]?.title ?? "") }
      if hasGenres { row.append(entries[index]?.genres.prefix(2).joined(separator: ", ").fitting(24) ?? "") }
      if hasRatings { row.append(recommendation.rating.map { stars($0.value, on: scale) } ?? "") }
      table.append(row)
    }
    if list.isEmpty { printLine("Nothing is left to recommend.") } else { table.print() }
  }

  /// A list for everyone, in blocks, so that memory stays small however many people there are.
  func writeAll(to path: String, limit: Int, asJSON: Bool) throws {
    var sink = try LineSink(path)
    if !asJSON { try sink.write("user,rank,item,title,score,rating") }
    let users = recommender.users
    let block = 512
    for start in stride(from: 0, to: users.count, by: block) {
      let people = users[start..<min(users.count, start + block)]
      let lists = recommender.recommendations(for: people.compactMap { recommender.history(of: $0) }, limit: limit)
      for (user, list) in zip(people, lists) {
        for (index, recommendation) in list.enumerated() {
          try sink.write(
            asJSON
              ? line(recommendation).adding("user", .text(user)).text : row(user, index + 1, recommendation))
        }
      }
      Terminal.show("lists", done: people.endIndex, of: users.count, detail: "")
    }
    Terminal.endProgress()
    try sink.finish()
    Terminal.note("Lists for \(users.count.grouped) people are in \(path).")
  }

  private func row(_ user: String, _ rank: Int, _ recommendation: Recommendation<String>) -> String {
    let title = recommender.catalog[recommendation.item]?.title ?? ""
    let rating = recommendation.rating.map { String(format: "%.4f", $0.value) } ?? ""
    let fields = [user.csv, "\(rank)", recommendation.item.csv, title.csv, "\(recommendation.score)", rating]
    return fields.joined(separator: ",")
  }
}
