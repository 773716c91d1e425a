import Synchronization

/// A data set with the groupings and counts that trainers and metrics derive from it, each computed once and shared.
///
/// A training creates one instance per data set and passes it to every trial, session and metric. Each part is computed
/// on first use and stays in memory as long as this object, or as long as another object holds it; unused parts are
/// never computed. A training of several gigabytes releases rows as early as possible: ``Epochs`` releases the data
/// once the session has what it needs, a ``Validation`` is released with its rows before the final training, and a
/// recommender releases the rows of its ranking before it trains the rating model.
public final class PreparedData: Sendable {
  /// The interactions, one per pair of user and item, in the data's own order.
  public let columns: TrainingData
  /// Every event, in the data's own order: ``columns``, unless pairs have several (``TrainingData/keepsRepeats``).
  public let events: TrainingData

  /// The side that interactions are grouped by.
  enum Side: Hashable, Sendable {
    case users, items
  }

  /// A function that is called at each grouping, so that a test can check that no grouping is computed twice.
  typealias GroupingObserver = @Sendable (_ data: PreparedData, _ side: Side) -> Void

  /// The part of the data that a ranker's settings are chosen by.
  public let validationMethod: ValidationMethod
  /// Whether the lists that settings are chosen by may hold items of the user's history.
  let includesObserved: Bool

  /// Whether this is the part of a validation cut that several settings are trained on.
  let isForTrials: Bool

  private let observer: GroupingObserver?
  /// The number of threads that group the data.
  private let threads: Int
  /// Whether validation splits are cached too, for a search that trains on the same data many times.
  private let sharesValidation: Bool
  private let cuts = Mutex<[ValidationKey: Validation]>([:])
  private let userRows = SharedValue<SparseMatrix>()
  private let itemRows = SharedValue<SparseMatrix>()
  private let userPositions = SharedValue<Buffer<UInt32>>()
  private let userTimes = SharedValue<Buffer<Timestamp>>()
  private let userEvents = SharedValue<(cells: Buffer<Int32>, starts: Buffer<Int64>)>()
  private let userOrder = SharedValue<Buffer<Int32>>()
  private let isOrdered = SharedValue<Bool>()
  private let userTotals = SharedValue<[Int32]>()
  private let itemTotals = SharedValue<[Int32]>()
  private let valueSummary = SharedValue<ValueSummary>()

  /// Creates prepared data of some interactions, without computing anything yet.
  ///
  /// - Parameters:
  ///   - events: The interactions.
  ///   - validation: The part of the data that a ranker's settings are chosen by.
  ///   - threads: The number of threads that group the data.
  /// - Complexity: O(1); O(count) if pairs may repeat.
  public convenience init(_ events: TrainingData, validation: ValidationMethod = .latest, threads: Int = 1) {
    self.init(events, validation: validation, threads: threads, noting: nil)
  }

  init(
    _ events: TrainingData, validation: ValidationMethod = .latest, includesObserved: Bool = false,
    sharesValidation: Bool = false, isForTrials: Bool = false, threads: Int = 1, noting observer: GroupingObserver?
  ) {
    self.events = events
    self.threads = threads
    columns = events.pairs
    self.isForTrials = isForTrials
    validationMethod = validation
    self.includesObserved = includesObserved
    self.sharesValidation = sharesValidation
    self.observer = observer
  }

  /// Returns prepared data of other interactions, such as a subset of these, with the same observer.
  func deriving(_ events: TrainingData, forTrials: Bool = false) -> PreparedData {
    PreparedData(
      events, validation: validationMethod, includesObserved: includesObserved, sharesValidation: sharesValidation,
      isForTrials: forTrials, threads: threads, noting: observer)
  }

