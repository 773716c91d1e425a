import ArgumentParser
import Kindred

/// The arguments of the command line, made ready for the parser: ids may begin with a hyphen, and a word that is no
/// command, algorithm or option is answered with the near ones.
struct Arguments {
  /// An option of a command.
  private enum Option { case flag, value, values }

  private let words: [String]

  init(_ words: [String]) { self.words = words }

  /// Returns the arguments for the parser.
  ///
  /// - Throws: `Failure` for a command, an algorithm or an option that does not exist.
  func prepared() throws(Failure) -> [String] {
    guard let (command, path) = try command() else { return words }
    let options = Self.options(of: command)
    let rest = words.dropFirst(path.count)
    var result = path
    var ids: [String] = []
    var index = rest.startIndex
    while index < rest.endIndex {
      let word = rest[index]
      index += 1
      if word == "--" {
        ids += rest[index...]
        break
      }
      switch options[word] {
      case .value:
        if index < rest.endIndex, isValue(rest[index], options) {
          result.append("\(word)=\(rest[index])")
          index += 1
        } else {
          result.append(word)
        }
      case .values:
        let start = index
        while index < rest.endIndex, !rest[index].hasPrefix("-") || isValue(rest[index], options) {
          // An option may be followed by a user, but only a hyphen makes that hard to tell.
          result.append("\(word)=\(rest[index])")
          index += 1
        }
        if index == start { result.append(word) }
      case .flag: result.append(word)
      case nil:
        if isValue(word, options), command.takesIDs {
          ids.append(word)
        } else {
          try check(word, options, of: command, path)
          result.append(word)
        }
      }
    }
    return ids.isEmpty ? result : result + ["--"] + ids
  }

  /// Returns whether a word that begins with a hyphen is an id, and neither an option nor a misspelt one.
  private func isValue(_ word: String, _ options: [String: Option]) -> Bool {
    guard word.hasPrefix("-"), word != "--", word != "-" else { return word == "-" }
    let name = String(word.prefix { $0 != "=" })
    if options[name] != nil { return false }
    // An option's name has small letters alone.
    return !(word.hasPrefix("--") && name.count > 3 && name.dropFirst(2).allSatisfy { "a"..."z" ~= $0 || $0 == "-" })
  }

  private func check(
    _ word: String, _ options: [String: Option], of command: any ParsableCommand.Type, _ path: [String]
  ) throws(Failure) {
    guard word.hasPrefix("--") else { return }
    let name = String(word.prefix { $0 != "=" })
    guard options[name] == nil else { return }
    let line = (["kindred"] + path).joined(separator: " ")
    if command == Train.self {
      let owners = Train.configuration.subcommands.filter { Self.options(of: $0)[name] != nil }
      if let owner = owners.first {
        let names = owners.compactMap { $0.configuration.commandName }.joined(separator: ", ")
        throw Failure(
          .usage,
          "\(name) is an option of an algorithm (\(names)): "
            + "kindred train \(owner.configuration.commandName ?? "") "
            + "\(words.dropFirst(path.count).joined(separator: " "))"
        )
      }
    }
    throw Failure(
      .usage, "'\(line)' has no option '\(name)'\(NearWords.ending(name, in: options.keys)) See '\(line) --help'.")
  }

  /// The command that the first words name, and these words; nil if they ask for help or the version.
  private func command() throws(Failure) -> (any ParsableCommand.Type, [String])? {
    guard var first = words.first else { return nil }
    let commands = KindredCommand.configuration.subcommands
    if first == "help", words.count > 1 {
      first = words[1]
    } else if first.hasPrefix("-") || first == "help" {
      return nil
    }
    guard let command = commands.first(where: { $0.verb == first }) else {
      let names = commands.map { $0.verb }
      throw Failure(
        .usage,
        "there is no command '\(first)'\(NearWords.ending(first, in: names)) The commands are "
          + "\(names.joined(separator: ", "))."
      )
    }
    if words.first == "help" { return nil }
    guard words.count > 1, !words[1].hasPrefix("-") else { return (command, [first]) }
    if let algorithm = command.configuration.subcommands.first(where: { $0.verb == words[1] }) {
      return (algorithm, [first, words[1]])
    }
    if command == Train.self || command == Tune.self || command == Evaluate.self {
      let names = command == Train.self ? Train.configuration.subcommands.map { $0.verb } : Algorithm.allValueStrings
      if !names.contains(words[1]) {
        throw Failure(
          .usage,
          "there is no algorithm '\(words[1])'\(NearWords.ending(words[1], in: names)) The algorithms are "
            + "\(names.joined(separator: ", ")).")
      }
    }
    return (command, [first])
  }

  /// The options that take several values, which the help does not tell from the others.
  private static let lists: Set<String> = ["--ratings", "--genre", "--attribute", "--only", "--exclude"]

  /// The options of a command, as its help lists them.
  private static func options(of command: any ParsableCommand.Type) -> [String: Option] {
    var options: [String: Option] = ["-h": .flag, "--help": .flag]
    let help = KindredCommand.helpMessage(for: command, columns: 400)
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      // `  --limit <limit>         The maximum number of items in a list.`
      let head = line.dropFirst(2).prefix(upTo: line.dropFirst(2).firstRange(of: "  ")?.lowerBound ?? line.endIndex)
      let names = head.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "/" }).filter { $0.hasPrefix("-") }
      for name in names.map({ String($0) }) {
        options[name] = !head.contains("<") ? .flag : lists.contains(name) ? .values : .value
      }
    }
    return options
  }
}

extension ParsableCommand {
  /// The name by which the command is called.
  fileprivate static var verb: String {
    configuration.commandName ?? "\(Self.self)".lowercased()
  }

  /// Whether words without an option are ids.
  fileprivate static var takesIDs: Bool { Self.self == Recommend.self }
}
