import Kindred
import KindredStore

/// The items that a text names: an id, a title, or words of a title.
struct ItemNames {
  private let catalog: Catalog
  private let isKnown: (String) -> Bool
  private let popularity: (String) -> Int

  init(_ recommender: Recommender<String, String>) {
    catalog = recommender.itemCatalog
    isKnown = { recommender.knows(item: $0) }
    popularity = { recommender.ratingCount(of: $0) }
  }

  /// The items that words of titles find, the best known first, or those with near titles.
  func items(matching text: String) -> (items: [(id: String, title: String)], areNear: Bool) {
    let known = catalog.inOrder.filter { isKnown($0.id) }
    var search = ItemSearch()
    for (id, entry) in known { search.append(id: id, title: entry.title, genres: entry.genres) }
    let matches = search.matches(text) { popularity(known[$0].id) }
    return (matches.items.map { (known[$0].id, known[$0].entry.title) }, matches.areNear)
  }

  /// The item that a text names by its id or its title; nil if none or several have it.
  func item(named text: String) -> String? {
    if isKnown(text) { return text }
    let exact = exactTitles(text)
    return exact.count == 1 ? exact[0] : nil
  }

  private func exactTitles(_ text: String) -> [String] {
    let wanted = Self.folded(text)
    let whole = catalog.inOrder.filter { Self.folded($0.entry.title) == wanted && isKnown($0.id) }.map(\.id)
    if !whole.isEmpty { return whole }
    return catalog.inOrder.filter { Self.withoutYear(Self.folded($0.entry.title)) == wanted && isKnown($0.id) }.map(
      \.id)
  }

  /// The item that a text names.
  ///
  /// - Throws: `Failure` that lists the items, if several match, or the near titles.
  func requireItem(_ text: String) throws(Failure) -> String {
    guard let item = item(named: text) else { throw unknown(text) }
    return item
  }

  /// The error of a text that names no item: it lists those with its words, or with near titles.
  func unknown(_ text: String) -> Failure {
    let (matches, areNear) = items(matching: text)
    if !matches.isEmpty, !areNear {
      let shown = matches.prefix(8).map { "\($0.id) \($0.title)" }.joined(separator: "; ")
      return Failure(
        .badData,
        "the model does not know the item '\(text)'; titles with these words: \(shown)"
          + (matches.count > 8 ? "; and \(matches.count - 8) more" : ""))
    }
    return Failure(.badData, "the model does not know the item '\(text)'\(near(text))")
  }

  /// Returns the titles near to a text, as a question; nothing if none is.
  func near(_ text: String) -> String {
    let titles = catalog.inOrder.filter { isKnown($0.id) && $0.entry.title != $0.id }
    let wanted = Self.folded(text)
    var byTitle: [String: String] = [:]
    for (_, entry) in titles { byTitle[Self.withoutYear(Self.folded(entry.title))] = entry.title }
    let near = NearWords.of(wanted, in: byTitle.keys).compactMap { byTitle[$0] }.map { "'\($0)'" }
    return near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
  }

  private static func folded(_ text: String) -> String {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
  }

  /// The title without a year at its end: `star wars 1977` is `star wars`.
  private static func withoutYear(_ title: String) -> String {
    let parts = title.split(separator: " ")
    guard parts.count > 1, let last = parts.last, last.count == 4, last.allSatisfy(\.isNumber) else { return title }
    return parts.dropLast().joined(separator: " ")
  }
}

extension Recommender<String, String> {
  /// Returns the item that a text names by its id or its title.
  ///
  /// - Throws: `Failure` if the model does not know it.
  func requireItem(_ text: String) throws(Failure) -> String {
    knows(item: text) ? text : try ItemNames(self).requireItem(text)
  }
}
