import Foundation
import GRDB
import Kindred

extension SQLiteStore {
  public func item(_ id: String) async throws(StoreError) -> StoredItem? {
    try await read { db in try StoredItem.Row.one(db, id: id)?.item }
  }

  public func items(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { db in
      let rows = try StoredItem.Row.all(db, "WHERE number > ? ORDER BY number LIMIT ?", [cursor[0], limit + 1])
      return StorePage(rows.map { ($0.item, Cursor.text($0.number)) }, limit: limit)
    }
  }

  public func items(
    matching query: String, after cursor: String?, limit: Int
  ) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { db in
      guard let pattern = FTS5Pattern(matchingAllPrefixesIn: query) else { return StorePage(elements: [], cursor: nil) }
      let skipped = max(0, cursor[0])
      let rows = try StoredItem.Row.all(
        db,
        """
        JOIN item_search ON number = item_search.rowid WHERE item_search MATCH ?
        ORDER BY rank, number LIMIT ? OFFSET ?
        """,
        [pattern, limit + 1, skipped])
      let numbered = rows.enumerated().map { ($1.item, Cursor.text(skipped + Int64($0) + 1)) }
      return StorePage(numbered, limit: limit)
    }
  }

  public func unratedItems(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { db in
      let last = cursor[0] < 0 ? Int64.max : cursor[0]
      let rows = try StoredItem.Row.all(
        db,
        """
        WHERE number < ? AND number NOT IN (SELECT item FROM feedback WHERE NOT shown) ORDER BY number DESC LIMIT ?
        """,
        [last, limit + 1])
      return StorePage(rows.map { ($0.item, Cursor.text($0.number)) }, limit: limit)
    }
  }

  public func put(_ items: [StoredItem]) async throws(StoreError) {
    for item in items { try item.check(in: path) }
    try await write { db in for item in items { try item.put(db) } }
  }

  public func patchItem(_ id: String, _ patch: ItemPatch) async throws(StoreError) -> Bool {
    try await write { db in
      guard var item = try StoredItem.Row.one(db, id: id)?.item else { return false }
      item.apply(patch)
      try item.check(in: self.path)
      try item.put(db)
      return true
    }
  }

  public func deleteItem(_ id: String) async throws(StoreError) -> Bool {
    try await write { db in
      try db.cachedStatement(sql: "DELETE FROM items WHERE id = ?").execute(arguments: [id])
      return db.changesCount > 0
    }
  }
}

extension StoredItem {
  /// An item as its row holds it.
  struct Row {
    let number: Int64
    let item: StoredItem

    static func one(_ db: Database, id: String) throws -> Row? {
      try all(db, "WHERE items.id = ?", [id]).first
    }

    static func all(_ db: Database, _ clause: String, _ arguments: StatementArguments) throws -> [Row] {
      let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM items \(clause)")
      return try GRDB.Row.fetchAll(statement, arguments: arguments).map { Row(number: $0[0], item: StoredItem($0)) }
    }

    /// All items one after another, in the order in which they were added.
    static func cursor(_ db: Database) throws -> RowCursor {
      try GRDB.Row.fetchCursor(db, sql: "SELECT \(columns) FROM items ORDER BY number")
    }

    private static let columns = "number, items.id, items.title, items.genres, attributes, hidden, time"
  }

  /// Reads a row of `columns`.
  init(_ row: GRDB.Row) {
    self.init(
      id: row[1], title: row[2], genres: Self.genres(row[3]),
      attributes: (row[4] as String?).flatMap { Attributes($0) } ?? .null,
      isHidden: row[5], time: row[6])
  }

  func put(_ db: Database) throws {
    let sql = """
      INSERT INTO items (id, title, genres, attributes, hidden, time) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, genres = excluded.genres, attributes = excluded.attributes,
        hidden = excluded.hidden, time = excluded.time
      """
    try db.cachedStatement(sql: sql).execute(arguments: [
      id, title, genreText, attributeText, isHidden, time,
    ])
  }
}
