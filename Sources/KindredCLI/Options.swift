import ArgumentParser
import Foundation
import Kindred

/// Options that name the ratings to read and how to use them.
struct DataOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of ratings: CSV, TSV, '::', ';', '|' or blanks, JSON Lines; .gz of each.", valueName: "file"))
  var ratings: [String] = []

  @Option(help: ArgumentHelp("A file of items with titles and genres.", valueName: "file"))
  var items: String?

  @Option(help: ArgumentHelp("A file of users with attributes, such as age.", valueName: "file"))
  var users: String?

  @Option(help: "The columns, by position or by name in the header, such as 'user=1,item=2,value=3,time=4'.")
  var columns: String?

  @Option(help: ArgumentHelp("Which value to keep if a pair occurs more than once.", valueName: "policy"))
  var duplicates = InteractionReader.DuplicatePolicy.last

  @Option(help: ArgumentHelp("Write bad rows to this file, instead of stopping at the first.", valueName: "file"))
  var reject: String?

  @Option(help: "Keep only ratings of at least this value.")
  var minimumValue: Float?

  @Option(help: "Keep only users and items with at least this many ratings.")
  var core: Int?

  @Option(help: "Which values count as liked in rankings: all, mean (at least the user's mean), or a minimum.")
  var positive = "all"

  @Option(
    help: ArgumentHelp(
      "The value of each kind of feedback: view=1,like=3,dislike=-1, or a JSON file.", valueName: "kinds"))
  var feedback: String?

  @Option(help: "The half-life of feedback in rankings, in days.")
  var halfLife: Double?

  @Option(help: "The number of threads; all cores if not given.")
  var threads: Int?

  @Option(help: "The random seed; the same seed gives the same model, byte for byte.")
  var seed: UInt64 = 0

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be between 1 and 1024.") }
    if let core, core < 1 { throw ValidationError("--core must be 1 or more.") }
    if let minimumValue, !minimumValue.isFinite { throw ValidationError("--minimum-value must be a number.") }
    if let halfLife, !(halfLife > 0 && halfLife.isFinite) { throw ValidationError("--half-life must be above 0.") }
    guard positive == "all" || positive == "mean" || Float(positive)?.isFinite == true else {
      throw ValidationError("--positive takes all, mean or a number.")
    }
  }

  /// The rule by which feedback counts in rankings.
  func rule() throws -> FeedbackRule {
    var rule = FeedbackRule()
    rule.positive = positive == "mean" ? .mean : Float(positive).map { .atLeast($0) } ?? .all
    rule.halfLife = halfLife
    if let feedback { rule.kinds = try FeedbackRule.kinds(parsing: feedback) }
    return rule
  }

  func reader() throws -> InteractionReader {
    var reader = InteractionReader()
    reader.columns = try columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
    reader.duplicates = duplicates
    reader.rejectPath = reject
    reader.threads = threads
    reader.kindValues = try rule().kinds
    return reader
  }

  /// Reads the ratings, and the catalogues of items and users whose files are given.
  func read() throws -> Interactions<String, String> {
    guard !ratings.isEmpty else { throw Failure(.usage, "--ratings <file> is missing") }
    return try filtered(read(ratings))
  }

  func read(_ paths: [String]) throws -> Interactions<String, String> {
    var (interactions, summary): (Interactions<String, String>, InteractionReader.Summary) = try reader().read(paths)
    if let items { interactions.itemCatalog = try Catalog(contentsOf: items) }
    if let users { interactions.userCatalog = try Catalog(contentsOf: users, of: .users) }
    if summary.ignored > 0 {
      Terminal.note("\(summary.ignored.grouped) rows of kinds that --feedback does not name are ignored.")
    }
    if summary.rejected > 0, let reject {
      let first = summary.firstRejection.map { "; the first: \($0)" } ?? ""
      Terminal.note("\(summary.rejected.grouped) bad rows are in \(reject)\(first)")
    }
    return interactions
  }

  /// The filtered ratings of a store, with the catalogues of items and users whose files are given.
  func prepared(_ interactions: Interactions<String, String>) throws -> Interactions<String, String> {
    if interactions.isEmpty { throw Failure(.badData, "the store holds no ratings to learn from") }
    var interactions = interactions
    if let items { interactions.itemCatalog = try Catalog(contentsOf: items) }
    if let users { interactions.userCatalog = try Catalog(contentsOf: users, of: .users) }
    return try filtered(interactions)
  }

  func filtered(_ interactions: Interactions<String, String>) throws -> Interactions<String, String> {
    guard minimumValue != nil || core != nil else { return interactions }
    let filtered = interactions.filtered(minimumValue: minimumValue, core: core ?? 1)
    if filtered.isEmpty { throw Failure(.badData, "no rating is left after --minimum-value and --core") }
    return filtered
  }
}

extension DataOptions {
  typealias Fold = Evaluator.Fold<String, String>

  /// The training and test parts, from two files or from a split, and the name of the split; warns of leaks.
  func folds(test: String?, split: String) throws -> ([Fold], String) {
    if let test {
      let train = try read()
      let aligned = train.aligned(with: try read([test]))
      for leak in LeakCheck.leaks(train: aligned.0, test: aligned.1) { Terminal.note("Warning: \(leak).") }
      return ([Fold(train: aligned.0, test: aligned.1)], "files")
    }
    let split = try Split(parsing: split)
    let interactions = try read()
    if case .folds(let count) = split, count > interactions.count {
      throw Failure(.badData, "\(interactions.count.grouped) ratings are too few for \(count.grouped) folds")
    }
    let folds = interactions.evaluationFolds(split, seed: seed)
    if folds.contains(where: { $0.train.isEmpty || $0.test.isEmpty }) {
      throw Failure(.badData, "there are too few ratings for the split \(split): a part of it is empty")
    }
    return (folds, split.description)
  }
}

extension InteractionReader.DuplicatePolicy: ExpressibleByArgument {}
extension Algorithm: ExpressibleByArgument {
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

/// Options that name the model to use.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model file.", valueName: "file"))
  var model: String

  @Flag(help: "Print one JSON object per line, for programs.")
  var json = false

  func load() throws -> Recommender<String, String> { try Recommender(contentsOf: model) }
}

extension Recommender<String, String> {
  /// Throws unless the model was trained on this item.
  func requireItem(_ item: String) throws(Failure) {
    guard knows(item: item) else { throw Failure(.badData, "the model does not know the item '\(item)'") }
  }
}
