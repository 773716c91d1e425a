/// The metadata of items or users by id: titles, genres and other attributes.
public struct Catalog: Sendable, Equatable {
  /// The metadata of one item or user.
  public struct Entry: Sendable, Equatable {
    /// The title that lists show for the item.
    public var title: String
    /// The genres, or other labels of the item; empty if none are known.
    public var genres: [String]
    /// The further columns of the file, by name.
    public var attributes: [String: String]
    /// The lists of numbers, such as embeddings of a text or a picture, by the name of their column.
    public var vectors: [String: [Float]]

    /// Whether the item is kept out of lists: its attribute `hidden` is `true` or `1`.
    public var isHidden: Bool { attributes["hidden"].map { $0 == "true" || $0 == "1" } ?? false }

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - title: The title that lists show for the item.
    ///   - genres: The genres, or other labels of the item.
    ///   - attributes: The further columns of the file, by name.
    ///   - vectors: The lists of numbers, such as embeddings, by the name of their column; all finite.
    public init(
      title: String, genres: [String] = [], attributes: [String: String] = [:], vectors: [String: [Float]] = [:]
    ) {
      precondition(vectors.values.allSatisfy { $0.allSatisfy(\.isFinite) }, "the numbers must be finite")
      self.title = title
      self.genres = genres
      self.attributes = attributes
      self.vectors = vectors
    }
  }

  private var entriesByID: [ExactText: Entry] = [:]

  /// Creates an empty catalog.
  public init() {}

  /// The entries by id: whole numbers first, in rising order, then the other ids in order of their UTF-8 bytes.
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

  /// The entries by id, in no order.
  var entries: [(key: String, value: Entry)] { entriesByID.map { (key: $0.key.text, value: $0.value) } }

  /// The number of entries.
  public var count: Int { entriesByID.count }

  /// The entry of an item or user, looked up by the text of the id; nil if there is none.
  public subscript(id: some LosslessStringConvertible) -> Entry? {
    get { entriesByID[ExactText(id.description)] }
    set { entriesByID[ExactText(id.description)] = newValue }
  }
}
