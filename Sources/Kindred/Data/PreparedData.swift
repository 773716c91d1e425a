import Synchronization

/// A data set with what trainers and metrics derive from it: each part is made once, when it is first asked for, and
/// shared.
///
/// Whoever trains makes one of these for each data set and hands the same one to every trial, session and metric. A
/// part stays in memory as long as this object does, or whoever took it; what a training does not ask for is never
/// made. A training of several gigabytes keeps no rows beyond their use: ``Epochs`` lets go of the data once the
/// session has what it needs, a ``Validation`` goes with its rows before all data is trained on, and a recommender
/// releases the rows of its ranking before it trains what predicts ratings.
public final class PreparedData: Sendable {
  /// The interactions, in the data's own order.
  public let columns: TrainingData

  /// A direction that interactions are grouped in.
  enum Side: Hashable, Sendable {
    case users, items
  }

  /// Told of each grouping of some interactions, so that a test sees that none is made twice.
  typealias GroupingObserver = @Sendable (_ data: PreparedData, _ side: Side) -> Void

  private let observer: GroupingObserver?
  /// Whether the validation cut is kept too, for a search that trains on the same data many times.
  private let sharesValidation: Bool
  private let cuts = Mutex<[UInt64: Validation]>([:])
  private let userRows = Lazy<SparseMatrix>()
  private let itemRows = Lazy<SparseMatrix>()
  private let userDays = Lazy<Buffer<Int32>?>()
  private let userTotals = Lazy<[Int32]>()
  private let itemTotals = Lazy<[Int32]>()
  private let valueSummary = Lazy<ValueSummary>()

  /// Takes the interactions over; nothing is derived yet. O(1).
  public convenience init(_ columns: TrainingData) { self.init(columns, noting: nil) }

  init(_ columns: TrainingData, sharesValidation: Bool = false, noting observer: GroupingObserver?) {
    self.columns = columns
    self.sharesValidation = sharesValidation
    self.observer = observer
  }

  /// Other interactions, such as some of these, under the same observer.
  func deriving(_ columns: TrainingData) -> PreparedData {
    PreparedData(columns, sharesValidation: sharesValidation, noting: observer)
  }

  /// A cut of the data to choose by, never to report on.
  func validation(seed: UInt64) -> Validation {
    guard sharesValidation else { return Validation(of: self, seed: seed) }
    return cuts.withLock { cuts in
      let cut = cuts[seed] ?? Validation(of: self, seed: seed)
      cuts[seed] = cut
      return cut
    }
  }

  /// The number of interactions.
  public var count: Int { columns.count }
  /// The number of users, those without an interaction included.
  public var userCount: Int { columns.userCount }
  /// The number of items, those without an interaction included.
  public var itemCount: Int { columns.itemCount }

  /// How many items each user had. O(count) when first asked for.
  public var userCounts: [Int32] { userTotals.value { Self.counts(of: columns.users, count: userCount) } }
  /// How many users had each item. O(count) when first asked for.
  public var itemCounts: [Int32] { itemTotals.value { Self.counts(of: columns.items, count: itemCount) } }

  private static func counts(of rows: [Int32], count: Int) -> [Int32] {
    var counts = [Int32](repeating: 0, count: count)
    for row in rows { counts[Int(row)] += 1 }
    return counts
  }
}

extension PreparedData {
  /// How many items each user had, and how many users each item, as numbers to calculate with.
  var userSizes: [Float] { userCounts.map { Float($0) } }
  var itemSizes: [Float] { itemCounts.map { Float($0) } }

  /// A row for each user: the items and values, by item. O(count) when first asked for.
  var byUser: SparseMatrix {
    userRows.value {
      observer?(self, .users)
      return SparseMatrix(
        rowCount: userCount, columnCount: itemCount, rows: columns.users, columns: columns.items, values: columns.values
      )
    }
  }

  /// A row for each item: the users and values, by user. O(count) when first asked for.
  var byItem: SparseMatrix {
    itemRows.value {
      observer?(self, .items)
      return SparseMatrix(
        rowCount: itemCount, columnCount: userCount, rows: columns.items, columns: columns.users, values: columns.values
      )
    }
  }

  /// Forgets the rows of a side; who took them keeps them, and who asks again has them made again.
  func releaseRows(of side: Side) {
    switch side {
    case .users:
      userRows.release()
      userDays.release()
    case .items: itemRows.release()
    }
  }

  /// A column with one element an interaction, in the order of the cells of `byUser`. O(count · log of a row).
  func inRowOrder<Element: BitwiseCopyable & Sendable>(_ column: [Element]) -> Buffer<Element> {
    precondition(column.count == count)
    let rows = byUser
    return Buffer(count: count) { out in
      for position in 0..<count {
        let cells = rows.cells(ofRow: Int(columns.users[position]))
        out[rows.columns[cells].firstIndex(notBelow: columns.items[position])] = column[position]
      }
    }
  }

  /// The day of each cell of `byUser`; nil where times are not known.
  var daysByUser: Buffer<Int32>? {
    userDays.value { columns.times.isEmpty ? nil : inRowOrder(columns.times.map(Day.number)) }
  }

  /// The history of each user, in order of items' positions. O(count) when first asked for.
  public var histories: Histories { Histories(rows: byUser, days: daysByUser) }

  /// How often items were chosen by the same users, with a weight a user.
  func cooccurrences(weights: Buffer<Float>? = nil) -> Cooccurrences {
    Cooccurrences(byUser: byUser, byItem: byItem, weights: weights)
  }

  /// The mean of the values; 0 without any. O(count) when first asked for.
  public var mean: Float { summary().mean }
  /// The least and the greatest value; nil without any. O(count) when first asked for.
  public var scale: ClosedRange<Float>? { summary().scale }

  /// The mean, the unit and the scale of the values. O(count) when first asked for.
  func summary(using parallel: Parallel = Parallel(threads: 1)) -> ValueSummary {
    // On threads of its own, since a summary that is given up half done must not be kept.
    valueSummary.value { ValueSummary(of: columns.values, using: Parallel(threads: parallel.threads)) }
  }

  /// What counts as liked by a rule, the data itself where everything does; and the weight of each cell of `byUser`,
  /// none where all weigh the same.
  func weighted(by rule: FeedbackRule) -> (liked: PreparedData, weights: Buffer<Float>) {
    let weighted = columns.weighted(by: rule)
    return weighted.weights.isEmpty ? (self, []) : (deriving(weighted.liked), inRowOrder(weighted.weights))
  }
}

/// The history of each user, each made of a row of the data when it is asked for.
public struct Histories: RandomAccessCollection, Sendable {
  let rows: SparseMatrix
  let days: Buffer<Int32>?
  /// Whether models take the users for strangers, to be folded in.
  var areStrangers = false
  /// What leaves a history with what is liked alone; nil leaves all of it.
  var rule: FeedbackRule?

  public var startIndex: Int { 0 }
  public var endIndex: Int { rows.rowCount }

  /// The history of the user at a position.
  public subscript(user: Int) -> History {
    var history = rows.history(ofRow: user)
    if let days { history.days = Array(days[rows.cells(ofRow: user)]) }
    if areStrangers { history.trainingRow = nil }
    return rule.map { history.weighted(by: $0).liked } ?? history
  }
}

/// A value that is made when it is first asked for; whoever asks meanwhile waits for it.
private struct Lazy<Value: Sendable>: ~Copyable, Sendable {
  private let made = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    made.withLock { made in
      if let made { return made }
      let value = make()
      made = value
      return value
    }
  }

  func release() { made.withLock { $0 = nil } }
}
