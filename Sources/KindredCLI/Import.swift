import ArgumentParser
import Kindred
import KindredReport
import KindredStore

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import ratings, items and users into a store.",
    usage: "kindred import <file> ... --store <file> [--items <file>] [<options>]".wrappedUsage,
    discussion: """
      Creates the store if it does not exist. Reads ratings in every format of the other commands, and dumps of gorse \
      and of 'kindred export': lines of JSON with items, users and feedback. Imports either everything or nothing.

      EXAMPLE:
        kindred import ratings.csv --items movies.csv --store films.sqlite
        kindred import items.jsonl users.jsonl feedback.jsonl --store shop.sqlite
      """)

  @Argument(help: ArgumentHelp("Files of ratings, or dumps; .gz of each.", valueName: "file")) var files: [String] = []
  @Option(help: ArgumentHelp("The store: a file, or postgres://….", valueName: "store")) var store: String
  @Option(help: ArgumentHelp("A file of items with titles and genres.", valueName: "file")) var items: String?
  @Option(help: "The columns, by position or by name in the header, such as 'user=1,item=2,value=3,time=4'.")
  var columns: String?
  @Option(
    help: ArgumentHelp(
      "What to do with a pair that occurs more than once; if not given, keep where repeats are usual, else last.",
      valueName: "policy"))
  var duplicates: InteractionReader.DuplicatePolicy?
  @Option(
    help: """
      The kind of feedback, for files that name none; if not given, the event that the values count, such as \
      purchase for quantities, else rating.
      """)
  var kind: String?
  @Option(
    help: ArgumentHelp(
      "What the page calls an item, such as film, or with an irregular plural 'series/series'.", valueName: "noun"))
  var itemNoun: String?
  @Option(help: ArgumentHelp("What the page calls a user, such as reader or 'person/people'.", valueName: "noun"))
  var userNoun: String?
  @Option(help: ArgumentHelp("Write bad rows to this file, instead of stopping at the first.", valueName: "file"))
  var reject: String?
  @Option(help: "The number of threads; all cores if not given.") var threads: Int?
  @Flag(help: "Print one JSON object, for programs.") var json = false

  func validate() throws {
    if files.isEmpty, items == nil { throw ValidationError("Name a file of ratings, or --items <file>.") }
    for (name, noun) in [("--item-noun", itemNoun), ("--user-noun", userNoun)] {
      guard let noun, DataWords.noun(noun) == nil else { continue }
      throw ValidationError("\(name) must be a noun, or a noun and its plural, as in 'person/people'.")
    }
    if kind?.isEmpty ?? false { throw ValidationError("--kind must not be empty.") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be between 1 and 1024.") }
  }

  func run() async throws {
    let start = ContinuousClock.now
    var importing = FileImport()
    importing.kind = kind
    importing.reader.columns = try columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
    importing.reader.duplicates = duplicates
    importing.reader.rejectPath = reject
    importing.reader.threads = threads
    Terminal.show("reading")
    // Read before the store is created, so that a bad file leaves no store behind.
    let contents = try Failure.hintingAtRejects(reject) { try importing.read(files, items: items) }
    let store = try await StorePlace.open(self.store, opening: .creating)
    let before = try await store.counts().feedbackCount
    try await store.add(contents) { done, total in Terminal.show("importing", done: done, of: total, detail: "") }
    var words = try await store.words()
    if let noun = itemNoun.flatMap(DataWords.noun) { (words.item, words.items) = noun }
    if let noun = userNoun.flatMap(DataWords.noun) { (words.user, words.users) = noun }
    if itemNoun != nil || userNoun != nil { try await store.set(words) }
    Terminal.endProgress()
    if let columns = contents.columns, let path = files.first { Terminal.note("\(path): \(columns.description)") }
    if let columns = contents.itemColumns, let items { Terminal.note("\(items): \(columns.description)") }
    if contents.repeats > 0 {
      Terminal.note("\(contents.repeats.grouped) rows repeat an earlier one and are kept as events.")
    }
    for remark in (contents.columns?.remarks ?? []) + contents.remarks { Terminal.note("Warning: \(remark).") }
    if contents.countedKind != nil { Terminal.note("--kind rating takes the values as ratings.") }
    if duplicates == nil, contents.repeats == 0, contents.duplicates > 0 {
      Terminal.note("--duplicates keep keeps rows that repeat a user and item as events.")
    }
    if contents.rejected > 0, let reject {
      let first = contents.rejections.first.map { "; the first: \($0)" } ?? ""
      Terminal.note(
        "\(contents.rejected.grouped) bad row\(contents.rejected == 1 ? " is" : "s are") in \(reject)\(first)")
    }
    // In a task of its own, which no interruption reaches: what was imported stays, and is said.
    let counts = try await Task {
      let counts = try await store.counts()
      try await store.close()
      return counts
    }.value
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let new = max(0, counts.feedbackCount - before)
    if json {
      var line = StoreReport.line(contents, counts, seconds: seconds, path: self.store)
      line.append("new", .integer(new))
      for (name, value) in contents.columns?.members ?? [] { line.append(name, value) }
      return printLine(line.text)
    }
    let noun = counts.feedback.keys.allSatisfy { $0 == Feedback.rating } ? "ratings" : "events"
    printSentence(
      "Imported \(contents.rows.grouped) rows in \(duration(seconds)), \(new.grouped) of them new. \(self.store) holds "
        + "\(counts.feedbackCount.grouped) \(noun), \(counts.users.grouped) users and \(counts.items.grouped) items.")
  }
}
