/// The histories of many users in a few buffers.
struct HistoryTable: Sendable {
  /// The values, one row per user and one column per item.
  var rows: SparseMatrix
  /// The weight of each cell for the ranking; empty if every cell has the weight 1.
  var weights: Buffer<Float> = []
  /// The time of each cell; empty if no time is known.
  var times: Buffer<Timestamp> = []
  /// The cells of each row in order of their events, each less the row's start; empty if that is the order of the
  /// items.
  var order: Buffer<Int32> = []
  /// The cell of each event, less its row's start, by row in order of the events; empty if each cell has one event.
  var events: Buffer<Int32> = []
  /// The start of each row's events and the end of the last; empty if each cell has one event.
  var eventOffsets: Buffer<Int64> = []

  /// The number of users.
  var count: Int { rows.rowCount }

  /// The history of the user at a position.
  subscript(user: Int) -> History {
    let cells = rows.cells(ofRow: user)
    let places = order.isEmpty ? Array(cells) : order[cells].map { cells.lowerBound + Int($0) }
    let own = events.isEmpty ? 0..<0 : Int(eventOffsets[user])..<Int(eventOffsets[user + 1])
    return History(
      items: places.map { rows.columns[$0] }, values: places.map { rows.values[$0] },
      weights: weights.isEmpty ? [] : places.map { weights[$0] },
      times: times.isEmpty ? [] : places.map { times[$0] },
      events: own.count > cells.count ? own.map { rows.columns[cells.lowerBound + Int(events[$0])] } : [],
      trainingRow: Int32(user))
  }

  /// The table of some users, in the given order.
  ///
  /// - Complexity: O(cells).
  func selecting(_ users: [Int32]) -> HistoryTable {
    var table = HistoryTable(
      rows: rows.selectingRows(users), weights: weights.isEmpty ? [] : rows.selecting(users, of: weights),
      times: times.isEmpty ? [] : rows.selecting(users, of: times),
      order: order.isEmpty ? [] : rows.selecting(users, of: order))
    if !events.isEmpty {
      let owns = users.map { Int(eventOffsets[Int($0)])..<Int(eventOffsets[Int($0) + 1]) }
      table.events = Buffer(owns.flatMap { events[$0] })
      table.eventOffsets = Buffer(owns.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int64($1.count)) })
    }
    return table
  }
}

/// The history of each user as a collection; an access creates the history.
public struct Histories: RandomAccessCollection, Sendable {
  let table: HistoryTable
  /// Whether models treat the users as strangers and fold them in.
  var areStrangers = false
  /// The rule that reduces a history to its liked items; nil keeps all items.
  var rule: FeedbackRule?

  /// The position of the first user: 0.
  public var startIndex: Int { 0 }
  /// The position after the last user: the number of users.
  public var endIndex: Int { table.count }

  /// The history of the user at a position.
  public subscript(user: Int) -> History {
    var history = table[user]
    if areStrangers { history.trainingRow = nil }
    return rule.map { history.weighted(by: $0).liked } ?? history
  }
}
