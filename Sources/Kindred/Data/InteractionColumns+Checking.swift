extension InteractionColumns {
  /// What is wrong with columns from outside the package, as a sentence; nil if a data set can be made of them.
  ///
  /// - Complexity: O(count + ids).
  package var fault: String? {
    guard items.count == count, values.count == count, times.isEmpty || times.count == count else {
      return "the columns have different lengths: \(count) users, \(items.count) items, \(values.count) values and "
        + "\(times.count) times"
    }
    return Self.fault(of: userIDs, "user") ?? Self.fault(of: itemIDs, "item")
      ?? Self.fault(of: users, below: userIDs.count, "users") ?? Self.fault(of: items, below: itemIDs.count, "items")
      ?? values.firstIndex { !$0.isFinite }.map { "the value of row \($0) is \(values[$0]), and must be finite" }
  }

  private static func fault(of ids: [String], _ noun: String) -> String? {
    if let empty = ids.firstIndex(of: "") { return "the id of the \(noun) \(empty) is empty" }
    var known = Vocabulary()
    for (position, id) in ids.enumerated() where known.insert(id) != Int32(position) {
      return "the id '\(id)' of the \(noun) \(position) occurs twice"
    }
    return nil
  }

  private static func fault(of positions: [Int32], below count: Int, _ noun: String) -> String? {
    positions.firstIndex { $0 < 0 || Int($0) >= count }.map {
      "the position \($0) of \(noun) is \(positions[$0]), and there are \(count) \(noun)"
    }
  }
}
