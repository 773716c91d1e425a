import Kindred
import KindredStore
import NIOConcurrencyHelpers

/// The store's items in memory: titles for lists, genres to choose by, and what may not be shown.
final class ItemIndex: Sendable {
  fileprivate struct Contents {
    var items: [ExactText: StoredItem] = [:]
    /// Ids by genre in lower case.
    var genres: [String: Set<ExactText>] = [:]
    /// Hidden ones, and those that a model may still know and the store no longer has.
    var unavailable: Set<ExactText> = []
    var changes: UInt64 = 0
  }

  private let contents = NIOLockedValueBox(Contents())
  private let searched = NIOLockedValueBox<Searched?>(nil)

  /// The items by their words, as they were after so many changes.
  private struct Searched: Sendable {
    var changes: UInt64
    var items: [StoredItem] = []
    var search = ItemSearch()
  }

  /// Reads all items of a store anew. O(items).
  func load(from store: any Store) async throws(StoreError) {
    // What was changed meanwhile may be on a page that was read before.
    while try await !loaded(from: store) {}
  }

  private func loaded(from store: any Store) async throws(StoreError) -> Bool {
    let changes = contents.withLockedValue { $0.changes }
    var all = Contents()
    var cursor: String?
    repeat {
      let page = try await store.items(after: cursor, limit: 10_000)
      for item in page.elements { all.put(item) }
      cursor = page.cursor
    } while cursor != nil
    return contents.withLockedValue { [all] old in
      guard old.changes == changes else { return false }
      let gone = old.unavailable.filter { all.items[$0] == nil }
      old = all
      // What another process changed counts as one change.
      old.changes = changes &+ 1
      old.unavailable.formUnion(gone)
      return true
    }
  }

  func put(_ items: [StoredItem]) { contents.withLockedValue { contents in for item in items { contents.put(item) } } }

  func remove(_ id: String) {
    let id = ExactText(id)
    contents.withLockedValue { contents in
      contents.take(id)
      contents.unavailable.insert(id)
    }
  }

  /// Takes note of the items of a model that the store does not have. O(items).
  func reconcile(with model: ServedModel) {
    let known = model.recommender.items
    contents.withLockedValue { contents in
      for id in known.lazy.map(ExactText.init) where contents.items[id] == nil { contents.unavailable.insert(id) }
      contents.changes &+= 1
    }
  }

  /// The items that words find, the best known first, and whether only near words do.
  ///
  /// - Parameter popularity: How many users an item has.
  /// - Complexity: O(length of all words); after a change of the items O(items · log items).
  func matches(_ query: String, popularity: (String) -> Int) -> (items: [StoredItem], areNear: Bool) {
    let (changes, all) = contents.withLockedValue { ($0.changes, $0.items) }
    var current = searched.withLockedValue { $0 }
    if current?.changes != changes {
      var next = Searched(changes: changes)
      next.items = all.values.sorted { $0.id < $1.id }
      for item in next.items { next.search.append(id: item.id, title: item.title, genres: item.genres) }
      searched.withLockedValue { [next] in $0 = next }
      current = next
    }
    guard let current else { return ([], false) }
    let found = current.search.matches(query) { popularity(current.items[$0].id) }
    return (found.items.map { current.items[$0] }, found.areNear)
  }

  /// The genres with the number of items of each, the most frequent first.
  var genres: [(genre: String, count: Int)] {
    contents.withLockedValue { contents in
      contents.genres.compactMap { key, ids -> (genre: String, count: Int)? in
        // As one of its items writes it.
        let name = ids.first.flatMap { contents.items[$0]?.genres.first { $0.lowercased() == key } }
        return name.map { ($0, ids.count) }
      }
    }.sorted { ($1.count, $0.genre) < ($0.count, $1.genre) }
  }

  /// How many changes there were.
  var changes: UInt64 { contents.withLockedValue { $0.changes } }
  var count: Int { contents.withLockedValue { $0.items.count } }
  /// All items, in order of ids.
  var all: [StoredItem] { contents.withLockedValue { $0.items.values.sorted { $0.id < $1.id } } }
  var unavailable: Set<ExactText> { contents.withLockedValue { $0.unavailable } }

  subscript(id: String) -> StoredItem? { contents.withLockedValue { $0.items[ExactText(id)] } }
  subscript(ids: [String]) -> [StoredItem?] {
    contents.withLockedValue { contents in ids.map { contents.items[ExactText($0)] } }
  }

  /// The ids of the items that have any of some genres, in whatever case.
  func ids(ofGenres genres: [String]) -> Set<ExactText> {
    contents.withLockedValue { contents in
      genres.reduce(into: []) { $0.formUnion(contents.genres[$1.lowercased()] ?? []) }
    }
  }

  /// The ids of the items that a request for some categories chooses from; nil for all, where it names none.
  ///
  /// - Throws: ``ServerError`` for a category that no item has.
  func ids(ofCategories categories: [String]) throws(ServerError) -> Set<ExactText>? {
    if categories.isEmpty { return nil }
    let known = contents.withLockedValue { $0.genres }
    if let unknown = categories.first(where: { known[$0.lowercased()] == nil }) {
      let names = genres.prefix(5).map { $0.genre.shortened }.joined(separator: ", ")
      let hint = names.isEmpty ? "no item has genres" : "the most frequent genres are \(names)"
      throw .badParameter("category", "names no genre of an item: '\(unknown.shortened)'; \(hint)")
    }
    return ids(ofGenres: categories)
  }

  /// The items that appeared last and may be shown, the newest first. O(items).
  func newest(_ count: Int, ofAllGenres genres: [String], excluding known: Set<ExactText>) -> [StoredItem] {
    let allowed = genres.isEmpty ? nil : ids(ofAllGenres: genres)
    let shown = contents.withLockedValue { contents in
      contents.items.filter { id, _ in
        !contents.unavailable.contains(id) && !known.contains(id) && allowed?.contains(id) ?? true
      }.map(\.value)
    }
    return Array(shown.sorted { ($1.time ?? 0, $0.id) < ($0.time ?? 0, $1.id) }.prefix(count))
  }

  /// The ids of the items that have all of some genres.
  func ids(ofAllGenres genres: [String]) -> Set<ExactText> {
    contents.withLockedValue { contents in
      let sets = genres.map { contents.genres[$0.lowercased()] ?? [] }
      return sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }
    }
  }
}

extension ItemIndex.Contents {
  fileprivate mutating func put(_ item: StoredItem) {
    let id = ExactText(item.id)
    take(id)
    items[id] = item
    for genre in item.genres { genres[genre.lowercased(), default: []].insert(id) }
    if item.isHidden { unavailable.insert(id) } else { unavailable.remove(id) }
  }

  fileprivate mutating func take(_ id: ExactText) {
    changes &+= 1
    guard let old = items.removeValue(forKey: id) else { return }
    for genre in old.genres {
      genres[genre.lowercased()]?.remove(id)
      if genres[genre.lowercased()]?.isEmpty == true { genres[genre.lowercased()] = nil }
    }
  }
}
