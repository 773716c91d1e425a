import ArgumentParser
import Kindred
import KindredJSON
import KindredStore

struct Find: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the ids of items by words of their titles.",
    usage: "kindred find <text> (--model <file> | --store <file>) [--limit <n>]",
    discussion: """
      EXAMPLE:
        kindred find "star wars" --model films.kindred
      """)

  @Argument(help: "Words of a title.") var text: String
  @Option(help: ArgumentHelp("The model file.", valueName: "file")) var model: String?
  @Option(help: ArgumentHelp("The store.", valueName: "file")) var store: String?
  @Option(help: "The maximum number of items to show.") var limit = 20
  @Flag(help: "Print one JSON object per line, for programs.") var json = false

  func validate() throws {
    guard (model == nil) != (store == nil) else { throw ValidationError("Name a --model or a --store.") }
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
  }

  func run() async throws {
    if let model {
      let names = ItemNames(try Recommender(contentsOf: model))
      let found = names.items(matching: text)
      if found.isEmpty { throw Failure(.badData, "no title has all of these words\(names.near(text))") }
      show(found.prefix(limit).map { $0 })
      if found.count > limit { Terminal.note("\(limit) of \(found.count.grouped) items; --limit shows more.") }
    } else if let store {
      let store = try await openStore(at: store)
      let page = try await store.items(matching: text, after: nil, limit: limit)
      try await store.close()
      if page.elements.isEmpty { throw Failure(.badData, "no title has all of these words") }
      show(page.elements.map { ($0.id, $0.title ?? "") })
    }
  }

  private func show(_ items: [(id: String, title: String)]) {
    var table = Table([("item", .left), ("title", .left)], .cut(1))
    for item in items {
      if json {
        printLine(JSONLine([("item", .text(item.id)), ("title", .text(item.title))]).text)
      } else {
        table.append([item.id, item.title])
      }
    }
    if !json { table.print() }
  }
}
