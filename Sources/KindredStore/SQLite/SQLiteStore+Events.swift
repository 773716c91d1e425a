import GRDB
import GRDBSQLite
import Kindred

/// How feedback of a user, item and kind that has some already is taken.
enum EventRule {
  /// Its value takes the place of the old one.
  case replaced
  /// Its value is added to the old one.
  case accumulated
  /// As replaced, unless the store's is newer: a file may be older than the store.
  case imported
  /// As imported, and a further event of a rating is kept as well: a log has them on purpose.
  case logged
  /// It is kept as an event, and never becomes the current one.
  case earlier
  /// A list showed the item: that takes the place of nothing that a user did.
  case shown
}

/// Writes feedback: the current value of each user, item and kind in the table `feedback`, with its event, and the
/// events before it in the table `events`.
///
/// The same user, item, kind and time again is the same event. A rating has one event, which a new value takes along;
/// of any other kind each time is an event.
struct EventWriter {
  private let db: Database
  private let insertion: Insertion
  private let current: Statement
  private let change: Statement
  private let log: Statement
  private let find: Statement
  private let forget: Statement

  init(_ db: Database) throws {
    self.db = db
    insertion = try Insertion(db)
    let triple = "person = ? AND item = ? AND kind = ?"
    current = try db.cachedStatement(sql: "SELECT value, time, sequence, shown FROM feedback WHERE \(triple)")
    change = try db.cachedStatement(
      sql: "UPDATE feedback SET value = ?, time = ?, sequence = ?, shown = ? WHERE \(triple)")
    log = try db.cachedStatement(
      sql: "INSERT INTO events (person, item, kind, value, time, sequence) VALUES (?, ?, ?, ?, ?, ?)")
    find = try db.cachedStatement(sql: "SELECT 1 FROM events WHERE \(triple) AND time IS ?")
    forget = try db.cachedStatement(sql: "DELETE FROM events WHERE \(triple)")
  }

  /// Takes sequence numbers that no event has.
  ///
  /// - Returns: The first of them.
  static func sequence(_ db: Database, count: Int) throws -> Int64 {
    try db.cachedStatement(sql: "UPDATE counters SET sequence = sequence + ?").execute(arguments: [count])
    let next = try Int64.fetchOne(db.cachedStatement(sql: "SELECT sequence FROM counters")) ?? 0
    return next - Int64(count) + 1
  }

  /// Writes one row.
  func write(
    user: Int64, item: Int64, kind: Int64, isRating: Bool, value: Double, time: Int64?, sequence: Int64,
    rule: EventRule
  ) throws {
    let isShown = rule == .shown
    if try insertion.insert(user, item, kind, value, time, sequence, isShown) { return }
    let triple: StatementArguments = [user, item, kind]
    guard let row = try Row.fetchOne(current, arguments: triple) else { return }
    let old = (value: row[0] as Double, time: row[1] as Int64?, sequence: row[2] as Int64)
    // What was shown gives way to what a user does, without a trace.
    if isShown, old.time == time { return }
    if row[3] { return try change.execute(arguments: [value, time, sequence, isShown] + triple) }
    if isShown { return }
    let sum = rule == .accumulated ? old.value + value : value
    if old.time == time {
      if rule == .earlier { return }
      if rule == .replaced, isRating { try forget.execute(arguments: triple) }
      return try change.execute(arguments: [sum, time, old.sequence, false] + triple)
    }
    switch rule {
    case .replaced where isRating, .imported where isRating:
      if rule == .imported, let time, let old = old.time, time < old { return }
      try forget.execute(arguments: triple)
      try change.execute(arguments: [sum, time, sequence, false] + triple)
    default:
      let isKnown = try Row.fetchOne(find, arguments: triple + [time]) != nil
      let becomesCurrent: Bool =
        switch rule {
        case .replaced: true
        // Without a time it counts as before all others.
        case .accumulated, .imported, .logged: (time ?? .min) > (old.time ?? .min)
        case .earlier, .shown: false
        }
      if isKnown {
        // The event is there already; only the value may change.
        if rule == .replaced || rule == .accumulated {
          try change.execute(arguments: [sum, old.time, old.sequence, false] + triple)
        }
      } else if becomesCurrent {
        try log.execute(arguments: triple + [old.value, old.time, old.sequence])
        try change.execute(arguments: [sum, time, sequence, false] + triple)
      } else {
        try log.execute(arguments: triple + [value, time, sequence])
        if rule == .accumulated { try change.execute(arguments: [sum, old.time, old.sequence, false] + triple) }
      }
    }
  }
}

/// Inserts feedback that is new, past the boxes that arguments of any type are put in: an import has millions of rows.
private struct Insertion {
  private let db: Database
  private let statement: Statement
  private let raw: SQLiteStatement

  init(_ db: Database) throws {
    self.db = db
    statement = try db.cachedStatement(
      sql: """
        INSERT INTO feedback (person, item, kind, value, time, sequence, shown) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """)
    raw = statement.sqliteStatement
  }

  /// - Returns: Whether it was new.
  func insert(
    _ user: Int64, _ item: Int64, _ kind: Int64, _ value: Double, _ time: Int64?, _ sequence: Int64, _ isShown: Bool
  ) throws -> Bool {
    sqlite3_bind_int64(raw, 1, user)
    sqlite3_bind_int64(raw, 2, item)
    sqlite3_bind_int64(raw, 3, kind)
    sqlite3_bind_double(raw, 4, value)
    if let time { sqlite3_bind_int64(raw, 5, time) } else { sqlite3_bind_null(raw, 5) }
    sqlite3_bind_int64(raw, 6, sequence)
    sqlite3_bind_int(raw, 7, isShown ? 1 : 0)
    let code = sqlite3_step(raw)
    sqlite3_reset(raw)
    if code != SQLITE_DONE {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
    }
    return db.changesCount > 0
  }
}
