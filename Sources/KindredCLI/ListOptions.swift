import ArgumentParser
import Kindred

/// Which items a list may hold, and how varied it should be.
struct ListOptions: ParsableArguments {
  @Option(help: "The most items in a list.") var limit = 10
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Only items of these genres.", valueName: "genre"))
  var genre: [String] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Only items with this attribute, as in country=FR.", valueName: "name=value"))
  var attribute: [String] = []
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Only these items.", valueName: "item"))
  var only: [String] = []
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Not these items.", valueName: "item"))
  var exclude: [String] = []
  @Option(help: "Only items that at least so many users had.") var minimumRatings = 0
  @Option(help: "How varied the list should be, from 0 to 1.") var diversity: Float = 0
  @Flag(help: "List what the user knows as well.") var includeObserved = false

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
    guard minimumRatings >= 0 else { throw ValidationError("--minimum-ratings must be 0 or more.") }
    guard (0...1).contains(diversity) else { throw ValidationError("--diversity must be between 0 and 1.") }
    guard attribute.allSatisfy({ $0.contains("=") }) else { throw ValidationError("--attribute takes name=value.") }
  }

  /// The rules for a model.
  ///
  /// - Throws: `Failure` for an item that the model does not know.
  func rules(_ recommender: Recommender<String, String>) throws(Failure) -> ListRules<String> {
    for item in only + exclude { try recommender.requireItem(item) }
    var rules = ListRules<String>()
    rules.restrictingTo = only.isEmpty ? nil : Set(only)
    rules.excluding = Set(exclude)
    rules.excludingObserved = !includeObserved
    rules.genres = Set(genre)
    for pair in attribute {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      rules.attributes[String(parts[0])] = String(parts[1])
    }
    rules.minimumRatings = minimumRatings
    rules.diversity = diversity
    return rules
  }

  /// Whether anything but the limit was asked for.
  var areRules: Bool {
    !genre.isEmpty || !attribute.isEmpty || !only.isEmpty || !exclude.isEmpty || minimumRatings > 0
  }
}
