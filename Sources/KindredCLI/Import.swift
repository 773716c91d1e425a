import ArgumentParser
import Kindred
import KindredReport
import KindredStore

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put ratings, items and users into a store.",
    usage: "kindred import <file> ... --store <file> [--items <file>] [<options>]",
    discussion: """
      A store that is not there yet is made. Ratings in every form that the other commands read, and dumps as gorse and \
      'kindred export' write them: lines of JSON with items, users and feedback. Either everything is put in or nothing.

      EXAMPLE:
        kindred import ratings.csv --items movies.csv --store films.sqlite
        kindred import items.jsonl users.jsonl feedback.jsonl --store shop.sqlite
      """)

  @Argument(help: ArgumentHelp("Files of ratings, or dumps; .gz of each.", valueName: "file")) var files: [String] = []
  @Option(help: ArgumentHelp("The store.", valueName: "file")) var store: String
  @Option(help: ArgumentHelp("A file of items with titles and genres.", valueName: "file")) var items: String?
  @Option(help: "Which column is what, as in 'user=1,item=2,value=3,time=4'; by position or by the header's name.")
  var columns: String?
  @Option(help: ArgumentHelp("Which value counts where a pair occurs twice.", valueName: "policy"))
  var duplicates = InteractionReader.DuplicatePolicy.last
  @Option(help: "What feedback is called where a file does not say it.") var kind = Feedback.rating
  @Option(help: ArgumentHelp("Write bad rows here and go on, instead of stopping at the first.", valueName: "file"))
  var reject: String?
  @Option(help: "How many threads to use; all cores if not given.") var threads: Int?
  @Flag(help: "Print one JSON object, for programs.") var json = false

  func validate() throws {
    if files.isEmpty, items == nil { throw ValidationError("Name a file of ratings, or --items <file>.") }
    if kind.isEmpty { throw ValidationError("--kind needs a name.") }
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
    // Read before the store is made, so that a bad file leaves nothing behind.
    let contents = try importing.read(files, items: items)
    let store = try Store(self.store, opening: .creating)
    try await store.add(contents) { done, total in Terminal.show("importing", done: done, of: total, detail: "") }
    Terminal.endProgress()
    if contents.rejected > 0, let reject {
      let first = contents.firstRejection.map { "; the first: \($0)" } ?? ""
      Terminal.note("\(contents.rejected.grouped) bad rows are in \(reject)\(first)")
    }
    let counts = try await store.counts()
    try store.close()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if json { return printLine(StoreReport.line(contents, counts, seconds: seconds, path: self.store).text) }
    printSentence(
      "Imported \(contents.rows.grouped) rows in \(duration(seconds)). \(self.store) holds "
        + "\(counts.feedbackCount.grouped) ratings, \(counts.users.grouped) users and \(counts.items.grouped) items.")
  }
}
