/// An item that users take together with another.
public struct Companion<ItemID: Identifier>: Sendable, Equatable {
  /// The item.
  public var item: ItemID
  /// The lift: the number of baskets with both items divided by the number expected by chance, shrunk towards 1.
  public var lift: Float
  /// The number of baskets with both items.
  public var baskets: Int
}

extension Recommender {
  /// The items that users take together with an item, the highest lift first, without hidden ones.
  ///
  /// A basket is a run of a user's events, each at most `gap` after the one before; without times it is all of the
  /// user's history. Baskets of a single item are left out, and so are events that are not liked. Of N baskets n_i hold
  /// the item and n_j another one, so chance alone makes e = n_i · n_j / N baskets with both. With n_ij such baskets
  /// the lift is (n_ij + shrinkage) / (e + shrinkage), so that few baskets say little, as in a gamma–Poisson model
  /// (DuMouchel 1999, <https://doi.org/10.1080/00031305.1999.10474456>).
  ///
  /// - Parameters:
  ///   - item: The item.
  ///   - limit: The maximum number of items.
  ///   - gap: The longest time between two events of a basket, in days; 0 or more.
  ///   - shrinkage: The number of baskets expected by chance at which an item's lift less 1 is halved; above 0.
  /// - Returns: The items with a lift above 1; empty for an unknown item, and without users.
  /// - Complexity: O(interactions · log(interactions of a user)).
  public func items(
    takenWith item: ItemID, limit: Int = 10, gap: Double = 1, shrinkage: Float = 5
  ) -> [Companion<ItemID>] {
    precondition(gap >= 0 && shrinkage > 0)
    guard let position = position(of: item) else { return [] }
    let counts = BasketCounts(of: histories, with: position, gap: gap)
    let hidden = Set(hiddenItems)
    let expected = Float(counts.basketsWithItem) / Float(Swift.max(1, counts.baskets))
    let companions = (0..<Int32(counts.together.count)).compactMap { other -> (item: Int32, lift: Float)? in
      let both = Float(counts.together[Int(other)])
      guard both > 0, other != position, !hidden.contains(other) else { return nil }
      let lift = (both + shrinkage) / (expected * Float(counts.basketsOfItem[Int(other)]) + shrinkage)
      return lift > 1 ? (other, lift) : nil
    }
    return companions.sorted { ($1.lift, $0.item) < ($0.lift, $1.item) }.prefix(Swift.max(0, limit)).map {
      Companion(item: self.item(at: $0.item), lift: $0.lift, baskets: Int(counts.together[Int($0.item)]))
    }
  }
}

/// The numbers of baskets with items, and with items beside one of them.
struct BasketCounts {
  /// The number of baskets with two or more items.
  private(set) var baskets = 0
  /// The number of these with the one item.
  private(set) var basketsWithItem = 0
  /// The number of these with each item.
  private(set) var basketsOfItem: [Int32]
  /// The number of these with each item and the one item.
  private(set) var together: [Int32]

  /// Counts the baskets of some users.
  ///
  /// - Parameters:
  ///   - histories: The users' histories.
  ///   - item: The position of the one item.
  ///   - gap: The longest time between two events of a basket, in days.
  init(of histories: HistoryTable, with item: Int32, gap: Double) {
    basketsOfItem = Array(repeating: 0, count: histories.rows.columnCount)
    together = basketsOfItem
    let longest = Timestamp(min(gap * Double(Day.microseconds), 1e18))
    for user in 0..<histories.count {
      let history = histories[user]
      var basket: [Int32] = []
      var latest = History.unknownTime
      for place in history.items.indices where history.isTaken(at: place) {
        let time = history.times.isEmpty ? History.unknownTime : history.times[place]
        // What has no time is one basket, before all others.
        let (distance, overflows) = time.subtractingReportingOverflow(latest)
        if overflows || distance > longest {
          add(basket, with: item)
          basket = []
        }
        basket.append(history.items[place])
        latest = time
      }
      add(basket, with: item)
    }
  }

  private mutating func add(_ basket: [Int32], with item: Int32) {
    guard basket.count > 1 else { return }
    let hasItem = basket.contains(item)
    baskets += 1
    if hasItem { basketsWithItem += 1 }
    for other in basket {
      basketsOfItem[Int(other)] += 1
      if hasItem { together[Int(other)] += 1 }
    }
  }
}

extension History {
  /// Whether the event of an item counts as taken: it is liked or, without weights, has a value above 0.
  fileprivate func isTaken(at place: Int) -> Bool {
    weights.isEmpty ? values[place] > 0 : weights[place] > 0
  }
}
