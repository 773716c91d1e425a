import ArgumentParser
import Foundation
import Kindred

struct Recommend: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a person should see next.",
    discussion: """
      EXAMPLE: someone the model knows, someone it has never seen, everyone.
        kindred recommend --model films.kindred 42
        kindred recommend --model films.kindred --history "318:5,296:4.5"
        kindred recommend --model films.kindred --all --output lists.csv
      """)

  @OptionGroup var model: ModelOptions
  @Argument(help: "The person.") var user: String?
  @Option(help: "Someone's history, as item:value pairs; 'item' alone is a value of 1.") var history: String?
  @Flag(help: "A list for everyone the model was trained on.") var all = false
  @Option(help: ArgumentHelp("With --all, write the lists here.", valueName: "file")) var output: String?
  @Option(help: "The most items in a list.") var limit = 10

  func validate() throws {
    guard [user != nil, history != nil, all].filter({ $0 }).count == 1 else {
      throw ValidationError("Name a person, or give --history, or --all.")
    }
    if output != nil, !all { throw ValidationError("--output goes with --all.") }
    if all, output == nil { throw ValidationError("--all wants --output <file>.") }
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
  }

  func run() throws {
    let recommender = try model.load()
    if all { return try writeAll(recommender) }
    let list: RecommendationList<String>
    if let user {
      list = recommender.recommendations(for: user, limit: limit)
      if !recommender.knows(user: user) { Terminal.note("The model does not know '\(user)'; this is what most people had.") }
    } else {
      list = recommender.recommendations(forHistory: try values(recommender), limit: limit)
      if list.basis == .popularity { Terminal.note("The history is empty; this is what most people had.") }
    }
    if model.json {
      for recommendation in list { printLine(line(recommendation, recommender).text) }
    } else {
      show(list, recommender)
    }
  }

  /// The history's values by item; an id may hold colons, its value comes after the last.
  private func values(_ recommender: Recommender<String, String>) throws -> [String: Float] {
    var values: [String: Float] = [:]
    for part in (history ?? "").split(separator: ",") {
      let text = part.trimmingCharacters(in: .whitespaces)
      var item = text
      var value: Float = 1
      if !recommender.knows(item: text), let colon = text.lastIndex(of: ":") {
        item = String(text[..<colon])
        guard let number = Float(text[text.index(after: colon)...]), number.isFinite else {
          throw Failure(.usage, "'\(text)' in --history is not an item and a value, such as 318:4.5")
        }
        value = number
      }
      guard recommender.knows(item: item) else { throw Failure(.badData, "the model does not know the item '\(item)'") }
      values[item] = value
    }
    return values
  }

  private func line(_ recommendation: Recommendation<String>, _ recommender: Recommender<String, String>) -> JSONLine {
    JSONLine([
      ("item", .text(recommendation.item)), ("title", .text(recommender.catalog[recommendation.item]?.title)),
      ("score", .float(recommendation.score)), ("rating", .float(recommendation.rating?.value)),
      ("deviation", .float(recommendation.rating?.deviation)), ("reasons", .texts([])),
    ])
  }

  private func show(_ list: RecommendationList<String>, _ recommender: Recommender<String, String>) {
    let scale = recommender.rating?.scale
    var table = Table([("", .right), ("item", .left), ("title", .left), ("genres", .left), ("rating", .left)], flexible: 2)
    for (index, recommendation) in list.enumerated() {
      let entry = recommender.catalog[recommendation.item]
      let rating = recommendation.rating.map { stars($0.value, on: scale) } ?? ""
      table.append([
        "\(index + 1)", recommendation.item.fitting(24), entry?.title ?? "", (entry?.genres.prefix(2).joined(separator: ", ") ?? ""),
        rating,
      ])
    }
    table.print()
  }

  /// A list a person, in blocks, so that memory stays small however many people there are.
  private func writeAll(_ recommender: Recommender<String, String>) throws {
    var sink = try LineSink(output)
    if !model.json { try sink.write("user,rank,item,title,score,rating") }
    let users = recommender.users
    let block = 512
    for start in stride(from: 0, to: users.count, by: block) {
      let people = users[start..<min(users.count, start + block)]
      let lists = recommender.recommendations(for: people.compactMap { recommender.history(of: $0) }, limit: limit)
      for (user, list) in zip(people, lists) {
        for (index, recommendation) in list.enumerated() {
          try sink.write(
            model.json
              ? line(recommendation, recommender).adding("user", .text(user)).text
              : row(user, index + 1, recommendation, recommender))
        }
      }
      Terminal.show("lists", done: min(users.count, start + block), of: users.count, detail: "")
    }
    Terminal.endProgress()
    try sink.finish()
    Terminal.note("Lists for \(users.count.grouped) people are in \(output ?? "").")
  }

  private func row(
    _ user: String, _ rank: Int, _ recommendation: Recommendation<String>, _ recommender: Recommender<String, String>
  ) -> String {
    let title = recommender.catalog[recommendation.item]?.title ?? ""
    let rating = recommendation.rating.map { String(format: "%.4f", $0.value) } ?? ""
    return [user.csv, "\(rank)", recommendation.item.csv, title.csv, "\(recommendation.score)", rating].joined(separator: ",")
  }
}
