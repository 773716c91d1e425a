import ArgumentParser
import Kindred

/// Options that restrict the items of a list and set its diversity.
struct ListOptions: ParsableArguments {
  @Option(help: "The maximum number of items in a list.") var limit = 10
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Only items of these genres.", valueName: "genre"))
  var genre: [String] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Only items with this attribute, such as country=FR.", valueName: "name=value"))
  var attribute: [String] = []
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Only these items.", valueName: "item"))
  var only: [String] = []
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Exclude these items.", valueName: "item"))
  var exclude: [String] = []
  @Option(help: "Only items with at least this many ratings.") var minimumRatings = 0
  @Option(help: "The diversity of the list, from 0 to 1.") var diversity: Float = 0
  @Option(
    help: ArgumentHelp(
      "The share of places for items without ratings, from 0 to 1; if not given, their scores decide.",
      valueName: "share"))
  var explore: Float?
  @Flag(help: "Include items of the user's history.") var includeObserved = false

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
    guard minimumRatings >= 0 else { throw ValidationError("--minimum-ratings must be 0 or more.") }
    guard (0...1).contains(diversity) else { throw ValidationError("--diversity must be between 0 and 1.") }
    guard explore.map({ (0...1).contains($0) }) ?? true else {
      throw ValidationError("--explore must be between 0 and 1.")
    }
    guard attribute.allSatisfy({ $0.contains("=") }) else { throw ValidationError("--attribute takes name=value.") }
  }

  /// The rules of these options, for a model.
  ///
  /// - Throws: `Failure` for an item that the model does not know.
  func rules(_ recommender: Recommender<String, String>) throws(Failure) -> ListRules<String> {
    let wanted = try only.map { item throws(Failure) in try recommender.requireItem(item) }
    let unwanted = try exclude.map { item throws(Failure) in try recommender.requireItem(item) }
    noteUnknownGenres(recommender)
    var rules = ListRules<String>()
    rules.restrictingTo = wanted.isEmpty ? nil : Set(wanted)
    rules.excluding = Set(unwanted)
    rules.excludingObserved = !includeObserved
    rules.genres = Set(genre)
    for pair in attribute {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      rules.attributes[String(parts[0])] = String(parts[1])
    }
    rules.minimumRatings = minimumRatings
    rules.diversity = diversity
    rules.explore = explore
    return rules
  }

  /// Says which genres no item has, with the near ones or all of them.
  private func noteUnknownGenres(_ recommender: Recommender<String, String>) {
    guard !genre.isEmpty else { return }
    var known: Set<String> = []
    for item in recommender.items { known.formUnion(recommender.itemCatalog[item]?.genres ?? []) }
    for genre in genre where !known.contains(genre) {
      let hint = NearWords.hint(genre, in: known)
      let all = known.sorted().prefix(30).joined(separator: ", ")
      let list = hint.isEmpty ? (known.isEmpty ? "; no genres are known" : "; the genres are \(all)") : hint
      Terminal.note("No item has the genre '\(genre)'\(list)")
    }
  }

  /// Whether the options restrict the items, beyond excluding observed ones.
  var areRules: Bool {
    !genre.isEmpty || !attribute.isEmpty || !only.isEmpty || !exclude.isEmpty || minimumRatings > 0
  }
}
