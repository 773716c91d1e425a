import Synchronization

/// Finds the pairs that occur more than once.
enum PairIndex {
  /// A row whose pair an earlier row has.
  struct Duplicate: Equatable {
    /// The first row of the pair.
    let first: Int
    let row: Int
  }

  /// Whether any pair occurs twice. O(rows + users + items): the pairs are brought into groups of users, side by side, so few that a mark for
  /// every pair that a group may have stays in a second-level cache.
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

  /// The duplicates in order of their rows. O(rows + users + items): a counting sort brings each user's rows together, and a
  /// mark on the items tells which of them the user has had.
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

  /// The rows in order of their users, equal ones in their own order; nil where the rows are so already.
  private static func rowsByUser(_ users: [Int32], userCount: Int) -> Buffer<Int>? {
    if zip(users, users.dropFirst()).allSatisfy({ $0 <= $1 }) { return nil }
    return Grouping.positions(of: users, into: userCount).positions
  }
}
