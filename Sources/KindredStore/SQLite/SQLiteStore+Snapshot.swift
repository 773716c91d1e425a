import GRDB
import Kindred

extension SQLiteStore {
  public func snapshot(kindValues: [String: Float]) async throws(StoreError) -> StoreSnapshot {
    try await read { db in
      let mark = try SnapshotMark(db)
      var interactions = Interactions(
        try Self.columns(db, LearnedKinds(values: kindValues)), kindValues: kindValues)
      let rows = try StoredItem.Row.cursor(db)
      while let row = try rows.next() {
        let item = StoredItem(row)
        if let entry = item.entry { interactions.itemCatalog[item.id] = entry }
      }
      let users = try StoredUser.Row.cursor(db)
      while let row = try users.next() {
        let user = StoredUser(row)
        if let entry = user.entry { interactions.userCatalog[user.id] = entry }
      }
      return StoreSnapshot(interactions: interactions, mark: mark)
    }
  }

  /// The feedback that models learn from as columns, each user's in the order of events.
  private static func columns(_ db: Database, _ learned: LearnedKinds) throws -> InteractionColumns {
    let last = try ["people", "items", "kinds"].map { table in
      try Int.fetchOne(db, sql: "SELECT coalesce(max(number), 0) FROM \(table)") ?? 0
    }
    let names = try Row.fetchAll(db, sql: "SELECT number, name FROM kinds").map { ($0[0] as Int, $0[1] as String) }
    var columns = NumberedColumns(lastUser: last[0], lastItem: last[1], lastKind: last[2], kinds: names, learned)
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT person, item, kind, value, time, 0, sequence FROM feedback WHERE NOT shown
        UNION ALL SELECT person, item, kind, value, time, 1, sequence FROM events
        ORDER BY person, time, sequence, item, kind
        """)
    while let row = try rows.next() {
      columns.append(user: row[0], item: row[1], kind: row[2], value: row[3], time: row[4], isEarlier: row[5])
    }
    for (table, name) in [("people", \NumberedColumns.users), ("items", \.items)] {
      let rows = try Row.fetchCursor(db, sql: "SELECT number, id FROM \(table)")
      while let row = try rows.next() { columns[keyPath: name].setName(row[1], of: row[0]) }
    }
    return columns.take()
  }
}
