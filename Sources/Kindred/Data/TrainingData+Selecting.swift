extension TrainingData {
  /// Returns a hash of the users, items and values in their order, as 16 hexadecimal digits.
  func fingerprint(using parallel: Parallel) -> String {
    let columns = [Buffer(users).bytes, Buffer(items).bytes, Buffer(values).bytes]
    let blocks = Checksum.blocks(of: columns, parallel: parallel)
    return Checksum.xxh64(Buffer(blocks).bytes).hexadecimal
  }

  /// Returns the interactions whose items occur in another vocabulary, with the positions of that vocabulary.
  func mappingItems(_ own: Vocabulary, to other: Vocabulary) -> TrainingData {
    let positions = (0..<itemCount).map { other.index(of: own[$0]) }
    var result = selecting((0..<count).filter { positions[Int(items[$0])] != nil })
    result.items = result.items.compactMap { positions[Int($0)] }
    result.itemCount = other.count
    return result
  }

  /// The interactions with the first items alone.
  func keeping(itemsBelow count: Int) -> TrainingData {
    var result = selecting((0..<self.count).filter { items[$0] < count })
    result.itemCount = count
    return result
  }

  /// Returns for each interaction whether the split tests it.
  func testMarks(_ split: Split, seed: UInt64) -> [Bool] {
    var marks = [Bool](repeating: false, count: count)
    var stream = RandomStream(seed: seed, .split)
    switch split {
    case .random(let share):
      for position in stream.permutation(of: count).prefix(Self.testCount(share, of: count)) {
        marks[Int(position)] = true
      }
    case .time(let share):
      guard let start = testStart(share) else { break }
      for position in 0..<count where times[position] >= start { marks[position] = true }
    case .leaveLast(let held):
      for positions in positionsByUser() where positions.count > held {
        for position in positionsByTime(positions).suffix(held) { marks[position] = true }
      }
    case .perUser(let share):
      for (user, positions) in positionsByUser().enumerated() where positions.count > 1 {
        var stream = RandomStream(seed: seed, .split, user)
        // The tolerance corrects products that fall short in binary, such as 0.29 · 100 < 29.
        let held = max(1, Int((Double(positions.count) * share + 1e-9).rounded(.down)))
        for choice in stream.permutation(of: positions.count).prefix(held) { marks[positions[Int(choice)]] = true }
      }
    case .users(let share):
      let held = Set(stream.permutation(of: userCount).prefix(Self.testCount(share, of: userCount)))
      let perUser = testMarks(.perUser(holdingOut: 0.2), seed: seed)
      for position in 0..<count where held.contains(users[position]) { marks[position] = perUser[position] }
    case .folds: preconditionFailure("folds have numbers, not marks")
    }
    return marks
  }

  /// The time from which a split by time tests: the quantile of all times, as events lie at or after it; nil without
  /// interactions.
  private func testStart(_ share: Double) -> Timestamp? {
    precondition(!times.isEmpty || count == 0, "a split by time needs times")
    precondition(share >= 0 && share <= 1, "a share lies between 0 and 1")
    guard count > 0 else { return nil }
    // The tolerance corrects products that exceed a whole number in binary.
    return times.sorted()[Int((Double(count - 1) * (1 - share) - 1e-6).rounded(.up))]
  }

  /// What makes a split by time say little; nil if nothing does.
  func obstacle(to split: Split) -> Split.TimeObstacle? {
    guard !times.isEmpty else { return .noTimes }
    let sorted = times.sorted()
    // A time that more than half of the interactions have is the one in the middle.
    if times.count(where: { $0 == sorted[count / 2] }) * 2 > count { return .equalTimes }
    let marks = testMarks(split, seed: 0)
    var (isTrained, isTested) = ([Bool](repeating: false, count: userCount), [Bool](repeating: false, count: userCount))
    for position in 0..<count {
      if marks[position] { isTested[Int(users[position])] = true } else { isTrained[Int(users[position])] = true }
    }
    let warm = zip(isTrained, isTested).count { $0 && $1 }
    return warm < 100 ? .fewUsers(warm) : nil
  }

  /// Returns the number of the fold that tests each interaction; fold sizes differ by at most one.
  func foldNumbers(_ folds: Int, seed: UInt64) -> [Int32] {
    precondition(folds >= 2, "there must be two folds or more")
    var stream = RandomStream(seed: seed, .split)
    var numbers = [Int32](repeating: 0, count: count)
    for (rank, position) in stream.permutation(of: count).enumerated() { numbers[Int(position)] = Int32(rank % folds) }
    return numbers
  }

  private static func testCount(_ share: Double, of count: Int) -> Int {
    precondition(share >= 0 && share <= 1, "a share lies between 0 and 1")
    return Int((share * Double(count)).rounded())
  }

  /// Returns positions in order of time, and equal times in the data's order.
  func positionsByTime(_ positions: [Int]) -> [Int] {
    times.isEmpty ? positions : positions.sorted { (times[$0], $0) < (times[$1], $1) }
  }

  /// Returns the positions of each user's interactions, in the data's order.
  func positionsByUser() -> [[Int]] {
    let (positions, starts) = Grouping.positions(of: users, into: userCount)
    return (0..<userCount).map { Array(positions[starts[$0]..<starts[$0 + 1]]) }
  }

  /// Returns the k-core of the interactions of at least a value: the largest subset in which every user and every item
  /// has at least `k` interactions.
  ///
  /// A queue holds the users and items that have fallen below `k`; each interaction is removed at most once.
  ///
  /// - Returns: Positions in the data's order.
  /// - Complexity: O(count).
  func core(minimumValue: Float?, minimumCount k: Int) -> [Int] {
    var isKept = values.map { minimumValue == nil || $0 >= minimumValue! }
    let kept = isKept.indices.filter { isKept[$0] }
    // The nodes of a graph: users, then items; each kept interaction is an edge with two ends.
    let node = { @Sendable (position: Int, isItem: Bool) in
      isItem ? userCount + Int(items[position]) : Int(users[position])
    }
    let (incident, starts) = Grouping.sorted(2 * kept.count, into: userCount + itemCount) {
      node(kept[$0 / 2], $0 % 2 == 1)
    } element: {
      kept[$0 / 2]
    }
    var counts = (0..<(userCount + itemCount)).map { starts[$0 + 1] - starts[$0] }
    var queue = counts.indices.filter { counts[$0] > 0 && counts[$0] < k }
    while let small = queue.popLast() {
      for position in incident[starts[small]..<starts[small + 1]] where isKept[position] {
        isKept[position] = false
        for end in [node(position, false), node(position, true)] {
          // A node enters the queue once: at the start, or when its count falls from `k` to `k - 1`.
          if counts[end] == k, end != small { queue.append(end) }
          counts[end] -= 1
        }
      }
    }
    return isKept.indices.filter { isKept[$0] }
  }
}
