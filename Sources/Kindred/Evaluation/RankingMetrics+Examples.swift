extension RankingMetrics {
  /// A list with the history that it was made from, and the items that it should hold.
  package struct Example: Sendable, Equatable {
    /// The position of the user.
    package var user: Int32
    /// The whole history, of which a ranking uses what is liked.
    package var history: History
    /// The listed items, the best first, as many as the first cutoff.
    package var list: [Int32]
    /// The relevant items in rising order.
    package var relevant: [Int32]
  }

  /// Returns the indices of up to three lists of different users: those in the middle of each third of the lists, in
  /// order of activity.
  ///
  /// - Parameters:
  ///   - users: The position of each list's user.
  ///   - activity: The number of items in the history of each list.
  static func exampleLists(of users: [Int32], activity: [Int32]) -> [Int] {
    let order = users.indices.sorted { (activity[$0], $0) < (activity[$1], $1) }
    var shown: Set<Int32> = []
    return [1, 3, 5].compactMap { sixths in
      let index = order.isEmpty ? nil : order[order.count * sixths / 6]
      return index.flatMap { shown.insert(users[$0]).inserted ? $0 : nil }
    }
  }
}
