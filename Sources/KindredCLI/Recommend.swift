import ArgumentParser
import Foundation
import Kindred

struct Recommend: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recommend items to a user.",
    usage: "kindred recommend --model <file> (<user> | --history <items> | --all) [<options>]",
    discussion: """
      EXAMPLE: a user that the model knows, a new user, all users.
        kindred recommend --model films.kindred 42
        kindred recommend --model films.kindred --history "318:5,296:4.5"
        kindred recommend --model films.kindred --all --output lists.csv
      """)

  @OptionGroup var model: ModelOptions
  @Argument(help: "The user.") var user: String?
  @Option(
    help: ArgumentHelp("A new user's history, as item:value pairs; an item alone has the value 1.", valueName: "items"))
  var history: String?
  @Flag(help: "Write a list per user that the model was trained on.") var all = false
  @Option(help: ArgumentHelp("With --all, write the lists to this file.", valueName: "file")) var output: String?
  @Flag(help: "Show which items of the history explain each recommendation.") var explain = false
  @OptionGroup var options: ListOptions

  func validate() throws {
    guard [user != nil, history != nil, all].filter({ $0 }).count == 1 else {
      throw ValidationError("Name a user, or give --history, or --all.")
    }
    if output != nil, !all { throw ValidationError("--output goes with --all.") }
    if all, output == nil { throw ValidationError("--all needs --output <file>.") }
  }

  func run() throws {
    let recommender = try model.load()
    let rules = try options.rules(recommender)
    let results = RecommendationOutput(recommender: recommender, explains: explain)
    if all, let output {
      return try results.writeAll(to: output, limit: options.limit, rules: rules, asJSON: model.json)
    }
    let own: History
    if let user {
      own = recommender.history(of: user) ?? History()
    } else {
      own = recommender.history(try HistoryText(history ?? "").values { recommender.knows(item: $0) })
    }
    let list = recommender.recommendations(for: [own], limit: options.limit, rules: rules)[0]
    if list.basis == .popularity {
      let why =
        own.count > 0
        ? "Nothing in the history counts as liked"
        : user.map { "The model does not know '\($0)'" } ?? "The history is empty"
      Terminal.note("\(why); these are the most popular items.")
    }
    if options.areRules || list.isEmpty { Terminal.note(results.removed(list)) }
    if model.json {
      for line in results.lines(list, own) { printLine(line.text) }
    } else {
      results.show(list, own)
    }
  }
}

/// A history as text: `318:5,296:4.5`; an item alone has the value 1.
struct HistoryText {
  private let parts: [Substring]

  init(_ text: String) { parts = text.split(separator: ",") }

  /// The values by item. An id may hold colons and commas: the shortest run of parts that names a known item is used.
  func values(known: (String) -> Bool) throws(Failure) -> [String: Float] {
    var values: [String: Float] = [:]
    var start = 0
    while start < parts.count {
      var end = start
      repeat { end += 1 } while end < parts.count && pair(start..<end, known) == nil
      guard let found = pair(start..<end, known) else {
        throw problem(parts[start].trimmingCharacters(in: .whitespaces))
      }
      values[found.item] = found.value
      start = end
    }
    return values
  }

  private func pair(_ range: Range<Int>, _ known: (String) -> Bool) -> (item: String, value: Float)? {
    let text = parts[range].joined(separator: ",").trimmingCharacters(in: .whitespaces)
    if known(text) { return (text, 1) }
    guard let colon = text.lastIndex(of: ":"), let value = Float(text[text.index(after: colon)...]), value.isFinite,
      known(String(text[..<colon]))
    else { return nil }
    return (String(text[..<colon]), value)
  }

  private func problem(_ text: String) -> Failure {
    guard let colon = text.lastIndex(of: ":") else {
      return Failure(.badData, "the model does not know the item '\(text)'")
    }
    if Float(text[text.index(after: colon)...])?.isFinite == true {
      return Failure(.badData, "the model does not know the item '\(text[..<colon])'")
    }
    return Failure(.usage, "'\(text)' in --history is not an item and a value, such as 318:4.5")
  }
}
