/// A data set as a trainer sees it: columns with positions instead of ids, in the data's own order.
///
/// All columns have one element per interaction. No pair occurs twice unless ``keepsRepeats`` is set, every position is
/// within its count and every value is finite.
public struct TrainingData: Sendable {
  /// The number of users, those without an interaction included.
  public internal(set) var userCount: Int
  /// The number of items, those without an interaction included.
  public internal(set) var itemCount: Int
  /// The position of the user of each interaction.
  public internal(set) var users: [Int32]
  /// The position of the item of each interaction.
  public internal(set) var items: [Int32]
  /// The value of each interaction.
  public internal(set) var values: [Float]
  /// The time of each interaction; empty if the data has no times.
  public internal(set) var times: [Timestamp]

  /// The weight of each interaction in a ranking, 0 for one that was seen and not liked; empty if all weigh the same.
  public internal(set) var weights: [Float] = []
  /// The labels of the users, in one group per attribute.
  var userLabels: [LabelGroup] = []
  /// The labels of the items, in one group per attribute.
  var itemLabels: [LabelGroup] = []
  /// The attributes of the items; nil if none is known.
  var itemAttributes: ItemAttributes?
  /// Whether the values are weights rather than ratings.
  public internal(set) var valuesAreWeights = false
  /// Whether weights are those of counts such as plays, by ``FeedbackRule/dampsCounts``.
  var valuesAreDampedCounts = false
  /// Whether the values belong to events such as purchases, by the name of their column or the kind of the feedback.
  var valuesAreOfEvents = false
  /// Whether each interaction is an event, so that a pair of user and item may have several.
  public internal(set) var keepsRepeats = false

  /// The number of interactions.
  public var count: Int { users.count }

  /// Whether the values are ratings that differ from each other; without this no rating predictor can be trained.
  ///
  /// It is false for implicit feedback, whose values are all 1.
  public var hasRatings: Bool { !valuesAreWeights && values.contains { $0 != values[0] } && !holdsCounts }

  init(
    userCount: Int, itemCount: Int, users: [Int32] = [], items: [Int32] = [], values: [Float] = [],
    times: [Timestamp] = []
  ) {
    precondition(
      users.count == items.count && users.count == values.count && (times.isEmpty || times.count == users.count))
    self.userCount = userCount
    self.itemCount = itemCount
    self.users = users
    self.items = items
    self.values = values
    self.times = times
  }

  /// Returns the interactions at the given positions, in that order, over the same users and items.
  func selecting(_ positions: some Sequence<Int>) -> TrainingData {
    let positions = Array(positions)
    var result = TrainingData(
      userCount: userCount, itemCount: itemCount, users: positions.map { users[$0] },
      items: positions.map { items[$0] },
      values: positions.map { values[$0] }, times: times.isEmpty ? [] : positions.map { times[$0] })
    result.weights = weights.isEmpty ? [] : positions.map { weights[$0] }
    result.valuesAreWeights = valuesAreWeights
    result.valuesAreDampedCounts = valuesAreDampedCounts
    result.valuesAreOfEvents = valuesAreOfEvents
    result.keepsRepeats = keepsRepeats
    result.userLabels = userLabels
    result.itemLabels = itemLabels
    result.itemAttributes = itemAttributes
    return result
  }

  /// The data with one interaction per pair, at the place of the pair's first: the latest by time, and the later one of
  /// equal times. The data itself if no pair may repeat.
  ///
  /// - Complexity: O(count + userCount + itemCount).
  var pairs: TrainingData {
    guard keepsRepeats else { return self }
    var latest = Array(0..<count)
    var isFirst = [Bool](repeating: true, count: count)
    for repeated in PairIndex.firstRows(users: users, items: items, userCount: userCount, itemCount: itemCount) {
      isFirst[repeated.row] = false
      let known = latest[repeated.first]
      if times.isEmpty || times[repeated.row] >= times[known] { latest[repeated.first] = repeated.row }
    }
    var result = selecting((0..<count).lazy.filter { isFirst[$0] }.map { latest[$0] })
    result.keepsRepeats = false
    return result
  }

  /// Returns the data with the weights that a rule gives it.
  ///
  /// - Parameters:
  ///   - rule: The rule.
  ///   - known: The data to take each user's mean of; this data if nil.
  /// - Complexity: O(count).
  func weighted(by rule: FeedbackRule, knowing known: TrainingData? = nil) -> TrainingData {
    guard !rule.isTrivial else { return self }
    var result = self
    result.weights = Array(repeating: 0, count: count)
    result.valuesAreDampedCounts = rule.dampsCounts && rule.kinds.isEmpty
    let latest = times.max() ?? 0
    let knownPositions = known?.positionsByUser()
    for (user, own) in positionsByUser().enumerated() {
      let weights = rule.weights(
        own.map { values[$0] }, known: known.flatMap { known in knownPositions?[user].map { known.values[$0] } },
        times: times.isEmpty ? [] : own.map { times[$0] }, latest: latest)
      for (position, weight) in zip(own, weights) { result.weights[position] = weight }
    }
    return result
  }

  /// The interactions that count as liked, with weights in place of values; the data itself if it has no weights.
  var liked: TrainingData {
    guard !weights.isEmpty else { return self }
    var result = selecting((0..<count).filter { weights[$0] > 0 })
    result.values = result.weights
    result.valuesAreWeights = result.values.contains { $0 != 1 }
    return result
  }

  /// Whether the values seem to be counts, such as plays or quantities, and not ratings.
  ///
  /// Counts are whole, at least 0, and have no scale: there are many of them, and the greatest is at least ten times
  /// the median.
  ///
  /// - Complexity: O(1): it looks at no more than 50,000 values.
  var holdsCounts: Bool {
    if valuesAreWeights || values.isEmpty { return false }
    let step = max(1, count / 50_000)
    let sample = stride(from: 0, to: count, by: step).map { values[$0] }
    let range: ClosedRange<Float> = 0...1e12
    if valuesAreOfEvents { return sample.allSatisfy(range.contains) && sample.contains { $0 != sample[0] } }
    guard sample.contains(where: { $0 > Self.longestScale }),
      sample.allSatisfy({ range.contains($0) && $0 == $0.rounded() })
    else { return false }
    let rising = sample.sorted()
    let distinct = 1 + zip(rising, rising.dropFirst()).count { $0 != $1 }
    return Float(distinct) > Self.longestScale && rising[rising.count - 1] >= 10 * max(1, rising[rising.count / 2])
  }

  /// The number of values of the longest usual scale of ratings, 0 to 10.
  private static var longestScale: Float { 11 }

  /// Returns a hash of the users, items and values in their order, as 16 hexadecimal digits.
  func fingerprint(using parallel: Parallel) -> String {
    let columns = [Buffer(users).bytes, Buffer(items).bytes, Buffer(values).bytes]
    let blocks = Checksum.blocks(of: columns, parallel: parallel)
    return Checksum.xxh64(Buffer(blocks).bytes).hexadecimal
  }
}
