import Kindred

/// How stores keep items, and what lists show of them.
extension StoredItem {
  /// An item of a file of items.
  package init(id: String, _ entry: Catalog.Entry) {
    var attributes = entry.attributes
    attributes["hidden"] = nil
    self.init(
      id: id, title: entry.title, genres: entry.genres, attributes: Attributes(attributes, vectors: entry.vectors),
      isHidden: entry.isHidden)
  }

  /// What lists show of the item; nil where nothing is known but its id.
  package var entry: Catalog.Entry? {
    let vectors = attributes.vectors
    var attributes = attributes.texts
    attributes["hidden"] = isHidden ? "true" : nil
    if title == nil, genres.isEmpty, attributes.isEmpty, vectors.isEmpty { return nil }
    return Catalog.Entry(title: title ?? id, genres: genres, attributes: attributes, vectors: vectors)
  }

  /// Genres are kept one a line: so they are searched, and none can hold a line end.
  package static func genres(_ text: String?) -> [String] {
    // By scalars: "\r\n" is one character, which a genre may end with and the next one does not begin with.
    text.map { $0.unicodeScalars.split(separator: "\n").map { String($0) } } ?? []
  }

  package var genreText: String? {
    genres.isEmpty ? nil : genres.map { $0.replacing("\n", with: " ") }.joined(separator: "\n")
  }

  package var attributeText: String? { attributes == .null ? nil : attributes.description }
}
