extension Interactions {
  /// Returns the k-core of the interactions with at least a value.
  ///
  /// Only the remaining users and items have positions, in their old order.
  ///
  /// - Parameters:
  ///   - minimumValue: The least value to keep; nil keeps all values.
  ///   - core: The least number of remaining interactions per user and per item; nil or 1 for no bound.
  /// - Returns: A data set, possibly empty, with unchanged catalogs.
  /// - Complexity: O(count).
  public func filtered(minimumValue: Float? = nil, core: Int? = nil) -> Interactions {
    let kept = data.core(minimumValue: minimumValue, minimumCount: core ?? 1)
    let selected = data.selecting(kept)
    let (userIDs, newUsers) = Self.reduced(userIDs, to: selected.users)
    let (itemIDs, newItems) = Self.reduced(itemIDs, to: selected.items)
    var reduced = TrainingData(
      userCount: userIDs.count, itemCount: itemIDs.count, users: newUsers, items: newItems, values: selected.values,
      times: selected.times)
    reduced.keepsRepeats = selected.keepsRepeats
    return Interactions(
      data: reduced, userIDs: userIDs, itemIDs: itemIDs, itemCatalog: itemCatalog, userCatalog: userCatalog)
  }

  /// Returns the ids that occur among some positions, in their old order, and the positions renumbered accordingly.
  private static func reduced(_ ids: Vocabulary, to positions: [Int32]) -> (Vocabulary, [Int32]) {
    var isUsed = [Bool](repeating: false, count: ids.count)
    for position in positions { isUsed[Int(position)] = true }
    var reduced = Vocabulary()
    var newPositions = [Int32](repeating: -1, count: ids.count)
    for position in 0..<ids.count where isUsed[position] { newPositions[position] = reduced.insert(ids[position]) }
    return (reduced, positions.map { newPositions[Int($0)] })
  }

  /// Returns this data set and another one over shared vocabularies.
  ///
  /// The ids of this data set come first, then the ids that only the other one has. A test set from a separate file
  /// thereby uses the positions of the training data. The catalogs are unchanged.
  ///
  /// - Complexity: O(count).
  public func aligned(with other: Interactions) -> (Interactions, other: Interactions) {
    var users = userIDs
    var items = itemIDs
    let newUsers = (0..<other.userIDs.count).map { users.insert(other.userIDs[$0]) }
    let newItems = (0..<other.itemIDs.count).map { items.insert(other.itemIDs[$0]) }
    func data(_ data: TrainingData, users newUsers: [Int32]?, items newItems: [Int32]?) -> TrainingData {
      var result = data
      (result.userCount, result.itemCount) = (users.count, items.count)
      if let newUsers { result.users = data.users.map { newUsers[Int($0)] } }
      if let newItems { result.items = data.items.map { newItems[Int($0)] } }
      return result
    }
    return (
      Interactions(
        data: data(self.data, users: nil, items: nil), userIDs: users, itemIDs: items, itemCatalog: itemCatalog,
        userCatalog: userCatalog),
      other: Interactions(
        data: data(other.data, users: newUsers, items: newItems), userIDs: users, itemIDs: items,
        itemCatalog: other.itemCatalog,
        userCatalog: other.userCatalog)
    )
  }
}
