import ArgumentParser
import Foundation
import Kindred

struct Recommend: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recommend items to users.",
    usage: [
      "kindred recommend --model <file> (<user> ... | --users <file> | --all)",
      "kindred recommend --model <file> (--history <items> | --attributes <attributes>)",
    ].map(\.wrappedUsage).joined(separator: "\n"),
    discussion: """
      EXAMPLE: a user that the model knows, a new user, the users of a file, all users.
        kindred recommend --model films.kindred 42
        kindred recommend --model films.kindred --history "318:5,296:4.5"
        kindred recommend --model films.kindred --users newsletter.txt --output lists.csv
        kindred recommend --model films.kindred --all --output lists.csv
      """)

  /// Whom the lists are for, besides the users that are arguments.
  struct Users: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A new user's history, as item:value pairs, by ids or titles; an item alone counts as liked.",
        valueName: "items"))
    var history: String?
    @Option(
      help: ArgumentHelp(
        "What is known of a new user without a history, such as 'age=24,gender=F'.", valueName: "attributes"))
    var attributes: String?
    @Option(help: ArgumentHelp("A file of users, one per line: a list for each.", valueName: "file")) var users: String?
    @Flag(help: "Write a list per user that the model was trained on.") var all = false
  }

  @Argument(help: "The users.") var user: [String] = []
  @OptionGroup(title: "Model and output") var model: ModelOptions
  @OptionGroup(title: "Users") var whom: Users
  @Option(help: ArgumentHelp("Write the lists of several users to this file.", valueName: "file")) var output: String?
  @Flag(help: "Show which items of the history explain each recommendation.") var explain = false
  @OptionGroup(title: "List") var options: ListOptions

  func validate() throws {
    guard
      [!user.isEmpty, whom.history != nil || whom.attributes != nil, whom.all, whom.users != nil].filter({ $0 }).count
        == 1
    else {
      throw ValidationError("Name a user, or give --history, --attributes, --users or --all.")
    }
    _ = try ownAttributes()
    if output != nil, whom.history != nil || whom.attributes != nil || user.count == 1 {
      throw ValidationError("--output goes with several users, --users or --all.")
    }
    if whom.all, output == nil { throw ValidationError("--all needs --output <file>.") }
  }

  func run() throws {
    let recommender = try model.load()
    let rules = try options.rules(recommender)
    let results = RecommendationOutput(recommender: recommender, explains: explain)
    if let users = try severalUsers(recommender) {
      return try results.writeLists(of: users, to: output, limit: options.limit, rules: rules, asJSON: model.json)
    }
    var own: History
    let user = user.first
    if let user {
      own = recommender.history(of: user) ?? History()
    } else {
      own = recommender.history(try HistoryText(whom.history ?? "").values(in: recommender))
      own.attributes = try ownAttributes()
    }
    let list = recommender.recommendations(for: [own], limit: options.limit, rules: rules)[0]
    if list.basis == .popularity {
      let why =
        own.count > 0
        ? "Nothing in the history counts as liked"
        : user.map { "The model does not know '\($0)'" }
          ?? (whom.attributes == nil
            ? "The history is empty"
            : recommender.knowsAttributesOfUsers
              ? "The model knows none of the attributes" : "The model was trained without attributes of users")
      Terminal.note("\(why); these are the most popular items.")
    }
    if !own.events.isEmpty, !options.includeObserved {
      Terminal.note("The history repeats items; --include-observed lists what it holds again.")
    }
    if options.areRules || list.isEmpty { Terminal.note(results.removed(list)) }
    if model.json {
      for line in results.lines(list, own) { printLine(line.text) }
    } else {
      results.show(list, own)
    }
  }

  private func ownAttributes() throws(ValidationError) -> [String: String] {
    var known: [String: String] = [:]
    for part in whom.attributes?.split(separator: ",") ?? [] {
      let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw ValidationError("--attributes takes names and values, such as 'age=24,gender=F'.")
      }
      known[sides[0]] = sides[1]
    }
    return known
  }

  /// The users of `--all`, of the file, or of several arguments; nil for one user or a history.
  private func severalUsers(_ recommender: Recommender<String, String>) throws -> [String]? {
    if whom.all { return recommender.users }
    if let users = whom.users {
      guard let text = FileManager.default.contents(atPath: users) else {
        throw Failure(.noInput, "\(users): there is no such file")
      }
      let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
      let names = lines.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      if names.isEmpty { throw Failure(.badData, "\(users): the file holds no users") }
      return names
    }
    return user.count > 1 ? user : nil
  }
}

/// A history as text: `318:5,296:4.5`; an item alone counts as liked.
struct HistoryText {
  private let parts: [Substring]

  init(_ text: String) { parts = text.split(separator: ",") }

  /// The values by item, which is named by its id or its title.
  ///
  /// - Throws: `Failure` for an unknown item, and for a value off the scale of the model's ratings.
  func values(in recommender: Recommender<String, String>) throws(Failure) -> [String: Float] {
    let names = ItemNames(recommender)
    let liked = recommender.ratingModel?.scale?.upperBound ?? 1
    let values = try values(liked: liked, names)
    if let scale = recommender.ratingModel?.admissibleRatings {
      for (item, value) in values.sorted(by: { $0.key < $1.key }) where !scale.contains(value) {
        throw Failure(
          .usage,
          "the ratings of this model run from \(plain(scale.lowerBound)) to \(plain(scale.upperBound)): "
            + "\(item):\(plain(value))")
      }
    }
    return values
  }

  /// The values by item. An id may hold colons and commas: the shortest run of parts that names a known item is used.
  private func values(liked: Float, _ names: ItemNames) throws(Failure) -> [String: Float] {
    var values: [String: Float] = [:]
    var start = 0
    while start < parts.count {
      var end = start
      repeat { end += 1 } while end < parts.count && pair(start..<end, liked, names) == nil
      guard let found = pair(start..<end, liked, names) else {
        throw problem(parts[start].trimmingCharacters(in: .whitespaces), names)
      }
      values[found.item] = found.value
      start = end
    }
    return values
  }

  private func pair(
    _ range: Range<Int>, _ liked: Float, _ names: ItemNames
  ) -> (item: String, value: Float)? {
    let text = parts[range].joined(separator: ",").trimmingCharacters(in: .whitespaces)
    if let item = names.item(named: text) { return (item, liked) }
    guard let colon = text.lastIndex(of: ":"), let value = Float(text[text.index(after: colon)...]), value.isFinite,
      let item = names.item(named: String(text[..<colon]))
    else { return nil }
    return (item, value)
  }

  private func problem(_ text: String, _ names: ItemNames) -> Failure {
    guard let colon = text.lastIndex(of: ":") else {
      if let equals = text.lastIndex(of: "="), Float(text[text.index(after: equals)...]) != nil {
        return Failure(.usage, "'\(text)' in --history is not an item and a value; write \(text[..<equals]):5")
      }
      return names.unknown(text)
    }
    if Float(text[text.index(after: colon)...])?.isFinite == true {
      return names.unknown(String(text[..<colon]))
    }
    return Failure(.usage, "'\(text)' in --history is not an item and a value, such as 318:4.5")
  }
}
