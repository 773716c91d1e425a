import Foundation
import Kindred
import KindredJSON

/// The output of recommendations: one JSON object per recommendation, a table, or rows of CSV in a file.
struct RecommendationOutput {
  let recommender: Recommender<String, String>
  /// Whether the output holds the reasons of each recommendation.
  let explains: Bool

  /// One object per recommendation.
  func lines(_ list: RecommendationList<String>, _ history: History) -> [JSONLine] {
    zip(zip(list, reasons(for: list, history)), attributes(of: list, history)).map { line($0.0, $0.1, $1) }
  }

  private func line(
    _ recommendation: Recommendation<String>, _ reasons: [Reason<String>], _ attributes: [AttributeReason]
  ) -> JSONLine {
    let reasons = reasons.map { reason in
      JSONLine([
        ("item", .text(reason.item)), ("title", .text(recommender.itemCatalog[reason.item]?.title)),
        ("share", .float(reason.share)),
      ])
    }
    var line = JSONLine([
      ("item", .text(recommendation.item)), ("title", .text(recommender.itemCatalog[recommendation.item]?.title)),
      ("score", .float(recommendation.score)), ("rating", .float(recommendation.rating?.value)),
      ("deviation", .float(recommendation.rating?.deviation)), ("reasons", .objects(reasons)),
    ])
    if !attributes.isEmpty {
      line.append(
        "attributes",
        .objects(
          attributes.map {
            JSONLine([
              ("attribute", .text($0.attribute)), ("items", .integer($0.itemCount)), ("share", .float($0.share)),
            ])
          }))
    }
    if recommendation.isExplored { line.append("explored", .bool(true)) }
    return line
  }

  private func reasons(for list: RecommendationList<String>, _ history: History) -> [[Reason<String>]] {
    explains ? recommender.reasons(for: list.map(\.item), history: history) : list.map { _ in [] }
  }

  private func attributes(of list: RecommendationList<String>, _ history: History) -> [[AttributeReason]] {
    explains ? recommender.attributeReasons(for: list.map(\.item), history: history) : list.map { _ in [] }
  }

  /// A sentence with the number of items that each rule removed.
  func removed(_ list: RecommendationList<String>) -> String {
    let counts = ListRule.allCases.compactMap { rule in
      list.removed[rule].map { "\($0.grouped) \(rule == .observed ? "already seen" : "by \(rule.rawValue)")" }
    }
    return counts.isEmpty ? "No rule removed an item." : "Removed items: \(counts.joined(separator: ", "))."
  }

  /// Prints a table. Titles, genres and ratings have a column only if there are any, genres only in a wide window.
  func show(_ list: RecommendationList<String>, _ history: History) {
    let scale = recommender.ratingModel?.scale
    let entries = list.map { recommender.itemCatalog[$0.item] }
    let hasTitles = zip(list, entries).contains { $1 != nil && $1?.title != $0.item }
    let hasGenres = Terminal.width >= 60 && entries.contains { $0?.genres.isEmpty == false }
    let hasRatings = list.contains { $0.rating != nil }
    var columns: [(String, Table.Alignment)] = [("", .right), ("item", .left)]
    if hasTitles { columns.append(("title", .left)) }
    if hasGenres { columns.append(("genres", .left)) }
    if hasRatings { columns.append(("rating", .left)) }
    var table = Table(columns, .cut(hasTitles ? 2 : 1))
    for (index, recommendation) in list.enumerated() {
      var row = [
        "\(index + 1)", hasTitles && Terminal.cutsText ? recommendation.item.fitting(24) : recommendation.item,
      ]
      if hasTitles { row.append(entries[index]?.title ?? "") }
      if hasGenres { row.append(entries[index]?.genres.prefix(2).joined(separator: ", ").fitting(24) ?? "") }
      if hasRatings { row.append(recommendation.rating.map { stars($0, on: scale) } ?? "") }
      table.append(row)
    }
    if list.isEmpty { return printLine("Nothing is left to recommend.") }
    let (reasons, attributes) = (reasons(for: list, history), attributes(of: list, history))
    for (index, line) in table.lines(width: Terminal.width).enumerated() {
      printLine(line)
      if index > 0 { show(reasons[index - 1], attributes[index - 1]) }
    }
  }

  private func show(_ reasons: [Reason<String>], _ attributes: [AttributeReason]) {
    if !attributes.isEmpty {
      let texts = attributes.map { "\($0.attribute), as \($0.itemCount.grouped) of the history" }
      printReason(texts.joined(separator: "; "))
    }
    if reasons.isEmpty { return }
    let titles = reasons.map {
      "\(recommender.itemCatalog[$0.item]?.title ?? $0.item) (\(Int(($0.share * 100).rounded())) %)"
    }
    printReason("because of \(titles.joined(separator: ", "))")
  }

  private func printReason(_ text: String) {
    let indent = "    "
    for line in text.withoutControls.wrapped(Terminal.width - indent.count) { printLine(Terminal.dim(indent + line)) }
  }

  /// Writes one list per user, in blocks, so that memory does not grow with the number of users.
  func writeLists(of users: [String], to path: String?, limit: Int, rules: ListRules<String>, asJSON: Bool) throws {
    var sink = try LineSink(path)
    if !asJSON { try sink.write("user,rank,item,title,score,rating") }
    var (listCount, strangers) = (0, 0)
    let block = 512
    for start in stride(from: 0, to: users.count, by: block) {
      let users = users[start..<min(users.count, start + block)]
      let histories = users.map { recommender.history(of: $0) }
      strangers += histories.count { $0 == nil }
      let lists = recommender.recommendations(for: histories.map { $0 ?? History() }, limit: limit, rules: rules)
      for (user, (history, list)) in zip(users, zip(histories, lists)) {
        if !list.isEmpty { listCount += 1 }
        if asJSON {
          for line in lines(list, history ?? History()) { try sink.write(line.adding("user", .text(user)).text) }
        } else {
          for (index, recommendation) in list.enumerated() { try sink.write(row(user, index + 1, recommendation)) }
        }
      }
      if path != nil { Terminal.show("lists", done: users.endIndex, of: users.count, detail: "") }
    }
    Terminal.endProgress()
    try sink.finish()
    say(listCount: listCount, userCount: users.count, strangers: strangers, path: path)
  }

  private func say(listCount: Int, userCount: Int, strangers: Int, path: String?) {
    let missing = userCount - listCount
    let place = path.map { " are in \($0)" } ?? ""
    Terminal.note(
      missing == 0
        ? "Lists for \(listCount.grouped) users\(place)."
        : "Lists for \(listCount.grouped) of \(userCount.grouped) users\(place); \(missing.grouped) got none.")
    if strangers > 0 {
      Terminal.note("The model does not know \(strangers.grouped) of them; they get the most popular items.")
    }
  }

  private func row(_ user: String, _ rank: Int, _ recommendation: Recommendation<String>) -> String {
    let title = recommender.itemCatalog[recommendation.item]?.title ?? ""
    let rating = recommendation.rating.map { String(format: "%.4f", $0.value) } ?? ""
    let fields = [user.csv, "\(rank)", recommendation.item.csv, title.csv, "\(recommendation.score)", rating]
    return fields.joined(separator: ",")
  }
}
