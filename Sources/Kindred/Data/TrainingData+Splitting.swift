extension TrainingData {
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

  /// The split that holds back the latest events: the latest tenth, or without times each user's last row; nil if the
  /// order of the rows says nothing.
  var latestSplit: Split? {
    if !times.isEmpty {
      let latest = Split.time(holdingOut: 0.1)
      // Where most times are equal, hardly anything or nearly everything is the latest tenth.
      let share = Double(testMarks(latest, seed: 0).count { $0 }) / Double(max(1, count))
      if (0.02...0.3).contains(share) { return latest }
    }
    return isSortedByItem ? nil : .leaveLast(1)
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
}
