import GRDB

extension Store {
  /// A page of the items that nobody did anything with, the newest first.
  ///
  /// - Parameters:
  ///   - cursor: that of the page before; nil starts.
  ///   - limit: at least 1.
  public func unratedItems(after cursor: String? = nil, limit: Int) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { db in
      let last = cursor[0] < 0 ? Int64.max : cursor[0]
      let rows = try StoredItem.Row.all(
        db, "WHERE number < ? AND number NOT IN (SELECT item FROM feedback) ORDER BY number DESC LIMIT ?",
        [last, limit + 1])
      return StorePage(rows.map { ($0.item, Cursor.text($0.number)) }, limit: limit)
    }
  }

  /// A number that changes whenever another process has changed the store.
  public func dataVersion() async throws(StoreError) -> Int {
    do {
      // Outside a transaction: a process that writes for long holds up no look at it.
      return try await pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
    } catch { throw StoreError(error, path: path) }
  }
}
