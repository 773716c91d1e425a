extension Interactions {
  /// Whether interactions have times.
  public var hasTimes: Bool { !data.times.isEmpty }

  /// The split by which evaluations compare algorithms: `time:0.1`, or `user:0.2` where that says little.
  ///
  /// - Returns: The split, and what is against `time:0.1`; nil if nothing is. At least 100 users must be tested who
  /// have a training interaction.
  /// - Complexity: O(count · log count).
  public var defaultSplit: (split: Split, obstacle: Split.TimeObstacle?) {
    let byTime = Split.time(holdingOut: 0.1)
    let obstacle = data.obstacle(to: byTime)
    return (obstacle == nil ? byTime : .perUser(holdingOut: 0.2), obstacle)
  }

  /// The split that settings are chosen by, and by which a trained model is measured: the latest events are held back,
  /// or a fifth of each user's where the rows have no order.
  ///
  /// - Complexity: O(count · log count).
  package var validationSplit: Split { data.latestSplit ?? .perUser(holdingOut: 0.2) }

  /// Splits the data into a training set and a test set; both keep its order and its vocabularies.
  ///
  /// - Parameters:
  ///   - split: The method of splitting.
  ///   - seed: The seed of the random choice.
  /// - Precondition: The split is not `folds`, which makes more than one pair, a share lies between 0 and 1, and a
  /// split by `time` has times: see ``hasTimes``.
  /// - Complexity: O(count), or O(count · log count) by time.
  public func split(_ split: Split, seed: UInt64) -> (train: Interactions, test: Interactions) {
    if case .folds = split { preconditionFailure("folds(_:seed:) makes the pairs of a split into folds") }
    return parted(by: data.testMarks(split, seed: seed)) { $0 }
  }

  /// Returns the folds of any split for an evaluation: as many as `folds` says, or one for another split.
  ///
  /// - Parameters:
  ///   - split: The method of splitting.
  ///   - seed: The seed of the random choice.
  /// - Complexity: O(count · folds).
  public func evaluationFolds(_ split: Split, seed: UInt64) -> [Evaluator.Fold<UserID, ItemID>] {
    switch split {
    case .folds(let count):
      return folds(count, seed: seed).map { Evaluator.Fold(train: $0.train, test: $0.test) }
    case .users:
      let (rest, test) = self.split(split, seed: seed)
      let held = Set(test.data.users)
      let isHeld = rest.data.users.map { held.contains($0) }
      let (train, given) = rest.parted(by: isHeld) { $0 }
      return [Evaluator.Fold(train: train, test: test, given: given)]
    default:
      let (train, test) = self.split(split, seed: seed)
      return [Evaluator.Fold(train: train, test: test)]
    }
  }

  /// Returns the folds of a split for an evaluation of items without training interactions.
  ///
  /// Some items are held out whole. The others' interactions are split, and the held-out items' interactions are tested
  /// too; with a split by time only those that are not earlier than the others' test.
  ///
  /// - Parameters:
  ///   - split: The method of splitting the other items' interactions.
  ///   - share: The share of items to hold out, between 0 and 1; each is held out with this probability.
  ///   - seed: The seed of the random choices.
  /// - Precondition: The split is not by `users`.
  /// - Complexity: O(count · folds).
  public func evaluationFolds(
    _ split: Split, holdingOutItems share: Double, seed: UInt64
  ) -> [Evaluator.Fold<UserID, ItemID>] {
    precondition((0...1).contains(share), "a share lies between 0 and 1")
    if case .users = split { preconditionFailure("users and items are not held out at once") }
    var stream = RandomStream(seed: seed, .coldItems)
    let isCold = (0..<itemCount).map { _ in stream.uniform() < share }
    let (warm, cold) = parted(by: data.items) { isCold[Int($0)] }
    return warm.evaluationFolds(split, seed: seed).map { fold in
      var fold = fold
      var held = cold
      if case .time = split, let start = fold.test.data.times.min() {
        held = cold.selecting(cold.indices.filter { cold.data.times[$0] >= start })
      }
      fold.test = fold.test.joined(with: held)
      fold.holdsOutItems = true
      return fold
    }
  }

  /// The interactions of this data set and of another one over the same users and items.
  private func joined(with other: Interactions) -> Interactions {
    var joined = self
    joined.data.users += other.data.users
    joined.data.items += other.data.items
    joined.data.values += other.data.values
    joined.data.times += other.data.times
    joined.data.weights += other.data.weights
    return joined
  }

  /// Splits the data for cross-validation into folds of nearly equal size, each of which is the test set once.
  ///
  /// - Parameters:
  ///   - count: The number of folds.
  ///   - seed: The seed of the random choice.
  /// - Precondition: The number of folds is at least 2.
  /// - Complexity: O(count · folds).
  public func folds(_ count: Int, seed: UInt64) -> [(train: Interactions, test: Interactions)] {
    let folds = data.foldNumbers(count, seed: seed)
    return (0..<Int32(count)).map { fold in parted(by: folds) { $0 == fold } }
  }

  private func parted<Mark>(by marks: [Mark], isTest: (Mark) -> Bool) -> (train: Interactions, test: Interactions) {
    (selecting(marks.indices.filter { !isTest(marks[$0]) }), selecting(marks.indices.filter { isTest(marks[$0]) }))
  }
}
