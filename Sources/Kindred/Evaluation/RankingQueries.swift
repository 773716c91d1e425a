/// Which held-out events a model predicts one by one, each from what its user did before.
public enum NextEvents: String, Sendable, CaseIterable {
  /// The last held-out event of each user.
  case last
  /// Every held-out event.
  case all
}

/// The lists that an evaluation asks of a model. A query is made at each access, so that few histories are in memory,
/// unless all have been made before.
///
/// Without ``NextEvents`` there is one query per user with a test item: the history is what is known of them, and all
/// of their test items are relevant. With ``NextEvents`` there is one query per held-out event: the history is what the
/// user did before it, earlier held-out events included, and its item alone is relevant. Queries are in order of users.
struct RankingQueries: RandomAccessCollection, Sendable {
  /// A list that is asked of a model.
  struct Query: Sendable {
    /// The position of the user.
    var user: Int32
    /// Whether the user has a training event.
    var isWarm: Bool
    /// The history as the model is given it.
    var history: History
    /// The number of items in the whole history.
    var activity: Int32
    /// The relevant items, in rising order; empty if only disliked items are tested.
    var relevant: [Int32]
    /// The test items with a value below the middle of the scale, in rising order.
    var disliked: [Int32]
    /// The items that the list leaves out, in rising order.
    var excluded: [Int32]
  }

  /// The held-out events that are predicted one by one; nil if all of a user's are relevant to one list.
  let next: NextEvents?
  /// The number of held-out events that are not predicted because nothing is known of their user before them.
  private(set) var unpredictedCount = 0
  /// The number of users with a query that has a relevant item.
  private(set) var testedUserCount = 0

  private let known: PreparedData
  private let histories: Histories
  private let test: TrainingData
  private let rule: FeedbackRule?
  private let middle: Float?
  private let includesObserved: Bool
  /// The positions of the test events by user, in the order in which they happened, and where each user's start.
  private let order: [Int]
  private let starts: [Int]
  /// The positions of the known events by user, and where each user's start; nil if all are before the test events.
  private let knownOrder: (positions: Buffer<Int>, starts: [Int])?
  /// The user of each query, or the index in `order` of its event.
  private var places: [Int] = []
  private var shuffle: (seed: UInt64, number: Int)?
  /// The items that count as relevant; nil for all.
  private var wanted: ItemSet?
  /// The items that lists may hold; nil for all.
  private(set) var allowed: ItemSet?
  private var made: [Query] = []

  /// Creates the queries of a test. Where repeats are kept and lists leave out items of the history, test events of
  /// such items are not asked for.
  ///
  /// - Parameters:
  ///   - known: The events that are known at the test.
  /// - test: The events to test on, over the same users and items. Those with a weight above 0, or all if there are no
  /// weights, are relevant.
  ///   - next: The events to predict one by one; nil for one list per user.
  ///   - rule: The rule that reduces a history to what the model is given; nil gives all of it.
  ///   - middle: The middle of the scale of the values; nil if values are not ratings.
  ///   - areStrangers: Whether the model was not trained on the users of `known`.
  ///   - includesObserved: Whether a list may hold items of the history.
  /// - Complexity: O(known + test · log(events per user)).
  init(
    known: PreparedData, test: TrainingData, next: NextEvents? = nil, rule: FeedbackRule? = nil, middle: Float? = nil,
    areStrangers: Bool = false, includesObserved: Bool = false
  ) {
    (self.known, self.test, self.next, self.rule, self.middle) = (known, test, next, rule, middle)
    self.includesObserved = includesObserved
    var histories = known.histories
    histories.areStrangers = areStrangers
    self.histories = histories
    let (positions, starts) = Grouping.positions(of: test.users, into: test.userCount)
    self.starts = starts
    order = test.inOrderOfTime(positions, starts)
    let isInterleaved =
      next != nil && (test.times.min() ?? .max) < (known.events.times.max() ?? .min) && !known.events.times.isEmpty
    knownOrder = isInterleaved ? Grouping.positions(of: known.events.users, into: known.userCount) : nil
    (places, unpredictedCount, testedUserCount) = listPlaces()
  }

  /// The number of users of the data set.
  var userCount: Int { test.userCount }

