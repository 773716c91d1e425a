extension TrainingData {
  /// Whether all users' events without a time of their own are in one order of the items, as in a file that is sorted
  /// by item. That order then says nothing of the order in which they happened.
  ///
  /// Such an order exists if the items can be sorted so that each event comes before the user's next one (Kahn 1962,
  /// <https://doi.org/10.1145/368996.369025>). Among sequences of events it does not, unless they are few.
  ///
  /// - Complexity: O(count · log(events of a user)).
  var isSortedByItem: Bool {
    var pairs: [(from: Int32, to: Int32)] = []
    for positions in positionsByUser() where pairs.count < Self.mostPairs {
      let ordered = positionsByTime(positions)
      for (position, next) in zip(ordered, ordered.dropFirst()) where times.isEmpty || times[position] == times[next] {
        pairs.append((items[position], items[next]))
      }
    }
    let (following, starts) = Grouping.positions(of: pairs.map(\.from), into: itemCount)
    var preceding = [Int32](repeating: 0, count: itemCount)
    for pair in pairs { preceding[Int(pair.to)] += 1 }
    let usedItems = Set(pairs.lazy.flatMap { [$0.from, $0.to] }).count
    // A few pairs can be sorted by chance.
    guard pairs.count >= 2 * usedItems, usedItems > 2 else { return false }
    var free = preceding.indices.filter { preceding[$0] == 0 }
    var sorted = 0
    while let item = free.popLast() {
      sorted += 1
      for pair in following[starts[item]..<starts[item + 1]] {
        let next = Int(pairs[Int(pair)].to)
        preceding[next] -= 1
        if preceding[next] == 0 { free.append(next) }
      }
    }
    return sorted == itemCount
  }

  /// The number of pairs of events after which no further user is looked at.
  private static var mostPairs: Int { 1_000_000 }

  /// Returns positions in order of time, and equal times in the data's order.
  func positionsByTime(_ positions: [Int]) -> [Int] {
    times.isEmpty ? positions : positions.sorted { (times[$0], $0) < (times[$1], $1) }
  }

  /// Returns the positions of each user's interactions, in the data's order.
  func positionsByUser() -> LazyMapSequence<Range<Int>, [Int]> {
    let (positions, starts) = Grouping.positions(of: users, into: userCount)
    return (0..<userCount).lazy.map { Array(positions[starts[$0]..<starts[$0 + 1]]) }
  }

  /// Positions that are grouped, with those of each group in order of time; equal times keep the data's order.
  func inOrderOfTime(_ positions: Buffer<Int>, _ starts: [Int]) -> [Int] {
    zip(starts, starts.dropFirst()).flatMap { positionsByTime(Array(positions[$0..<$1])) }
  }
}
