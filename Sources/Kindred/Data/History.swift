/// A user's interactions as a model sees them: item positions with values, in the order in which they happened.
public struct History: Sendable, Equatable {
  /// The positions of the items, the item of the oldest event first; no position occurs twice.
  ///
  /// An item with several events stands where the latest of them is.
  public internal(set) var items: [Int32]
  /// The value of each item.
  public internal(set) var values: [Float]
  /// The weight of each item in a ranking: positive if it was liked, negative if it was disliked, 0 if it was only
  /// seen; empty if every item has the weight 1.
  public internal(set) var weights: [Float] = []
  /// The time at which each item got its value, ``unknownTime`` if it is not known; empty if no time is known.
  public internal(set) var times: [Timestamp] = []
  /// The item of every event, the oldest first; empty if each item has one event, so that ``items`` is this list.
  public internal(set) var events: [Int32] = []
  /// What is known of the user besides, such as their age, by name. It orders the list of a user with an empty history;
  /// a recommender that was trained without such attributes ignores it.
  public var attributes: [String: String] = [:]
  /// Items that were disliked and that ``items`` lacks; they count against similar items.
  var disliked: [Int32] = []
  /// The weight with which `disliked` items count against similar ones; 0 or more.
  var dislikeWeight: Float = 0
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

  init(
    items: [Int32], values: [Float], weights: [Float] = [], times: [Timestamp] = [], events: [Int32] = [],
    trainingRow: Int32?
  ) {
    self.weights = weights
    self.times = times
    self.events = events
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

  /// Whether two histories have the same events, values, weights, times and training row; cached fold-ins are ignored.
  public static func == (left: History, right: History) -> Bool {
    left.items == right.items && left.values == right.values && left.weights == right.weights
      && left.times == right.times && left.events == right.events && left.disliked == right.disliked
      && left.dislikeWeight == right.dislikeWeight && left.attributes == right.attributes
      && left.trainingRow == right.trainingRow
  }

  /// The value of a time that is not known; it is before every other time.
  public static let unknownTime = Timestamp.min

  /// The number of items.
  public var count: Int { items.count }

  /// The indices of the items, in rising order of the items' positions.
  var order: [Int] {
    // Numbers of 64 bits are sorted in a fraction of the time of a comparison through a closure.
    items.enumerated().map { UInt64($1) << 32 | UInt64($0) }.sorted().map { Int($0 & 0xffff_ffff) }
  }

  /// The item of every event, the oldest first, without items of a value of 0 or less, which were only seen.
  var sequence: [Int32] {
    let all = events.isEmpty ? items : events
    guard values.contains(where: { $0 <= 0 }) else { return all }
    let seen = Set(items.indices.lazy.filter { values[$0] <= 0 }.map { items[$0] })
    return all.filter { !seen.contains($0) }
  }

  /// The ``Day`` of each of ``times``.
  var days: [Int32] { times.map(Day.number) }

  /// Adds an item, or gives it a new value, which replaces the events of the item by one.
  ///
  ///     if let position = recommender.position(of: 50) { history.set(5, forItemAt: position) }
  ///
  /// The event takes its place in the order of times. Without a time it becomes the latest; a known item that is set
  /// without a time keeps its place.
  ///
  /// - Parameters:
  ///   - value: The value, such as a rating.
  ///   - item: The position of the item.
  ///   - time: The time of the value, for models that use time; nil if it is not known.
  /// - Precondition: The value is finite.
  /// - Complexity: O(count).
  public mutating func set(_ value: Float, forItemAt item: Int32, at time: Timestamp? = nil) {
    precondition(value.isFinite)
    let known = items.firstIndex(of: item)
    if let known, time == nil, events.isEmpty {
      forgetDerived()
      values[known] = value
      if !times.isEmpty { times[known] = Self.unknownTime }
      return
    }
    if known != nil { remove(itemAt: item) }
    forgetDerived()
    if times.isEmpty, time != nil { times = items.map { _ in Self.unknownTime } }
    let place = time.flatMap { time in times.lastIndex { $0 <= time }.map { $0 + 1 } ?? 0 } ?? items.count
    if !events.isEmpty {
      let before = place < items.count ? events.lastIndex(of: items[place]) : nil
      events.insert(item, at: before ?? events.count)
    }
    items.insert(item, at: place)
    values.insert(value, at: place)
    if !times.isEmpty { times.insert(time ?? Self.unknownTime, at: place) }
  }

  /// Drops what the rule and the training derived from the history before an edit.
  private mutating func forgetDerived() {
    trainingRow = nil
    foldIns = nil
    weights = []
  }

  /// Removes an item and all of its events; does nothing if the history lacks it.
  ///
  /// - Complexity: O(count).
  public mutating func remove(itemAt item: Int32) {
    guard let position = items.firstIndex(of: item) else { return }
    trainingRow = nil
    foldIns = nil
    if !weights.isEmpty { weights.remove(at: position) }
    if !times.isEmpty { times.remove(at: position) }
    events.removeAll { $0 == item }
    items.remove(at: position)
    values.remove(at: position)
  }

  /// The history without items from a position on.
  func keeping(itemsBelow count: Int32) -> History {
    var shorter = self
    for item in items where item >= count { shorter.remove(itemAt: item) }
    shorter.disliked.removeAll { $0 >= count }
    return shorter
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
