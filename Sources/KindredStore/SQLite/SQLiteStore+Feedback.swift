import GRDB
import Kindred

extension SQLiteStore {
  public func add(
    _ feedback: [Feedback], existing: ExistingFeedback, unknownItems: UnknownItems
  ) async throws(StoreError) {
    for one in feedback { try one.check(in: path) }
    try await write { db in
      var sequence = try EventWriter.sequence(db, count: feedback.count)
      let writer = try EventWriter(db)
      for one in feedback {
        guard let item = try Self.number(db, ofItem: one.item, making: unknownItems == .made) else {
          throw StoreError(.unknownItem(one.item), store: self.path)
        }
        let user = try Self.number(db, ofUser: one.user)
        let kind = try Self.number(db, ofKind: one.kind)
        try writer.write(
          user: user, item: item, kind: kind, isRating: one.kind == Feedback.rating, value: Double(one.value),
          time: one.time, sequence: sequence,
          rule: EventRule(one, existing))
        sequence += 1
      }
    }
  }

  public func history(of user: String) async throws(StoreError) -> [Feedback]? {
    try await read { db in
      guard let number = try Int64.fetchOne(db.cachedStatement(sql: Self.userNumber), arguments: [user]) else {
        return nil
      }
      let columns = """
        (SELECT id FROM items WHERE number = item), (SELECT name FROM kinds WHERE number = kind), value, time
        """
      let sql = """
        SELECT \(columns), 0, shown, sequence, item, kind FROM feedback WHERE person = ?
        UNION ALL SELECT \(columns), 1, 0, sequence, item, kind FROM events WHERE person = ?
        ORDER BY time, sequence, item, kind
        """
      let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [number, number])
      var history: [Feedback] = []
      while let row = try rows.next() {
        history.append(
          Feedback(
            user: user, item: row[0], kind: row[1], value: Float(row[2] as Double), time: row[3], isEarlier: row[4],
            isShown: row[5]))
      }
      return history
    }
  }

  public func feedback(
    kind: String?, user: String?, item: String?, after cursor: String?, limit: Int
  ) async throws(StoreError) -> StorePage<Feedback> {
    let cursor = try Cursor(cursor, count: 3)
    return try await read { db in
      guard let filter = try Filter(db, kind: kind, user: user, item: item) else {
        return StorePage(elements: [], cursor: nil)
      }
      let sql = """
        SELECT people.id, items.id, kinds.name, value, feedback.time, person, item, kind, shown
        FROM feedback JOIN people ON people.number = person JOIN items ON items.number = item
          JOIN kinds ON kinds.number = kind
        WHERE (person, item, kind) > (?, ?, ?) \(filter.sql) ORDER BY person, item, kind LIMIT ?
        """
      let arguments: StatementArguments = [cursor[0], cursor[1], cursor[2]] + filter.arguments + [limit + 1]
      let rows = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map { row in
        (
          Feedback(
            user: row[0], item: row[1], kind: row[2], value: Float(row[3] as Double), time: row[4], isShown: row[8]),
          Cursor.text(row[5], row[6], row[7])
        )
      }
      return StorePage(rows, limit: limit)
    }
  }

  public func deleteFeedback(
    kind: String?, user: String, item: String
  ) async throws(StoreError) -> Int {
    try await write { db in
      guard let filter = try Filter(db, kind: kind, user: user, item: item) else { return 0 }
      try db.cachedStatement(sql: "DELETE FROM events WHERE true \(filter.sql)").execute(arguments: filter.arguments)
      try db.cachedStatement(sql: "DELETE FROM feedback WHERE true \(filter.sql)").execute(arguments: filter.arguments)
      return db.changesCount
    }
  }
}

extension SQLiteStore {
  static let userNumber = "SELECT number FROM people WHERE id = ?"
  static let itemNumber = "SELECT number FROM items WHERE id = ?"
  static let kindNumber = "SELECT number FROM kinds WHERE name = ?"

  static func number(_ db: Database, ofUser id: String) throws -> Int64 {
    if let number = try Int64.fetchOne(db.cachedStatement(sql: userNumber), arguments: [id]) { return number }
    try db.cachedStatement(sql: "INSERT INTO people (id) VALUES (?)").execute(arguments: [id])
    return db.lastInsertedRowID
  }

  static func number(_ db: Database, ofItem id: String, making: Bool) throws -> Int64? {
    let number = try Int64.fetchOne(db.cachedStatement(sql: itemNumber), arguments: [id])
    if number != nil || !making { return number }
    try db.cachedStatement(sql: "INSERT INTO items (id) VALUES (?)").execute(arguments: [id])
    return db.lastInsertedRowID
  }

  static func number(_ db: Database, ofKind name: String) throws -> Int64 {
    if let number = try Int64.fetchOne(db.cachedStatement(sql: kindNumber), arguments: [name]) { return number }
    try db.cachedStatement(sql: "INSERT INTO kinds (name) VALUES (?)").execute(arguments: [name])
    return db.lastInsertedRowID
  }

  /// What of the feedback is asked for, in numbers.
  private struct Filter {
    var sql = ""
    var arguments: StatementArguments = []

    /// Nil where something is asked for that the store does not know.
    init?(_ db: Database, kind: String?, user: String?, item: String?) throws {
      for (column, name, query) in [
        ("person", user, userNumber), ("item", item, itemNumber), ("kind", kind, kindNumber),
      ] {
        guard let name else { continue }
        guard let number = try Int64.fetchOne(db.cachedStatement(sql: query), arguments: [name]) else { return nil }
        sql += " AND \(column) = ?"
        arguments += [number]
      }
    }
  }
}
