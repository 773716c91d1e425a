import GRDB
import Kindred

extension SQLiteStore {
  public func setting(_ name: String) async throws(StoreError) -> String? {
    try await read { db in
      try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = ?", arguments: [name])
    }
  }

  public func set(_ name: String, to value: String?) async throws(StoreError) {
    try checkSetting(name, value, in: path)
    try await write { db in
      if let value {
        try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES (?, ?)", arguments: [name, value])
      } else {
        try db.execute(sql: "DELETE FROM settings WHERE name = ?", arguments: [name])
      }
    }
  }

  public func values(ofKind kind: String, limit: Int) async throws(StoreError) -> [(value: Float, count: Int)] {
    try await read { db in
      let sql = """
        SELECT value, count(*) FROM (
          SELECT value FROM feedback WHERE kind = (SELECT number FROM kinds WHERE name = ?) AND NOT shown LIMIT ?
        ) GROUP BY value ORDER BY value
        """
      return try Row.fetchAll(db, sql: sql, arguments: [kind, limit]).map { (Float($0[0] as Double), $0[1]) }
    }
  }

  public func note(_ figures: [String: Double], minute: Int, server: String) async throws(StoreError) {
    try await write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO minutes VALUES (?, ?, ?)",
        arguments: [minute, server, try ModelVersion.encoded(figures)])
      try db.execute(sql: "DELETE FROM minutes WHERE minute < ?", arguments: [minute - minutesKept])
    }
  }

  public func minutes(since minute: Int) async throws(StoreError) -> [(minute: Int, figures: [String: Double])] {
    try await read { db in
      let sql = "SELECT minute, figures FROM minutes WHERE minute >= ? ORDER BY minute, server"
      return try Row.fetchAll(db, sql: sql, arguments: [minute]).map { ($0[0], ModelVersion.decoded($0[1]) ?? [:]) }
    }
  }
}