  /// Returns a split of the data for choosing settings, never for reporting results.
  ///
  /// - Parameter samples: Whether some of the users stand for all in a large data set.
  func validation(_ method: ValidationMethod, seed: UInt64, samples: Bool) -> Validation {
    let step = samples ? Validation.stepOfUsers(events.count) : 1
    guard sharesValidation else { return Validation(of: self, method, seed: seed, everyUser: step) }
    return cuts.withLock { cuts in
      let key = ValidationKey(method: method, seed: seed, step: step)
      let cut = cuts[key] ?? Validation(of: self, method, seed: seed, everyUser: step)
      cuts[key] = cut
      return cut
    }
  }

  private struct ValidationKey: Hashable {
    let method: ValidationMethod
    let seed: UInt64
    let step: Int
  }

  /// The number of interactions, one per pair of user and item.
  public var count: Int { columns.count }
  /// Whether a pair of user and item has several events.
  var hasRepeats: Bool { events.count > columns.count }
  /// The number of users, those without an interaction included.
  public var userCount: Int { columns.userCount }
  /// The number of items, those without an interaction included.
  public var itemCount: Int { columns.itemCount }

  /// The number of items per user.
  ///
  /// - Complexity: O(count) on first use.
  public var userCounts: [Int32] { userTotals.value { Self.counts(of: columns.users, count: userCount) } }
  /// The number of users per item.
  ///
  /// - Complexity: O(count) on first use.
  public var itemCounts: [Int32] { itemTotals.value { Self.counts(of: columns.items, count: itemCount) } }

  private static func counts(of rows: [Int32], count: Int) -> [Int32] {
    var counts = [Int32](repeating: 0, count: count)
    for row in rows { counts[Int(row)] += 1 }
    return counts
  }
}

extension PreparedData {
  /// The number of items per user, as floats.
  var userSizes: [Float] { userCounts.map { Float($0) } }
  /// The number of users per item, as floats.
  var itemSizes: [Float] { itemCounts.map { Float($0) } }

  /// The items from the most to the fewest users, and the place of each item in that order. Numbered so, the items that
  /// occur most often are close together in memory.
  ///
  /// - Complexity: O(items · log items).
  var itemsByPopularity: (items: [Int32], places: [Int32]) {
    let counts = itemCounts
    let items = (0..<Int32(itemCount)).sorted { (counts[Int($1)], $0) < (counts[Int($0)], $1) }
    var places = [Int32](repeating: 0, count: itemCount)
    for (place, item) in items.enumerated() { places[Int(item)] = Int32(place) }
    return (items, places)
  }

  /// The interactions as a matrix of shape [users][items], each row in order of items.
  ///
  /// - Complexity: O(count) on first use.
  var byUser: SparseMatrix {
    userRows.value {
      observer?(self, .users)
      return SparseMatrix(
        rowCount: userCount, columnCount: itemCount, rows: columns.users, columns: columns.items, values: columns.values
      )
    }
  }

  /// The interactions as a matrix of shape [items][users], each row in order of users.
  ///
  /// - Complexity: O(count) on first use.
  var byItem: SparseMatrix {
    itemRows.value {
      observer?(self, .items)
      return SparseMatrix(
        rowCount: itemCount, columnCount: userCount, rows: columns.items, columns: columns.users, values: columns.values
      )
    }
  }

  /// Removes the matrix of a side from the cache; the next use computes it again.
  func releaseRows(of side: Side) {
    switch side {
    case .users:
      userRows.release()
      userPositions.release()
      userTimes.release()
      userEvents.release()
      userOrder.release()
    case .items: itemRows.release()
    }
  }

  /// Calls `body` for every user, on several threads.
  private func forEachUser(_ body: @Sendable (Int) -> Void) {
    let usersOfBlock = 512
    Parallel(threads: threads).forEach((userCount + usersOfBlock - 1) / usersOfBlock) { block in
      for user in (block * usersOfBlock)..<min(userCount, (block + 1) * usersOfBlock) { body(user) }
    }
  }

