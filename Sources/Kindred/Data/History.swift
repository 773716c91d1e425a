/// What a user did, as a model sees it: item positions with values, in the order it happened where times are known.
public struct History: Sendable, Equatable {
  /// The items' positions, none twice.
  public internal(set) var items: [Int32]
  /// The value of each item.
  public internal(set) var values: [Float]
  /// How much each item counts for a ranking, 0 for what was seen and not liked; empty where all count the same.
  public internal(set) var weights: [Float] = []
  /// When each item got its value, as a ``Day``, `Day.unknown` where that is not known; empty where none is.
  public internal(set) var days: [Int32] = []
  /// The row this history was trained as; nil for a stranger, and once the history is edited.
  public internal(set) var trainingRow: Int32?
  /// What models folded it into, where that is kept.
  var foldIns: FoldInCache?

  /// Creates a history; a later value of the same item replaces the earlier one.
  ///
  /// - Precondition: there are as many values as items.
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

  /// The history, for many questions: models fold it in once, until it is edited.
  public func keepingFoldIns() -> History {
    var history = self
    history.foldIns = FoldInCache()
    return history
  }

  /// Whether the same was done and counts the same; what is kept of it is no part of it.
  public static func == (left: History, right: History) -> Bool {
    left.items == right.items && left.values == right.values && left.weights == right.weights
      && left.days == right.days && left.trainingRow == right.trainingRow
  }

  /// The number of items.
  public var count: Int { items.count }

  /// Where each item is, in order of the items' positions.
  var order: [Int] { items.indices.sorted { items[$0] < items[$1] } }

  /// Adds an item, or gives it a new value. O(count).
  ///
  ///     if let position = recommender.position(of: 50) { history.set(5, forItemAt: position) }
  ///
  /// - Parameter time: when it got the value, for models that look at it; nil where that is not known.
  /// - Precondition: the value is finite.
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

  /// Takes an item out. O(count).
  public mutating func remove(itemAt item: Int32) {
    guard let position = items.firstIndex(of: item) else { return }
    trainingRow = nil
    foldIns = nil
    if !weights.isEmpty { weights.remove(at: position) }
    if !days.isEmpty { days.remove(at: position) }
    items.remove(at: position)
    values.remove(at: position)
  }

  /// The histories that lack one item each.
  func withoutEach(of positions: Range<Int>) -> [History] {
    positions.map { position in
      var shorter = self
      shorter.remove(itemAt: items[position])
      return shorter
    }
  }
}

extension History {
  /// The place of each item when they are in the order of their positions.
  var placesInOrder: [Int] {
    var places = [Int](repeating: 0, count: count)
    for (place, index) in order.enumerated() { places[index] = place }
    return places
  }
}
