import ArgumentParser
import Foundation
import Kindred

struct Recommend: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a person should see next.",
    usage: "kindred recommend --model <file> (<user> | --history <items> | --all) [<options>]",
    discussion: """
      EXAMPLE: someone the model knows, someone it has never seen, everyone.
        kindred recommend --model films.kindred 42
        kindred recommend --model films.kindred --history "318:5,296:4.5"
        kindred recommend --model films.kindred --all --output lists.csv
      """)

  @OptionGroup var model: ModelOptions
  @Argument(help: "The person.") var user: String?
  @Option(
    help: ArgumentHelp("Someone's history, as item:value pairs; an item alone has the value 1.", valueName: "items"))
  var history: String?
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
    let results = RecommendationOutput(recommender: recommender)
    if all, let output { return try results.writeAll(to: output, limit: limit, asJSON: model.json) }
    let list: RecommendationList<String>
    if let user {
      list = recommender.recommendations(for: user, limit: limit)
      if list.basis == .popularity { Terminal.note("The model does not know '\(user)'; this is what most people had.") }
    } else {
      list = recommender.recommendations(forHistory: try values(recommender), limit: limit)
      if list.basis == .popularity { Terminal.note("The history is empty; this is what most people had.") }
    }
    if model.json {
      for recommendation in list { printLine(results.line(recommendation).text) }
    } else {
      results.show(list)
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
      try recommender.requireItem(item)
      values[item] = value
    }
    return values
  }
}
