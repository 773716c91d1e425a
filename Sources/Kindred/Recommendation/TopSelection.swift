/// The items that lists may hold, and the length of the lists.
public struct TopSelection: Sendable {
  /// The maximum number of items in a list; 0 or more.
  public var limit: Int
  /// The positions of the items to leave out for each user, in rising order.
  public var excluded: [[Int32]]
  /// The items that lists may hold; nil allows all.
  public var allowed: ItemSet?

  /// Creates a selection.
  ///
  /// - Parameters:
  ///   - limit: The maximum number of items in a list.
  ///   - excluded: The positions of the items to leave out for each user, in rising order.
  ///   - allowed: The items that lists may hold; nil allows all.
  /// - Precondition: `limit` is 0 or more.
  public init(limit: Int, excluded: [[Int32]], allowed: ItemSet? = nil) {
    precondition(limit >= 0)
    self.limit = limit
    self.excluded = excluded
    self.allowed = allowed
  }
}

/// A set of item positions, stored as one bit per item.
public struct ItemSet: Sendable, Equatable {
  var words: [UInt64]

  /// Creates an empty set.
  ///
  /// - Parameter itemCount: The number of items; positions are below it.
  public init(itemCount: Int) { words = Array(repeating: 0, count: (itemCount + 63) / 64) }

  /// Creates a set of all items.
  init(allOf itemCount: Int) {
    self.init(itemCount: itemCount)
    for item in 0..<Int32(itemCount) { self[item] = true }
  }

  /// The positions of the items in the set, in rising order.
  var positions: [Int32] {
    words.indices.flatMap { word in
      (0..<64).compactMap { words[word] >> UInt64($0) & 1 == 1 ? Int32(word * 64 + $0) : nil }
    }
  }

  /// Whether an item is in the set.
  public subscript(item: Int32) -> Bool {
    get { words[Int(item) / 64] >> UInt64(item % 64) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(item % 64)
      if newValue { words[Int(item) / 64] |= bit } else { words[Int(item) / 64] &= ~bit }
    }
  }
}

/// An item with its score.
public struct ScoredItem: Sendable, Equatable {
  /// The item's position.
  public var item: Int32
  /// The score; higher is better.
  public var score: Float
}
