import GRDB
import Kindred

extension Store {
  /// Hands out everything, a line of JSON at a time: items, users, then feedback, as gorse's own dumps hold them. O(feedback).
  ///
  /// The lines are those of one moment, whatever is written meanwhile; ``FileImport`` reads them back. Models and keys are not among them.
  ///
  /// - Throws: ``StoreError``, or what `write` throws.
  public func dump(_ write: (String) throws -> Void) throws {
    try reading { db in
      let items = try StoredItem.Row.cursor(db)
      while let row = try items.next() { try write(DumpLine.item(StoredItem(row)).text) }
      let users = try StoredUser.Row.cursor(db)
      while let row = try users.next() { try write(DumpLine.user(StoredUser(row)).text) }
      try forEachFeedback(db) { try write(DumpLine.feedback($0).text) }
    }
  }

  /// Hands out all feedback of one moment, by user and item in the order in which they were added. O(feedback).
  ///
  /// - Throws: ``StoreError``, or what `body` throws.
  public func forEachFeedback(_ body: (Feedback) throws -> Void) throws {
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
    do { try pool.read(body) } catch let error as DatabaseError { throw StoreError(error, path: path) }
  }
}