  /// An interaction of a user: the upper 32 bits are its item, the lower its position in the data.
  private struct Place: Comparable, BitwiseCopyable, Sendable {
    let bits: UInt64
    init(item: Int32, position: Int) { bits = UInt64(UInt32(bitPattern: item)) << 32 | UInt64(position) }
    var item: Int32 { Int32(truncatingIfNeeded: bits >> 32) }
    var position: Int { Int(UInt32(truncatingIfNeeded: bits)) }
    static func < (left: Place, right: Place) -> Bool { left.bits < right.bits }
  }

  /// The interactions of each user, in the data's order, and the start of each user's.
  private func placesByUser(of data: TrainingData) -> (places: Buffer<Place>, starts: [Int]) {
    precondition(data.count <= Int(UInt32.max))
    let sorted = Grouping.sorted(data.count, into: userCount, using: Parallel(threads: threads)) {
      Int(data.users[$0])
    } element: {
      Place(item: data.items[$0], position: $0)
    }
    return (sorted.elements, sorted.starts)
  }

  /// The position in the data of each cell of `byUser`.
  private var positionsOfCells: Buffer<UInt32> {
    userPositions.value {
      let (places, starts) = placesByUser(of: columns)
      return Buffer(count: count) { out in
        forEachUser { user in
          for (cell, place) in places[starts[user]..<starts[user + 1]].sorted().enumerated() {
            out[starts[user] + cell] = UInt32(place.position)
          }
        }
      }
    }
  }

  /// Returns a column with one element per interaction, reordered to the cells of `byUser`.
  ///
  /// - Complexity: O(count · log(cells per row)) on first use, then O(count).
  func inRowOrder<Element: BitwiseCopyable & Sendable>(_ column: [Element]) -> Buffer<Element> {
    precondition(column.count == count)
    let positions = positionsOfCells
    return Buffer(count: count) { out in
      for cell in positions.indices { out[cell] = column[Int(positions[cell])] }
    }
  }

  /// The time of each cell of `byUser`; empty if the data has no times.
  ///
  /// - Complexity: O(count · log(cells per row)) on first use.
  var timesByUser: Buffer<Timestamp> {
    userTimes.value { columns.times.isEmpty ? [] : inRowOrder(columns.times) }
  }

  /// The cell of `byUser` of each event, less its row's start, in the order in which each user's events happened; and
  /// the start of each user's events. Equal times, and data without times, keep the data's order.
  ///
  /// - Complexity: O(events · log(events per user)) on first use.
  private var eventCells: (cells: Buffer<Int32>, starts: Buffer<Int64>) {
    userEvents.value {
      let rows = byUser
      let (places, starts) = placesByUser(of: events)
      let times = events.times
      let cells = Buffer<Int32>(count: events.count) { out in
        forEachUser { user in
          let cells = rows.cells(ofRow: user)
          var own = Array(places[starts[user]..<starts[user + 1]])
          if !times.isEmpty {
            let dated = own.map { (time: times[$0.position], place: $0) }
            own = dated.sorted { ($0.time, $0.place.position) < ($1.time, $1.place.position) }.map(\.place)
          }
          for (number, place) in own.enumerated() {
            let cell = rows.columns[cells].firstIndex(notBelow: place.item)
            out[starts[user] + number] = Int32(cell - cells.lowerBound)
          }
        }
      }
      return (cells, Buffer(starts.map { Int64($0) }))
    }
  }

  /// The cells of each row of `byUser` in the order of their latest events: those of row u are at the same places, each
  /// less the row's start.
  ///
  /// - Complexity: O(events · log(events per user)) on first use.
  var orderByUser: Buffer<Int32> {
    let (cells, starts) = eventCells
    guard hasRepeats else { return cells }
    return userOrder.value {
      let rows = byUser
      return Buffer(count: count) { out in
        for user in 0..<userCount {
          let own = rows.cells(ofRow: user)
          var isPlaced = [Bool](repeating: false, count: own.count)
          var place = own.upperBound
          for event in (Int(starts[user])..<Int(starts[user + 1])).reversed() where !isPlaced[Int(cells[event])] {
            isPlaced[Int(cells[event])] = true
            place -= 1
            out[place] = cells[event]
          }
        }
      }
    }
  }

