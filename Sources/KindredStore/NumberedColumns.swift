import Kindred

/// The feedback that models learn from, as a store's numbers are made positions; only users and items that have any
/// have positions.
package struct NumberedColumns {
  /// Positions of rows in order of first use.
  package struct Positions {
    private var positions: [Int32]
    fileprivate private(set) var names: [String] = []

    fileprivate init(last: Int) {
      positions = Array(repeating: -1, count: last + 1)
    }

    fileprivate mutating func position(of number: Int) -> Int32 {
      if positions[number] < 0 {
        positions[number] = Int32(names.count)
        names.append("")
      }
      return positions[number]
    }

    /// Sets the name of a row, if it was used.
    package mutating func setName(_ name: @autoclosure () -> String, of number: Int) {
      let position = positions[number]
      if position >= 0 { names[Int(position)] = name() }
    }
  }

  /// The users.
  package var users: Positions
  /// The items.
  package var items: Positions
  private var kinds: Positions
  private var columns = InteractionColumns()
  private let kindNames: [(number: Int, name: String)]
  private var isLearned: [Bool]

  /// - Parameters:
  ///   - lastUser: The greatest number of a user.
  ///   - lastItem: The greatest number of an item.
  ///   - lastKind: The greatest number of a kind.
  ///   - kinds: The names of the kinds by number.
  package init(lastUser: Int, lastItem: Int, lastKind: Int, kinds: [(Int, String)], _ learned: LearnedKinds) {
    users = Positions(last: lastUser)
    items = Positions(last: lastItem)
    self.kinds = Positions(last: lastKind)
    kindNames = kinds
    isLearned = Array(repeating: false, count: lastKind + 1)
    for (number, name) in kinds { isLearned[number] = learned.contains(kind: name) }
  }

  /// Adds a row, unless models do not learn from its kind.
  package mutating func append(user: Int, item: Int, kind: Int, value: Double, time: Timestamp?, isEarlier: Bool) {
    guard isLearned[kind] else { return }
    columns.users.append(users.position(of: user))
    columns.items.append(items.position(of: item))
    columns.kinds.append(kinds.position(of: kind))
    columns.values.append(Float(value))
    columns.times.append(time ?? InteractionColumns.noTime)
    columns.isEarlier.append(isEarlier)
  }

  /// The columns, once the names are set.
  package consuming func take() -> InteractionColumns {
    for (number, name) in kindNames { kinds.setName(name, of: number) }
    columns.forgetUnknownTimes()
    columns.userIDs = users.names
    columns.itemIDs = items.names
    columns.kindNames = kinds.names
    return columns
  }
}
