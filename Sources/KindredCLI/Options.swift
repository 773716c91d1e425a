import ArgumentParser
import Foundation
import Kindred
import KindredPostgres
import KindredStore

/// Options that name the ratings to read and how to use them.
struct DataOptions: ParsableArguments {
  /// The files, and how they are read.
  struct Files: ParsableArguments {
    @Option(
      name: .long, parsing: .upToNextOption,
      help: ArgumentHelp(
        "Files of ratings: CSV, TSV, '::', ';', '|' or blanks, JSON Lines; .gz of each.", valueName: "file"))
    var ratings: [String] = []
    @Option(
      help: ArgumentHelp("The rows to read where --ratings is postgres://host/database: a select.", valueName: "sql"))
    var query: String?

    @Option(help: ArgumentHelp("A file of items with titles and genres.", valueName: "file"))
    var items: String?

    @Option(help: ArgumentHelp("A file of users with attributes, such as age.", valueName: "file"))
    var users: String?

    @Option(help: "The columns, by position or by name in the header, such as 'user=1,item=2,value=3,time=4'.")
    var columns: String?

    @Option(
      help: ArgumentHelp(
        "What to do with a pair that occurs more than once; if not given, keep where repeats are usual, else last.",
        valueName: "policy"))
    var duplicates: InteractionReader.DuplicatePolicy?

    @Option(help: ArgumentHelp("Write bad rows to this file, instead of stopping at the first.", valueName: "file"))
    var reject: String?
  }

  /// Which ratings are kept, and how they count.
  struct Rules: ParsableArguments {
    @Option(help: "Keep only ratings of at least this value.")
    var minimumValue: Float?

    @Option(help: "Keep only users and items with at least this many ratings.")
    var core: Int?

    @Option(
      help: ArgumentHelp(
        """
        Which values count as liked: those of at least the user's own mean, damped by the data's (liked, the default \
        for ratings) or not (mean), all, or those of at least a number.
        """,
        valueName: "rule"))
    var positive: String?

    @Option(
      help: ArgumentHelp(
        "The value of each kind of feedback: view=1,like=3,dislike=-1, or a JSON file.", valueName: "kinds"))
    var feedback: String?

    @Option(help: "The half-life of feedback in rankings, in days.")
    var halfLife: Double?

    func validate() throws {
      if let core, core < 1 { throw ValidationError("--core must be 1 or more.") }
      if let minimumValue, !minimumValue.isFinite { throw ValidationError("--minimum-value must be a number.") }
      if let halfLife, !(halfLife > 0 && halfLife.isFinite) { throw ValidationError("--half-life must be above 0.") }
      if positive != nil, condition == nil { throw ValidationError("--positive takes liked, mean, all or a number.") }
    }

    /// The condition under which a value counts as liked; nil if none is given.
    fileprivate var condition: FeedbackRule.Positive? {
      switch positive {
      case "liked": .liked
      case "mean": .mean
      case "all": .all
      default: positive.flatMap { Float($0) }.flatMap { $0.isFinite ? .atLeast($0) : nil }
      }
    }
  }

