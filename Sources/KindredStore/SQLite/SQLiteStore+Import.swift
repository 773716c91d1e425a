import Foundation
import GRDB
import GRDBSQLite
import Kindred

extension SQLiteStore {
  public func add(
    _ contents: FileImport.Contents, progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws(StoreError) {
    try await write { db in
      for item in contents.items { try item.put(db) }
      for user in contents.users { try user.put(db) }
      for (id, entry) in contents.catalog.inOrder { try StoredItem(id: id, entry).putDescription(db) }
      let total = contents.tables.reduce(0) { $0 + $1.count }
      // Filling an index row by row costs more than making it anew once the rows are many.
      let present = try Int.fetchOne(db, sql: "SELECT count(*) FROM feedback") ?? 0
      let isLarge = total > 10_000 && total > present
      if isLarge { try db.execute(sql: "DROP INDEX feedback_by_item") }
      var done = 0
      for table in contents.tables {
        try Self.insert(table, db) { progress(done + $0, total) }
        done += table.count
      }
      if isLarge { try db.execute(sql: Migrations.feedbackByItem) }
    }
  }

  /// Inserts columns in the order of the table's own key, in which it fills page after page.
  private static func insert(
    _ columns: InteractionColumns, _ db: Database, progress: (Int) -> Void
  ) throws {
    let users = try columns.userIDs.map { try number(db, ofUser: $0) }
    let items = try columns.itemIDs.map { try number(db, ofItem: $0, making: true) ?? 0 }
    let kinds = try columns.kindNames.map { try number(db, ofKind: $0) }
    let insertion = try FeedbackInsertion(db)
    for (done, row) in order(columns, users, items).enumerated() {
      let row = Int(row)
      let time = columns.times.isEmpty ? InteractionColumns.noTime : columns.times[row]
      try insertion.insert(
        user: users[Int(columns.users[row])], item: items[Int(columns.items[row])],
        kind: kinds[Int(columns.kinds[row])], value: Double(columns.values[row]),
        time: time == InteractionColumns.noTime ? nil : time)
      if done % 65_536 == 65_535 { progress(done + 1) }
    }
    progress(columns.count)
  }

  /// The rows by user and item; those of one pair in their own order, so that the last of them wins.
  private static func order(_ columns: InteractionColumns, _ users: [Int64], _ items: [Int64]) -> [Int32] {
    struct Key {
      let pair: UInt64
      let row: Int32
    }
    precondition(columns.count <= Int(Int32.max))
    var keys = (0..<columns.count).map { row in
      let (user, item) = (users[Int(columns.users[row])], items[Int(columns.items[row])])
      return Key(pair: UInt64(user) << 32 | UInt64(item) & 0xFFFF_FFFF, row: Int32(row))
    }
    keys.sort { $0.pair != $1.pair ? $0.pair < $1.pair : $0.row < $1.row }
    return keys.map(\.row)
  }
}

/// Inserts feedback row after row, past the boxes that arguments of any type are put in: an import has millions of
/// rows.
private struct FeedbackInsertion {
  private let db: Database
  private let statement: Statement
  private let raw: SQLiteStatement

  init(_ db: Database) throws {
    self.db = db
    statement = try db.makeStatement(
      sql: """
        INSERT INTO feedback (person, item, kind, value, time) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET value = excluded.value, time = excluded.time
        WHERE excluded.time IS NULL OR time IS NULL OR excluded.time >= time
        """)
    raw = statement.sqliteStatement
  }

  func insert(user: Int64, item: Int64, kind: Int64, value: Double, time: Int64?) throws {
    sqlite3_bind_int64(raw, 1, user)
    sqlite3_bind_int64(raw, 2, item)
    sqlite3_bind_int64(raw, 3, kind)
    sqlite3_bind_double(raw, 4, value)
    if let time { sqlite3_bind_int64(raw, 5, time) } else { sqlite3_bind_null(raw, 5) }
    let code = sqlite3_step(raw)
    sqlite3_reset(raw)
    if code != SQLITE_DONE {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
    }
  }
}

extension StoredItem {
  /// An item of a file of items.
  fileprivate init(id: String, _ entry: Catalog.Entry) {
    var attributes = entry.attributes
    attributes["hidden"] = nil
    self.init(
      id: id, title: entry.title, genres: entry.genres,
      attributes: Attributes(attributes), isHidden: entry.isHidden)
  }

  /// Adds the item, or changes what it is described by; one that is hidden stays so.
  fileprivate func putDescription(_ db: Database) throws {
    let sql = """
      INSERT INTO items (id, title, genres, attributes, hidden) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, genres = excluded.genres, attributes = excluded.attributes,
        hidden = hidden OR excluded.hidden
      """
    try db.cachedStatement(sql: sql).execute(arguments: [id, title, genreText, attributeText, isHidden])
  }
}
