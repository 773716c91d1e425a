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
      return StoreSnapshot(interactions: interactions, mark: mark)
    }
  }

  /// The feedback that models learn from as columns, each user's in the order of events; only users and items that have
  /// any have positions.
  private static func columns(_ db: Database, _ learned: LearnedKinds) throws -> InteractionColumns {
    var columns = InteractionColumns()
    var users = Positions(last: try Int.fetchOne(db, sql: "SELECT coalesce(max(number), 0) FROM people") ?? 0)
    var items = Positions(last: try Int.fetchOne(db, sql: "SELECT coalesce(max(number), 0) FROM items") ?? 0)
    var kinds = Positions(last: try Int.fetchOne(db, sql: "SELECT coalesce(max(number), 0) FROM kinds") ?? 0)
    let names = try Dictionary(
      uniqueKeysWithValues: Row.fetchAll(db, sql: "SELECT number, name FROM kinds").map {
        ($0[0] as Int, $0[1] as String)
      })
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT person, item, kind, value, time, 0, sequence FROM feedback WHERE NOT shown
        UNION ALL SELECT person, item, kind, value, time, 1, sequence FROM events
        ORDER BY person, time, sequence, item, kind
        """)
    while let row = try rows.next() {
      let (kind, value) = (row[2] as Int, Float(row[3] as Double))
      guard learned.contains(kind: names[kind] ?? "") else { continue }
      columns.users.append(users.position(of: row[0]))
      columns.items.append(items.position(of: row[1]))
      columns.kinds.append(kinds.position(of: kind))
      columns.values.append(value)
      columns.times.append(row[4] ?? InteractionColumns.noTime)
      columns.isEarlier.append(row[5])
    }
    columns.forgetUnknownTimes()
    columns.userIDs = try users.names(db, "SELECT number, id FROM people")
    columns.itemIDs = try items.names(db, "SELECT number, id FROM items")
    columns.kindNames = try kinds.names(db, "SELECT number, name FROM kinds")
    return columns
  }
}

/// Positions of rows in order of first use.
private struct Positions {
  private var positions: [Int32]
  private var count: Int32 = 0

  init(last: Int) {
    positions = Array(repeating: -1, count: last + 1)
  }

  mutating func position(of number: Int) -> Int32 {
    if positions[number] < 0 {
      positions[number] = count
      count += 1
    }
    return positions[number]
  }

  /// The names of the rows that were used, by position.
  func names(_ db: Database, _ sql: String) throws -> [String] {
    var names = [String](repeating: "", count: Int(count))
    let rows = try Row.fetchCursor(db, sql: sql)
    while let row = try rows.next() {
      let position = positions[row[0] as Int]
      if position >= 0 { names[Int(position)] = row[1] }
    }
    return names
  }
}