  /// What a training uses besides the data.
  struct Training: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "What settings are chosen on: the latest events, or random ones, the default of an evaluation by a random "
          + "split.",
        valueName: "part"))
    var validation: ValidationMethod?

    @Option(help: "The number of threads; all cores if not given.")
    var threads: Int?

    @Option(help: "The random seed; the same seed gives the same model, byte for byte.")
    var seed: UInt64 = 0

    func validate() throws {
      if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be between 1 and 1024.") }
    }
  }

  @OptionGroup(title: "Data") var files: Files
  @OptionGroup(title: "Which ratings count") var rules: Rules
  @OptionGroup(title: "Training") var training: Training

  /// The value of each kind of feedback.
  func kindValues() throws -> [String: Float] { try rules.feedback.map { try FeedbackRule.kinds(parsing: $0) } ?? [:] }

  /// The rule by which feedback counts in rankings.
  ///
  /// - Parameter interactions: The ratings before `--minimum-value`, which would move the middle of the scale.
  func rule(for interactions: Interactions<String, String>) throws -> FeedbackRule {
    let kinds = try kindValues()
    var rule = kinds.isEmpty ? interactions.defaultRule : FeedbackRule()
    rule.kinds = kinds
    rule.halfLife = rules.halfLife
    if let condition = rules.condition {
      rule.positive = condition
      rule.dampsCounts = false
    }
    if rules.minimumValue != nil { rule.notRated = nil }
    if rules.minimumValue != nil, kinds.isEmpty, interactions.hasRatings {
      let values = interactions.statistics
      rule.reference = FeedbackRule.Reference(mean: values.mean, middle: (values.least + values.greatest) / 2)
    }
    return rule
  }

  private func reader(_ duplicates: InteractionReader.DuplicatePolicy?) throws -> InteractionReader {
    var reader = InteractionReader()
    reader.duplicates = duplicates
    reader.columns = try files.columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
    reader.rejectPath = files.reject
    reader.threads = training.threads
    reader.kindValues = try kindValues()
    return reader
  }

  /// Reads the ratings, and the catalogues of items and users whose files are given.
  func read() throws -> RatingData {
    guard !files.ratings.isEmpty else { throw Failure(.usage, "--ratings <file> is missing") }
    let exported = try exportedQuery()
    defer { if let exported { try? FileManager.default.removeItem(atPath: exported) } }
    let (interactions, report) = try Failure.hintingAtRejects(files.reject) {
      try readReported(exported.map { [$0] } ?? files.ratings, files.duplicates)
    }
    if rules.halfLife != nil { try report.requireTimes(for: "--half-life") }
    var data = try filtered(interactions)
    data.reading = report
    return data
  }

  /// The rows of a query as a temporary file; nil where ratings are files.
  private func exportedQuery() throws -> String? {
    guard files.ratings.contains(where: StorePlace.isDatabase) else {
      if files.query != nil { throw Failure(.usage, "--query is for --ratings postgres://host/database") }
      return nil
    }
    guard files.ratings.count == 1, let query = files.query else {
      throw Failure(.usage, "--ratings postgres://… takes one database and a --query, such as 'select … from ratings'")
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-query-\(UUID().uuidString).csv")
    try PostgresQuery.export(query, from: files.ratings[0], to: file.path)
    return file.path
  }

  /// Reads a file to test on, whose repeats are kept if those of the training data are.
  func readTest(_ path: String, keepingRepeats: Bool) throws -> Interactions<String, String> {
    try readReported([path], keepingRepeats ? .keep : files.duplicates ?? .last).interactions
  }

  /// Reads files and says what they were taken for.
  private func readReported(
    _ paths: [String], _ duplicates: InteractionReader.DuplicatePolicy?
  ) throws -> (interactions: Interactions<String, String>, report: ReadingReport) {
    let rejects = files.reject.map { Rejects(path: $0) }
    var (interactions, summary): (Interactions<String, String>, InteractionReader.Summary) = try reader(duplicates)
      .read(
        paths, rejects: rejects)
    let report = ReadingReport(path: paths[0], summary, interactions)
    let notes = try readCatalogs(
      for: &interactions, rejects: rejects, rejected: summary.rejected, first: summary.rejections.first)
    try rejects?.commit()
    Terminal.note(report.sentence)
    for warning in report.warnings { Terminal.note("Warning: \(warning).") }
    for note in notes { Terminal.note(note) }
    if summary.ignored > 0 {
      Terminal.note("\(summary.ignored.grouped) rows of kinds that --feedback does not name are ignored.")
    }
    return (interactions, report)
  }

  /// Reads the files of items and users, and counts the bad rows of all files; returns what is to be said of them.
  private func readCatalogs(
    for interactions: inout Interactions<String, String>, rejects: Rejects?, rejected: Int = 0, first: ReadError? = nil
  ) throws -> [String] {
    var notes: [String] = []
    var (rejected, first) = (rejected, first)
    for (path, subject) in [(files.items, Catalog.Subject.items), (files.users, .users)] {
      guard let path else { continue }
      let (catalog, summary) = try CatalogReader(subject: subject).read(path, rejects: rejects)
      notes.append("\(path): \(summary.columns.description)")
      let ids = subject == .items ? interactions.itemNames : interactions.userNames
      for remark in summary.remarks + [catalog.mismatch(subject, in: path, with: ids)].compactMap({ $0 }) {
        notes.append("Warning: \(remark).")
      }
      rejected += summary.rejected
      first = first ?? summary.rejections.first
      if subject == .items { interactions.itemCatalog = catalog } else { interactions.userCatalog = catalog }
    }
    if rejected > 0, let reject = files.reject {
      let verb = rejected == 1 ? " is" : "s are"
      notes.append("\(rejected.grouped) bad row\(verb) in \(reject)\(first.map { "; the first: \($0)" } ?? "")")
    }
    return notes
  }

  /// The filtered ratings of a store, with the catalogues of items and users whose files are given.
  func prepared(_ interactions: Interactions<String, String>) throws -> RatingData {
    if interactions.isEmpty { throw Failure(.badData, "the store holds no ratings to learn from") }
    var interactions = interactions
    let rejects = files.reject.map { Rejects(path: $0) }
    let notes = try readCatalogs(for: &interactions, rejects: rejects)
    for note in notes { Terminal.note(note) }
    try rejects?.commit()
    return try filtered(interactions)
  }

  private func filtered(_ interactions: Interactions<String, String>) throws -> RatingData {
    let rule = try rule(for: interactions)
    guard rules.minimumValue != nil || rules.core != nil else {
      return RatingData(interactions: interactions, rule: rule)
    }
    let filtered = interactions.filtered(minimumValue: rules.minimumValue, core: rules.core ?? 1)
    if filtered.isEmpty { throw Failure(.badData, "no rating is left after --minimum-value and --core") }
    return RatingData(interactions: filtered, rule: rule)
  }
}

/// Ratings, and the rule by which they count in rankings.
struct RatingData {
  var interactions: Interactions<String, String>
  var rule: FeedbackRule
  /// What the file was taken for; nil for a store.
  var reading: ReadingReport?
}

extension InteractionReader.DuplicatePolicy: ExpressibleByArgument {}
extension ValidationMethod: ExpressibleByArgument {}
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
