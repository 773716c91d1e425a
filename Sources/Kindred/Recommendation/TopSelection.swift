/// The items that lists may hold, and the length of the lists.
public struct TopSelection: Sendable {
  /// The maximum number of items in a list; 0 or more.
  public var limit: Int
  /// The positions of the items to leave out for each user, in any order.
  public let excluded: [[Int32]]
  /// The items that lists may hold; nil allows all.
  public var allowed: ItemSet?

  /// Creates a selection.
  ///
  /// - Parameters:
  ///   - limit: The maximum number of items in a list.
  ///   - excluded: The positions of the items to leave out for each user, in any order.
  ///   - allowed: The items that lists may hold; nil allows all.
  /// - Precondition: `limit` is 0 or more.
  public init(limit: Int, excluded: [[Int32]], allowed: ItemSet? = nil) {
    precondition(limit >= 0)
    self.limit = limit
    self.excluded = excluded
    self.allowed = allowed
  }
}

extension [Int32] {
  /// The positions in rising order; faster than a sort where they are many among not too many.
  func inRisingOrder() -> [Int32] {
    guard let least = self.min(), let most = self.max(), count > 1 else { return self }
    if zip(self, dropFirst()).allSatisfy({ $0 <= $1 }) { return self }
    let words = Int(most) / 64 + 1
    guard least >= 0, words <= 8 * count else { return sorted() }
    // Each position is a bit; a position that repeats is kept once.
    var bits = [UInt64](repeating: 0, count: words)
    for position in self { bits[Int(position) / 64] |= 1 << UInt64(position % 64) }
    var rising: [Int32] = []
    rising.reserveCapacity(count)
    for (place, word) in bits.enumerated() {
      var rest = word
      while rest != 0 {
        rising.append(Int32(place * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    return rising
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