  var startIndex: Int { 0 }
  var endIndex: Int { places.count }

  /// At most `count` of the queries, at even steps.
  func thinned(to count: Int) -> RankingQueries {
    guard places.count > count else { return self }
    var queries = self
    queries.places = (0..<count).map { places[$0 * places.count / count] }
    queries.made = []
    return queries
  }

  /// The same queries, all made at once and kept, for a comparison of many models.
  func kept(using parallel: Parallel) -> RankingQueries {
    let queriesOfBlock = 32
    let blocks = parallel.map((count + queriesOfBlock - 1) / queriesOfBlock) { block in
      self[(block * queriesOfBlock)..<Swift.min(count, (block + 1) * queriesOfBlock)].map { $0 }
    }
    var queries = self
    queries.made = parallel.isCancelled ? [] : blocks.flatMap { $0 }
    return queries
  }

  /// The same queries with each history in a random order.
  func shuffled(_ number: Int, seed: UInt64) -> RankingQueries {
    var queries = self
    queries.shuffle = (seed, number)
    queries.made = []
    return queries
  }

  /// The same queries with only some items relevant.
  ///
  /// - Parameters:
  ///   - wanted: The items that count as relevant.
  ///   - allowed: The items that lists may hold; nil for all.
  func restricted(to wanted: ItemSet, amongItems allowed: ItemSet? = nil) -> RankingQueries {
    var queries = self
    (queries.wanted, queries.allowed) = (wanted, allowed)
    queries.made = []
    return queries
  }

  subscript(position: Int) -> Query {
    if !made.isEmpty { return made[position] }
    let place = places[position]
    let user = user(at: place)
    var history = history(at: position)
    let events = next == nil ? order[starts[user]..<starts[user + 1]] : order[place...place]
    let (items, activity) = (history.items, history.count)
    if let shuffle {
      var stream = RandomStream(seed: shuffle.seed &+ UInt64(shuffle.number), .shuffle, position)
      history = history.shuffled(using: &stream)
    }
    return Query(
      user: Int32(user), isWarm: !histories.areStrangers && known.userCounts[user] > 0,
      history: rule.map { history.weighted(by: $0).liked } ?? history, activity: Int32(activity),
      relevant: distinctItems(of: events) { isRelevant($0) && !isLeftOut($0, items) },
      disliked: distinctItems(of: events) { isDisliked($0) && !isLeftOut($0, items) },
      excluded: includesObserved ? [] : items.inRisingOrder())
  }
}

extension RankingQueries {
  /// The whole history of a query, before the rule reduces it to what the model is given.
  func history(at position: Int) -> History {
    let place = places[position]
    return next == nil ? histories[place] : history(of: user(at: place), before: place)
  }

  private func user(at place: Int) -> Int { next == nil ? place : Int(test.users[order[place]]) }

  private func isRelevant(_ event: Int) -> Bool {
    (test.weights.isEmpty || test.weights[event] > 0) && wanted?[test.items[event]] ?? true
  }

  private func isDisliked(_ event: Int) -> Bool { middle.map { test.values[event] < $0 } ?? false }

  /// Whether lists leave out the item of a repeated event, because a history has it.
  private func isLeftOut(_ event: Int, _ items: some Collection<Int32>) -> Bool {
    test.keepsRepeats && !includesObserved && items.contains(test.items[event])
  }

  private func distinctItems(of events: ArraySlice<Int>, where isWanted: (Int) -> Bool) -> [Int32] {
    let sorted = events.filter(isWanted).map { test.items[$0] }.sorted()
    return sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
  }

  /// The users of the queries, or the indices in `order` of their events, with the numbers of events that cannot be
  /// predicted and of users with a relevant item.
  private func listPlaces() -> (places: [Int], unpredicted: Int, testedUsers: Int) {
    var (places, unpredicted, testedUsers): ([Int], Int, Int) = ([], 0, 0)
    let leavesOut = test.keepsRepeats && !includesObserved
    for user in 0..<test.userCount {
      let own = starts[user]..<starts[user + 1]
      var judged = (next == .last ? own.suffix(1) : own).filter { isRelevant(order[$0]) || isDisliked(order[$0]) }
      if leavesOut { judged.removeAll { isRepeat($0, of: user, since: next == nil ? $0 : own.lowerBound) } }
      let asked = next == nil ? judged : judged.filter { $0 > own.lowerBound || knowsEvent(of: user, before: $0) }
      unpredicted += judged.count - asked.count
      if asked.contains(where: { isRelevant(order[$0]) }) { testedUsers += 1 }
      if next != nil { places += asked } else if !asked.isEmpty { places.append(user) }
    }
    return (places, unpredicted, testedUsers)
  }

