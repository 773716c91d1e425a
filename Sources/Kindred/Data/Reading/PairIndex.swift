import Synchronization

/// A search for pairs of user and item that occur more than once.
enum PairIndex {
  /// A row whose pair occurs in an earlier row.
  struct Duplicate: Equatable {
    /// The first row of the pair.
    let first: Int
    /// The later row.
    let row: Int
  }

  /// Returns whether any pair occurs twice.
  ///
  /// A counting sort collects the pairs of each group of users. A bit map of the group's possible pairs then finds
  /// duplicates; groups are small enough for the bit map to fit into a second-level cache, and are checked in parallel.
  ///
  /// - Complexity: O(rows + users + items).
  static func hasDuplicates(
    users: [Int32], items: [Int32], userCount: Int, itemCount: Int, using parallel: Parallel
  ) -> Bool {
    let shift = (0...16).last { itemCount << $0 <= 1 << 22 } ?? 0
    let usersOfGroup = 1 << shift
    let groups = (userCount + usersOfGroup - 1) >> shift
    let (pairs, starts) = Grouping.sorted(users.count, into: groups, using: parallel) {
      Int(users[$0]) >> shift
    } element: {
      UInt32((Int(users[$0]) & (usersOfGroup - 1)) * itemCount + Int(items[$0]))
    }
    let tasks = min(groups, 64)
    return parallel.map(tasks) { task in
      var words = [UInt64](repeating: 0, count: (usersOfGroup * itemCount + 63) / 64)
      var marks = words.mutableSpan
      for group in groups * task / tasks..<groups * (task + 1) / tasks {
        for index in starts[group]..<starts[group + 1] {
          let (word, mark) = (Int(pairs[index] >> 6), UInt64(1) << UInt64(pairs[index] & 63))
          if marks[word] & mark != 0 { return true }
          marks[word] |= mark
        }
        for index in starts[group]..<starts[group + 1] { marks[Int(pairs[index] >> 6)] = 0 }
      }
      return false
    }.contains(true)
  }

  /// Returns the duplicates in order of their rows.
  ///
  /// A counting sort collects the rows of each user, and a mark per item records the last user who had it.
  ///
  /// - Complexity: O(rows + users + items), and a sort of the duplicates if rows are not in order of users.
  static func firstRows(users: [Int32], items: [Int32], userCount: Int, itemCount: Int) -> [Duplicate] {
    let order = rowsByUser(users, userCount: userCount)
    var ownerOfMark = [Int32](repeating: -1, count: itemCount)
    var markedRow = [Int](repeating: 0, count: itemCount)
    var duplicates: [Duplicate] = []
    for index in users.indices {
      let row = order?[index] ?? index
      let item = Int(items[row])
      if ownerOfMark[item] == users[row] {
        duplicates.append(Duplicate(first: markedRow[item], row: row))
      } else {
        ownerOfMark[item] = users[row]
        markedRow[item] = row
      }
    }
    if order != nil { duplicates.sort { $0.row < $1.row } }
    return duplicates
  }

  /// Returns the rows sorted by user, with the rows of a user in their own order; nil if they are sorted already.
  private static func rowsByUser(_ users: [Int32], userCount: Int) -> Buffer<Int>? {
    if zip(users, users.dropFirst()).allSatisfy({ $0 <= $1 }) { return nil }
    return Grouping.positions(of: users, into: userCount).positions
  }
}