  /// The items of each user's events in the order in which they happened; the events of a pair with a value of 0 or
  /// less are left out, since its item was only seen.
  ///
  /// - Complexity: O(events · log(events per user)) on first use of the order.
  var sequences: Sequences {
    let rows = byUser
    let (cells, starts) = eventCells
    var offsets: [Int64] = [0]
    var items: [Int32] = []
    items.reserveCapacity(cells.count)
    for user in 0..<userCount {
      let start = rows.cells(ofRow: user).lowerBound
      for event in Int(starts[user])..<Int(starts[user + 1]) where rows.values[start + Int(cells[event])] > 0 {
        items.append(rows.columns[start + Int(cells[event])])
      }
      offsets.append(Int64(items.count))
    }
    return Sequences(offsets: Buffer(offsets), items: Buffer(items), itemCount: itemCount)
  }

  /// Whether the order of a user's events means something: it does where they have times, and may where the rows are
  /// neither sorted by item nor in a random order.
  var hasOrder: Bool {
    isOrdered.value { !columns.times.isEmpty || !(columns.isSortedByItem || sequences.areShuffled) }
  }

  /// The history of each user, its items in order of their events.
  ///
  /// - Complexity: O(events · log(events per user)) on first use.
  public var histories: Histories {
    Histories(table: table())
  }

  /// The histories with the weight of each cell of `byUser`.
  func table(weights: Buffer<Float> = []) -> HistoryTable {
    var table = HistoryTable(rows: byUser, weights: weights, times: timesByUser, order: orderByUser)
    if hasRepeats { (table.events, table.eventOffsets) = eventCells }
    return table
  }

  /// Returns the cooccurrence counts of pairs of items, each user counting with their weight.
  ///
  /// - Parameter weights: One weight per user; nil counts every user once.
  func cooccurrences(weights: Buffer<Float>? = nil) -> Cooccurrences {
    Cooccurrences(byUser: byUser, byItem: byItem, weights: weights)
  }

  /// The mean of the values; 0 if there are none.
  ///
  /// - Complexity: O(count) on first use.
  public var mean: Float { summary().mean }
  /// The least and the greatest value; nil if there are none.
  ///
  /// - Complexity: O(count) on first use.
  public var scale: ClosedRange<Float>? { summary().scale }

  /// Returns the mean, the unit and the scale of the values.
  ///
  /// - Complexity: O(count) on first use.
  func summary(using parallel: Parallel = Parallel(threads: 1)) -> ValueSummary {
    // The summary uses a `Parallel` of its own: a cancelled training must not leave half a summary in the cache.
    valueSummary.value { ValueSummary(of: columns.values, using: Parallel(threads: parallel.threads)) }
  }

  /// Applies a rule to the data.
  ///
  /// - Returns: The data that counts as liked, and the weight of each cell of `byUser`; the data itself and no weights
  ///   if the rule weighs everything the same.
  func weighted(by rule: FeedbackRule) -> (liked: PreparedData, weights: Buffer<Float>) {
    let weighted = columns.weighted(by: rule)
    guard !weighted.weights.isEmpty else { return (self, []) }
    let weights = inRowOrder(weighted.weights)
    guard hasRepeats else { return (deriving(weighted.liked), weights) }
    // Each event has the weight of its pair.
    var all = events
    all.valuesAreDampedCounts = weighted.valuesAreDampedCounts
    let rows = byUser
    all.weights = (0..<events.count).map { position in
      let cells = rows.cells(ofRow: Int(events.users[position]))
      return weights[rows.columns[cells].firstIndex(notBelow: events.items[position])]
    }
    return (deriving(all.liked), weights)
  }
}
