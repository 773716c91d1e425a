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
}
