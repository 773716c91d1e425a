import ArgumentParser
import Kindred
import KindredJSON
import KindredStore

struct Find: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the ids of items by words of their titles.",
    usage: "kindred find <text> (--model <file> | --store <file>) [--limit <n>]".wrappedUsage,
    discussion: """
      EXAMPLE:
        kindred find "star wars" --model films.kindred
      """)

  @Argument(help: "Words of a title.") var text: String
  @Option(help: ArgumentHelp("The model file.", valueName: "file")) var model: String?
  @Option(help: ArgumentHelp("The store: a file, or postgres://….", valueName: "store")) var store: String?
  @Option(help: "The maximum number of items to show.") var limit = 20
  @Flag(help: "Print one JSON object per line, for programs.") var json = false

  func validate() throws {
    guard (model == nil) != (store == nil) else { throw ValidationError("Name a --model or a --store.") }
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
  }

  func run() async throws {
    let (found, areNear) = try await matches()
    guard !found.isEmpty else { throw Failure(.badData, "no title has all of these words") }
    if areNear { Terminal.note("No title has all of these words; these are near.") }
    show(Array(found.prefix(limit)))
    if found.count > limit { Terminal.note("\(limit) of \(found.count.grouped) items; --limit shows more.") }
  }

  private func matches() async throws -> (items: [(id: String, title: String)], areNear: Bool) {
    if let model { return ItemNames(try Recommender(contentsOf: model)).items(matching: text) }
    guard let location = store else { return ([], false) }
    let store = try await StorePlace.open(location)
    let items = try await store.allItems()
    let recommender = try await store.currentRecommender()
    try await store.close()
    var search = ItemSearch()
    for item in items { search.append(id: item.id, title: item.title, genres: item.genres) }
    let matches = search.matches(text) { recommender?.ratingCount(of: items[$0].id) ?? 0 }
    return (matches.items.map { (items[$0].id, items[$0].title ?? "") }, matches.areNear)
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
