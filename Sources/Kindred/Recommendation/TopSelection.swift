/// Which items a list may hold, and how many.
public struct TopSelection: Sendable {
  /// The most items in a list.
  public var limit: Int
  /// For each user, the items left out, by position in rising order.
  public var excluded: [[Int32]]
  /// The items that may appear, one flag an item; nil allows all.
  public var allowed: ItemSet?

  /// Creates a selection for as many users as `excluded` has elements.
  public init(limit: Int, excluded: [[Int32]], allowed: ItemSet? = nil) {
    precondition(limit >= 0)
    self.limit = limit
    self.excluded = excluded
    self.allowed = allowed
  }
}

/// A set of item positions, a bit an item.
public struct ItemSet: Sendable, Equatable {
  var words: [UInt64]

  /// Creates an empty set over `itemCount` items.
  public init(itemCount: Int) { words = Array(repeating: 0, count: (itemCount + 63) / 64) }

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
