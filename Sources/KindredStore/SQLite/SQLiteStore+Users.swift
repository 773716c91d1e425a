import GRDB

extension SQLiteStore {
  public func user(_ id: String) async throws(StoreError) -> StoredUser? {
    try await read { db in try StoredUser.Row.one(db, id: id)?.user }
  }

  public func users(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredUser> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { db in
      let rows = try StoredUser.Row.all(db, "WHERE number > ? ORDER BY number LIMIT ?", [cursor[0], limit + 1])
      return StorePage(rows.map { ($0.user, Cursor.text($0.number)) }, limit: limit)
    }
  }

  public func put(_ users: [StoredUser]) async throws(StoreError) {
    for user in users { try user.check(in: path) }
    try await write { db in for user in users { try user.put(db) } }
  }

  public func patchUser(_ id: String, _ patch: UserPatch) async throws(StoreError) -> Bool {
    try await write { db in
      guard var user = try StoredUser.Row.one(db, id: id)?.user else { return false }
      user.apply(patch)
      try user.check(in: self.path)
      try user.put(db)
      return true
    }
  }
}

extension StoredUser {
  /// A user as the row holds it.
  struct Row {
    let number: Int64
    let user: StoredUser

    static func one(_ db: Database, id: String) throws -> Row? {
      try all(db, "WHERE id = ?", [id]).first
    }

    static func all(_ db: Database, _ clause: String, _ arguments: StatementArguments) throws -> [Row] {
      let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM people \(clause)")
      return try GRDB.Row.fetchAll(statement, arguments: arguments).map { Row(number: $0[0], user: StoredUser($0)) }
    }

    /// All users one after another, in the order in which they were added.
    static func cursor(_ db: Database) throws -> RowCursor {
      try GRDB.Row.fetchCursor(db, sql: "SELECT \(columns) FROM people ORDER BY number")
    }

    private static let columns = "number, id, attributes, comment"
  }

  /// Reads a row of `columns`.
  init(_ row: GRDB.Row) {
    self.init(id: row[1], attributes: (row[2] as String?).flatMap { Attributes($0) } ?? .null, comment: row[3])
  }

  func put(_ db: Database) throws {
    let sql = """
      INSERT INTO people (id, attributes, comment) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, comment = excluded.comment
      """
    try db.cachedStatement(sql: sql).execute(arguments: [
      id, attributes == .null ? nil : attributes.description, comment,
    ])
  }
}
