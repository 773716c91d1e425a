/// A user's interactions as a model sees them: item positions with values.
public struct History: Sendable, Equatable {
  /// The positions of the items; no position occurs twice.
  public internal(set) var items: [Int32]
  /// The value of each item.
  public internal(set) var values: [Float]
  /// The weight of each item in a ranking, 0 for an item that was seen and not liked; empty if all weigh the same.
  public internal(set) var weights: [Float] = []
  /// The ``Day`` on which each item got its value, `Day.unknown` if it is not known; empty if no day is known.
  public internal(set) var days: [Int32] = []
  /// The row of the training data that holds this history; nil for a stranger, and after an edit.
  public internal(set) var trainingRow: Int32?
  /// The cache of this history's fold-ins; nil if they are not kept.
  var foldIns: FoldInCache?

  /// Creates a history; a later value of the same item replaces the earlier one.
  ///
  /// - Parameters:
  ///   - items: The positions of the items.
  ///   - values: The value of each item, such as a rating.
  /// - Precondition: There are as many values as items.
  public init(items: [Int32] = [], values: [Float] = []) {
    precondition(items.count == values.count)
    self.init(items: items, values: values, trainingRow: nil)
    if Set(items).count < items.count {
      self.items = []
      self.values = []
      for (item, value) in zip(items, values) { set(value, forItemAt: item) }
    }
  }

  init(items: [Int32], values: [Float], weights: [Float] = [], days: [Int32] = [], trainingRow: Int32?) {
    self.weights = weights
    self.days = days
    self.items = items
    self.values = values
    self.trainingRow = trainingRow
  }

  /// Returns a copy that caches its fold-ins: each model folds the copy in once, until it is edited.
  ///
  /// Use the copy for several lists, scores or reasons of the same history.
  public func keepingFoldIns() -> History {
    var history = self
    history.foldIns = FoldInCache()
    return history
  }

  /// Whether two histories have the same items, values, weights, days and training row; cached fold-ins are ignored.
  public static func == (left: History, right: History) -> Bool {
    left.items == right.items && left.values == right.values && left.weights == right.weights
      && left.days == right.days && left.trainingRow == right.trainingRow
  }

  /// The number of items.
  public var count: Int { items.count }

  /// The indices of the items, in rising order of the items' positions.
  var order: [Int] { items.indices.sorted { items[$0] < items[$1] } }

  /// Adds an item, or gives it a new value.
  ///
  ///     if let position = recommender.position(of: 50) { history.set(5, forItemAt: position) }
  ///
  /// - Parameters:
  ///   - value: The value, such as a rating.
  ///   - item: The position of the item.
  ///   - time: The time of the value, for models that use time; nil if it is not known.
  /// - Precondition: The value is finite.
  /// - Complexity: O(count).
  public mutating func set(_ value: Float, forItemAt item: Int32, at time: Timestamp? = nil) {
    precondition(value.isFinite)
    if days.isEmpty, time != nil { days = items.map { _ in Day.unknown } }
    let day = time.map(Day.number) ?? Day.unknown
    trainingRow = nil
    foldIns = nil
    weights = []
    if let position = items.firstIndex(of: item) {
      values[position] = value
      if !days.isEmpty { days[position] = day }
    } else {
      if time != nil || !days.isEmpty { days.append(day) }
      items.append(item)
      values.append(value)
    }
  }

  /// Removes an item; does nothing if the history lacks it.
  ///
  /// - Complexity: O(count).
  public mutating func remove(itemAt item: Int32) {
    guard let position = items.firstIndex(of: item) else { return }
    trainingRow = nil
    foldIns = nil
    if !weights.isEmpty { weights.remove(at: position) }
    if !days.isEmpty { days.remove(at: position) }
    items.remove(at: position)
    values.remove(at: position)
  }

  /// Returns one history for each of the indices, without the item at that index.
  func withoutEach(of positions: Range<Int>) -> [History] {
    positions.map { position in
      var shorter = self
      shorter.remove(itemAt: items[position])
      return shorter
    }
  }
}

extension History {
  /// The rank of each item when the items are sorted by position.
  var placesInOrder: [Int] {
    var places = [Int](repeating: 0, count: count)
    for (place, index) in order.enumerated() { places[index] = place }
    return places
  }
}
