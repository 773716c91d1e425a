import GRDB
import Kindred

extension SQLiteStore {
  public func forEachRecord(_ body: (StoredRecord) throws -> Void) async throws {
    try reading { db in
      let items = try StoredItem.Row.cursor(db)
      while let row = try items.next() { try body(.item(StoredItem(row))) }
      let users = try StoredUser.Row.cursor(db)
      while let row = try users.next() { try body(.user(StoredUser(row))) }
      try forEachFeedback(db) { try body(.feedback($0)) }
    }
  }

  public func forEachFeedback(_ body: (Feedback) throws -> Void) async throws {
    try reading { db in try forEachFeedback(db, body) }
  }

  private func forEachFeedback(_ db: Database, _ body: (Feedback) throws -> Void) throws {
    let columns = """
      (SELECT id FROM people WHERE number = person), (SELECT id FROM items WHERE number = item),
      (SELECT name FROM kinds WHERE number = kind), value, time
      """
    // One merge of two tables, of which the order of both begins with the user.
    let sql = """
      SELECT \(columns), 0, shown, person, sequence, item, kind FROM feedback
      UNION ALL SELECT \(columns), 1, 0, person, sequence, item, kind FROM events
      ORDER BY person, sequence, item, kind
      """
    let rows = try Row.fetchCursor(db, sql: sql)
    while let row = try rows.next() {
      try body(
        Feedback(
          user: row[0], item: row[1], kind: row[2], value: Float(row[3] as Double), time: row[4], isEarlier: row[5],
          isShown: row[6]))
    }
  }

  private func reading(_ body: (Database) throws -> Void) throws {
    do { try pool.read(body) } catch let error as DatabaseError { throw StoreError(error, store: path) }
  }
}
