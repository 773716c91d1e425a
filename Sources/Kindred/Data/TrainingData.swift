/// What a trainer sees of a data set: positions instead of ids, in the data's own order.
///
/// All columns have one element an interaction. No pair occurs twice, every position is within its count and every value is finite.
public struct TrainingData: Sendable {
  /// The number of users, those without an interaction included.
  public internal(set) var userCount: Int
  /// The number of items, those without an interaction included.
  public internal(set) var itemCount: Int
  /// The user of each interaction.
  public internal(set) var users: [Int32]
  /// The item of each interaction.
  public internal(set) var items: [Int32]
  /// The value of each interaction.
  public internal(set) var values: [Float]
  /// The time of each interaction; empty where the data has none.
  public internal(set) var times: [Timestamp]

  /// How much each interaction counts for a ranking, 0 for what was seen and not liked; empty where all count the same.
  public internal(set) var weights: [Float] = []
  /// What else is known of each user, and of each item, in groups.
  var userLabels: [LabelGroup] = []
  var itemLabels: [LabelGroup] = []
  /// Whether the values are no ratings but weights.
  public internal(set) var valuesAreWeights = false

  /// The number of interactions.
  public var count: Int { users.count }

  /// Whether the values differ at all: a file without a column of values holds 1 everywhere and can train no rating predictor.
  public var hasRatings: Bool { !valuesAreWeights && values.contains { $0 != values[0] } }

  /// The mean, the unit and the scale of the values, in blocks side by side; sums run over the blocks in order.
  func valueSummary(using parallel: Parallel) -> (mean: Float, unit: Float, scale: ClosedRange<Float>?) {
    guard count > 0 else { return (0, 1, nil) }
    let block = 1 << 18
    // Sums of distances from a value in their midst lose no digits to the mean.
    let center = Double(values[0])
    let parts = parallel.map((count + block - 1) / block) { number in
      var part = (sum: 0.0, squares: 0.0, least: Float.infinity, most: -Float.infinity)
      for position in number * block..<min(count, (number + 1) * block) {
        let value = values[position]
        let distance = Double(value) - center
        part = (
          part.sum + distance, part.squares + distance * distance, min(part.least, value), max(part.most, value)
        )
      }
      return part
    }
    let offset = parts.reduce(0.0) { $0 + $1.sum } / Double(count)
    let variance = parts.reduce(0.0) { $0 + $1.squares } / Double(count) - offset * offset
    let scale = parts.map(\.least).reduce(.infinity, min)...parts.map(\.most).reduce(-.infinity, max)
    return (Float(center + offset), scale.lowerBound == scale.upperBound ? 1 : Self.unit(variance: variance), scale)
  }

  /// The mean of the values; 0 without any. O(count).
  public var mean: Float { Float(values.reduce(0.0) { $0 + Double($1) } / Double(max(1, count))) }

  /// The values' standard deviation in units of 1.05, about that of stars from 1 to 5: penalties and steps that suit stars suit other
  /// scales in this unit. 1 where all values are the same.
  var unit: Float {
    let center = Double(mean)
    let variance = values.reduce(0.0) { $0 + (Double($1) - center) * (Double($1) - center) } / Double(max(1, count))
    return Self.unit(variance: variance)
  }

  private static func unit(variance: Double) -> Float { variance > 0 ? Float(variance.squareRoot() / 1.05) : 1 }

  /// How many users had each item. O(count).
  public var itemCounts: [Int32] { Self.counts(of: items, count: itemCount) }

  /// How many items each user had. O(count).
  public var userCounts: [Int32] { Self.counts(of: users, count: userCount) }

  private static func counts(of rows: [Int32], count: Int) -> [Int32] {
    var counts = [Int32](repeating: 0, count: count)
    for row in rows { counts[Int(row)] += 1 }
    return counts
  }

  /// The least and the greatest value; nil without any. O(count).
  public var scale: ClosedRange<Float>? {
    guard let least = values.min(), let greatest = values.max() else { return nil }
    return least...greatest
  }

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

  /// The interactions at the given positions, in that order, over the same users and items.
  func selecting(_ positions: some Sequence<Int>) -> TrainingData {
    let positions = Array(positions)
    var result = TrainingData(
      userCount: userCount, itemCount: itemCount, users: positions.map { users[$0] },
      items: positions.map { items[$0] },
      values: positions.map { values[$0] }, times: times.isEmpty ? [] : positions.map { times[$0] })
    result.weights = weights.isEmpty ? [] : positions.map { weights[$0] }
    result.valuesAreWeights = valuesAreWeights
    result.userLabels = userLabels
    result.itemLabels = itemLabels
    return result
  }

  /// A row for each user: the items and values, by item.
  func rowsByUser() -> SparseMatrix {
    SparseMatrix(rowCount: userCount, columnCount: itemCount, rows: users, columns: items, values: values)
  }

  /// A row for each item: the users and values, by user.
  func rowsByItem() -> SparseMatrix {
    SparseMatrix(rowCount: itemCount, columnCount: userCount, rows: items, columns: users, values: values)
  }
}

extension TrainingData {
  /// The history of each user, in order of items' positions. O(count).
  public var histories: [History] {
    let rows = rowsByUser()
    let days = daysByUser()
    return (0..<rows.rowCount).map { row in
      var history = rows.history(ofRow: row)
      if let days { history.days = Array(days[rows.cells(ofRow: row)]) }
      return history
    }
  }

  /// The day of each interaction, in the order of `rowsByUser`; nil where times are not known.
  func daysByUser() -> [Int32]? {
    if times.isEmpty { return nil }
    // Days until the year 47900 are exact numbers, and no file says that it is later and means it.
    let days = times.map { Float(Day.number($0)) }
    return SparseMatrix(rowCount: userCount, columnCount: itemCount, rows: users, columns: items, values: days).values
      .map { Int32(clamping: Int64($0)) }
  }

  /// How many users had each item.
  var itemSizes: [Float] { itemCounts.map { Float($0) } }

  /// How many items each user had.
  var userSizes: [Float] {
    var counts = [Float](repeating: 0, count: userCount)
    for user in users { counts[Int(user)] += 1 }
    return counts
  }

  /// How often items were chosen by the same users, with a weight a user.
  func cooccurrences(weights: Buffer<Float>? = nil) -> Cooccurrences {
    Cooccurrences(byUser: rowsByUser(), byItem: rowsByItem(), weights: weights)
  }
}
