import GRDB

extension Store {
  /// A person; nil where there is none of this id.
  public func person(_ id: String) async throws(StoreError) -> Person? {
    try await read { db in try Person.Row.one(db, id: id)?.person }
  }

  /// A page of all people, in the order in which they were added.
  ///
  /// - Parameters:
  ///   - cursor: that of the page before; nil starts.
  ///   - limit: at least 1.
  public func people(after cursor: String? = nil, limit: Int) async throws(StoreError) -> Page<Person> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { db in
      let rows = try Person.Row.all(db, "WHERE number > ? ORDER BY number LIMIT ?", [cursor[0], limit + 1])
      return Page(rows.map { ($0.person, Cursor.text($0.number)) }, limit: limit)
    }
  }

  /// Adds people, or puts them in place of those of the same ids: all of them, or none.
  public func put(_ people: [Person]) async throws(StoreError) {
    for person in people { try check(person) }
    try await write { db in for person in people { try person.put(db) } }
  }

  /// Changes a part of what is known about a person.
  ///
  /// - Returns: whether there is such a person.
  public func patchPerson(_ id: String, _ patch: PersonPatch) async throws(StoreError) -> Bool {
    try await write { db in
      guard var person = try Person.Row.one(db, id: id)?.person else { return false }
      person.attributes = patch.attributes ?? person.attributes
      person.comment = patch.comment ?? person.comment
      try self.check(person)
      try person.put(db)
      return true
    }
  }

  func check(_ person: Person) throws(StoreError) {
    try checkID(person.id, of: "a person")
    if person.comment.utf8.contains(0) {
      throw StoreError(.invalid("the comment on a person holds a zero byte"), path: path)
    }
  }
}

extension Person {
  /// A person as her row holds her.
  struct Row {
    let number: Int64
    let person: Person

    static func one(_ db: Database, id: String) throws -> Row? {
      try all(db, "WHERE id = ?", [id]).first
    }

    static func all(_ db: Database, _ clause: String, _ arguments: StatementArguments) throws -> [Row] {
      let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM people \(clause)")
      return try GRDB.Row.fetchAll(statement, arguments: arguments).map { Row(number: $0[0], person: Person($0)) }
    }

    /// All people one after another, in the order in which they were added.
    static func cursor(_ db: Database) throws -> RowCursor {
      try GRDB.Row.fetchCursor(db, sql: "SELECT \(columns) FROM people ORDER BY number")
    }

    private static let columns = "number, id, attributes, comment"
  }

  /// Reads a row of `columns`.
  init(_ row: GRDB.Row) {
    self.init(id: row[1], attributes: (row[2] as String?).flatMap { JSON($0) } ?? .null, comment: row[3])
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
