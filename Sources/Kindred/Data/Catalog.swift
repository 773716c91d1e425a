/// What is known about items besides who rated them: titles, genres and other attributes, by id.
public struct Catalog: Sendable, Equatable {
  /// What is known about one item.
  public struct Entry: Sendable, Equatable {
    /// The title that is shown for the item.
    public var title: String
    /// Genres, or whatever other labels the item has; empty where none are known.
    public var genres: [String]
    /// Further columns of the item file, by name.
    public var attributes: [String: String]

    /// Whether the item is kept out of lists: its attribute `hidden` is `true` or `1`.
    public var isHidden: Bool { attributes["hidden"].map { $0 == "true" || $0 == "1" } ?? false }

    /// Creates an entry.
    public init(title: String, genres: [String] = [], attributes: [String: String] = [:]) {
      self.title = title
      self.genres = genres
      self.attributes = attributes
    }
  }

  private(set) var entries: [String: Entry] = [:]

  /// Creates an empty catalog.
  public init() {}

  /// What is known, by id: numbers first, from the least, then other ids by their bytes.
  package var inOrder: [(id: String, entry: Entry)] {
    let keyed = entries.map { (number: Int($0.key), bytes: Array($0.key.utf8), pair: (id: $0.key, entry: $0.value)) }
    return keyed.sorted { left, right in
      switch (left.number, right.number) {
      case (let left?, let right?) where left != right: left < right
      case (_?, nil): true
      case (nil, _?): false
      default: left.bytes.lexicographicallyPrecedes(right.bytes)
      }
    }.map(\.pair)
  }

  /// The number of items known.
  public var count: Int { entries.count }

  /// What is known about an item, by the text of its id.
  public subscript(id: some LosslessStringConvertible) -> Entry? {
    get { entries[id.description] }
    set { entries[id.description] = newValue }
  }
}
