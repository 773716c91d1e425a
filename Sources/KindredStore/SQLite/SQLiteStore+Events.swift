import GRDB
import GRDBSQLite
import Kindred

/// Writes feedback: the current value of each user, item and kind in the table `feedback`, with its event, and the
/// events before it in the table `events`.
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
    let old = StoredEvent(value: row[0], time: row[1], sequence: row[2], isShown: row[3])
    let new = StoredEvent(value: value, time: time, sequence: sequence, isShown: isShown)
    let steps = try rule.steps(new, isRating: isRating, after: old) {
      try Row.fetchOne(find, arguments: triple + [time]) != nil
    }
    for step in steps {
      switch step {
      case .forget: try forget.execute(arguments: triple)
      case .log(let event): try log.execute(arguments: triple + [event.value, event.time, event.sequence])
      case .change(let event):
        try change.execute(arguments: [event.value, event.time, event.sequence, event.isShown] + triple)
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
