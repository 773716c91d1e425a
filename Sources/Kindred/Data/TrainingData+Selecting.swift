extension TrainingData {
  /// 16 hexadecimal digits that change with any interaction or with their order.
  func fingerprint(using parallel: Parallel) -> String {
    let columns = [Buffer(users).bytes, Buffer(items).bytes, Buffer(values).bytes]
    let blocks = Checksum.blocks(of: columns, parallel: parallel)
    return Checksum.xxh64(Buffer(blocks).bytes).hexadecimal
  }

  /// The interactions with items that another vocabulary has, at its positions.
  func mappingItems(_ own: Vocabulary, to other: Vocabulary) -> TrainingData {
    let positions = (0..<itemCount).map { other.index(of: own[$0]) }
    var result = selecting((0..<count).filter { positions[Int(items[$0])] != nil })
    result.items = result.items.compactMap { positions[Int($0)] }
    result.itemCount = other.count
    return result
  }

  /// Cuts the data: one pair of train and test, or one for each fold. Both sides keep the data's order and positions.
  func split(_ split: Split, seed: UInt64) -> [(train: TrainingData, test: TrainingData)] {
    if case .folds(let count) = split {
      let folds = foldNumbers(count, seed: seed)
      return (0..<Int32(count)).map { fold in
        (selecting(folds.indices.filter { folds[$0] != fold }), selecting(folds.indices.filter { folds[$0] == fold }))
      }
    }
    let marks = testMarks(split, seed: seed)
    return [(selecting(marks.indices.filter { !marks[$0] }), selecting(marks.indices.filter { marks[$0] }))]
  }

  /// Which interactions are tested.
  func testMarks(_ split: Split, seed: UInt64) -> [Bool] {
    var marks = [Bool](repeating: false, count: count)
    var stream = RandomStream(seed: seed, .split)
    switch split {
    case .random(let share):
      for position in stream.permutation(of: count).prefix(Self.testCount(share, of: count)) {
        marks[Int(position)] = true
      }
    case .time(let share):
      for position in positionsByTime(Array(0..<count)).suffix(Self.testCount(share, of: count)) {
        marks[position] = true
      }
    case .leaveLast:
      for positions in positionsByUser() where positions.count > 1 {
        if let last = positionsByTime(positions).last { marks[last] = true }
      }
    case .perUser(let share):
      for (user, positions) in positionsByUser().enumerated() where positions.count > 1 {
        var stream = RandomStream(seed: seed, .split, user)
        // 0.29 · 100 is a little less than 29 in binary.
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

  /// The fold in which each interaction is tested; fold sizes differ by one at most.
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

  /// Positions in order of time, equal times in the data's order.
  private func positionsByTime(_ positions: [Int]) -> [Int] {
    times.isEmpty ? positions : positions.sorted { (times[$0], $0) < (times[$1], $1) }
  }

  /// The positions of each user's interactions.
  private func positionsByUser() -> [[Int]] {
    var positions = [[Int]](repeating: [], count: userCount)
    for position in users.indices { positions[Int(users[position])].append(position) }
    return positions
  }

  /// The interactions left when those below a value are gone, and then, again and again, every user and item with fewer than `k`.
  ///
  /// Each interaction is taken out once, by a queue of the users and items that have become too small: O(count).
  ///
  /// - Returns: positions in the data's order.
  func core(minimumValue: Float?, minimumCount k: Int) -> [Int] {
    var isKept = values.map { minimumValue == nil || $0 >= minimumValue! }
    var counts = [Int](repeating: 0, count: userCount + itemCount)
    func user(_ position: Int) -> Int { Int(users[position]) }
    func item(_ position: Int) -> Int { userCount + Int(items[position]) }
    var starts = [Int](repeating: 0, count: counts.count + 1)
    for position in 0..<count where isKept[position] {
      for node in [user(position), item(position)] {
        counts[node] += 1
        starts[node + 1] += 1
      }
    }
    for node in counts.indices { starts[node + 1] += starts[node] }
    var next = starts
    var incident = [Int](repeating: 0, count: starts[counts.count])
    for position in 0..<count where isKept[position] {
      for node in [user(position), item(position)] {
        incident[next[node]] = position
        next[node] += 1
      }
    }
    var queue = counts.indices.filter { counts[$0] > 0 && counts[$0] < k }
    while let node = queue.popLast() {
      for position in incident[starts[node]..<starts[node + 1]] where isKept[position] {
        isKept[position] = false
        for end in [user(position), item(position)] {
          // On the queue once: when it first falls below, or from the start.
          if counts[end] == k, end != node { queue.append(end) }
          counts[end] -= 1
        }
      }
    }
    return isKept.indices.filter { isKept[$0] }
  }
}
