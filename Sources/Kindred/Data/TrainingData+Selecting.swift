extension TrainingData {
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

  /// Returns the interactions that are ratings: those without the value that stands for "not rated".
  func rated(by rule: FeedbackRule) -> TrainingData {
    guard let code = rule.notRated else { return self }
    return selecting((0..<count).filter { values[$0] != code })
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