  /// Whether the item of a test event is that of a known event before it, or of a test event from another one on.
  private func isRepeat(_ place: Int, of user: Int, since start: Int) -> Bool {
    let item = test.items[order[place]]
    if order[start..<place].contains(where: { test.items[$0] == item }) { return true }
    guard let knownOrder else {
      let rows = known.byUser
      return rows.columns[rows.cells(ofRow: user)].sortedIndex(of: item) != nil
    }
    let time = test.times[order[place]]
    return knownOrder.positions[knownOrder.starts[user]..<knownOrder.starts[user + 1]].contains {
      known.events.items[$0] == item && known.events.times[$0] <= time
    }
  }

  /// Whether some known event of a user is not later than a test event.
  private func knowsEvent(of user: Int, before place: Int) -> Bool {
    guard let knownOrder else { return known.userCounts[user] > 0 }
    let time = test.times[order[place]]
    return knownOrder.positions[knownOrder.starts[user]..<knownOrder.starts[user + 1]].contains {
      known.events.times[$0] <= time
    }
  }

  /// What a user did before a test event. Known events of the same time count as before it.
  private func history(of user: Int, before place: Int) -> History {
    let earlier = order[starts[user]..<place]
    var history = histories[user]
    guard let knownOrder, (history.times.max() ?? .min) > test.times[order[starts[user]]] else {
      // A validation cut of single events has no item on both sides.
      let mayRepeat = !known.isForTrials || known.events.keepsRepeats
      for event in earlier { history.append(test, event, mayRepeat: mayRepeat) }
      return history
    }
    let time = test.times[order[place]]
    let own = knownOrder.positions[knownOrder.starts[user]..<knownOrder.starts[user + 1]]
    let events =
      own.filter { known.events.times[$0] <= time }.map { (data: known.events, event: $0, rank: 0) }
      + earlier.map { (data: test, event: $0, rank: 1) }
    history = History()
    let key = { (event: (data: TrainingData, event: Int, rank: Int)) in
      (event.data.times[event.event], event.rank, event.event)
    }
    for (data, event, _) in events.sorted(by: { key($0) < key($1) }) { history.append(data, event) }
    return history
  }
}

extension History {
  /// Adds an event of a data set as the latest.
  ///
  /// - Parameter mayRepeat: Whether the history may have the item; the search for it is left out if not.
  fileprivate mutating func append(_ data: TrainingData, _ event: Int, mayRepeat: Bool = true) {
    let item = data.items[event]
    trainingRow = nil
    if mayRepeat, let known = items.firstIndex(of: item) {
      if events.isEmpty { events = items }
      items.remove(at: known)
      values.remove(at: known)
      if !times.isEmpty { times.remove(at: known) }
    }
    if !events.isEmpty { events.append(item) }
    if times.isEmpty, !data.times.isEmpty { times = items.map { _ in Self.unknownTime } }
    items.append(item)
    values.append(data.values[event])
    if !data.times.isEmpty || !times.isEmpty { times.append(data.times.isEmpty ? Self.unknownTime : data.times[event]) }
  }

  /// The history with its events in a random order; the times stay in theirs.
  fileprivate func shuffled(using stream: inout RandomStream) -> History {
    let sequence = stream.permutation(of: self.sequence.count).map { self.sequence[Int($0)] }
    var latest: [Int32: Int] = [:]
    for (place, item) in sequence.enumerated() { latest[item] = place }
    var result = self
    let places = items.indices.sorted { latest[items[$0], default: 0] < latest[items[$1], default: 0] }
    result.items = places.map { items[$0] }
    result.values = places.map { values[$0] }
    if !weights.isEmpty { result.weights = places.map { weights[$0] } }
    if !events.isEmpty { result.events = sequence }
    result.trainingRow = nil
    return result
  }
}
