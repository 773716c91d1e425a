import ArgumentParser
import Kindred
import KindredStore

struct Info: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe a file of ratings, items or users, a store or a model.",
    discussion: """
      EXAMPLE:
        kindred info ratings.csv
        kindred info films.kindred
        kindred info films.sqlite
      """)

  @Argument(help: "The file, or the location of a store.") var file: String
  @Option(help: "The columns by position or name, such as 'user=1,item=2,value=3,time=4'.") var columns: String?
  @Option(help: ArgumentHelp("Write bad rows to this file and continue.", valueName: "file")) var reject: String?
  @Flag(help: "Print one JSON object, for programs.") var json = false

  func run() async throws {
    if ModelFile.looksLikeModel(file) {
      let report = ModelReport(path: file, recommender: try Recommender(contentsOf: file))
      if json { printLine(report.line.text) } else { report.show() }
    } else if StorePlace.isDatabase(file) || SQLiteStore.looksLikeStore(file) {
      let store = try await StorePlace.open(file)
      let report = try await StoreReport(store)
      try await store.close()
      if json { printLine(report.line.text) } else { report.show() }
    } else {
      var reader = InteractionReader()
      reader.columns = try columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
      reader.rejectPath = reject
      do throws(ReadError) {
        let report = RatingsReport(path: file, try reader.read([file]))
        if json { printLine(report.line.text) } else { report.show() }
      } catch {
        // A file of items or users has no user or no item.
        guard columns == nil, reject == nil, let report = CatalogReport(path: file) else {
          return try Failure.hintingAtRejects(reject) { throw error }
        }
        if json { printLine(report.line.text) } else { report.show() }
      }
    }
  }
}
