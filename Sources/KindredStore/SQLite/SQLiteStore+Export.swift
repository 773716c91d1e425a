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
    let sql = """
      SELECT people.id, items.id, kinds.name, value, feedback.time FROM feedback
        CROSS JOIN people ON people.number = person CROSS JOIN items ON items.number = item
        CROSS JOIN kinds ON kinds.number = kind
      ORDER BY person, item, kind
      """
    let rows = try Row.fetchCursor(db, sql: sql)
    while let row = try rows.next() {
      try body(
        Feedback(user: row[0], item: row[1], kind: row[2], value: Float(row[3] as Double), time: row[4]))
    }
  }

  private func reading(_ body: (Database) throws -> Void) throws {
    do { try pool.read(body) } catch let error as DatabaseError { throw StoreError(error, store: path) }
  }
}
