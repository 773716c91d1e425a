import Kindred
import KindredStore

extension PostgresStore {
  public func setting(_ name: String) async throws(StoreError) -> String? {
    try await read { session in
      let rows = try session.run("SELECT value FROM settings WHERE name = $1", [name])
      return rows.count == 1 ? rows.text(0, 0) : nil
    }
  }

  public func set(_ name: String, to value: String?) async throws(StoreError) {
    try checkSetting(name, value, in: description)
    try await write { change in
      change.notes.add(.settings)
      if let value {
        try change.session.run(
          "INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, value])
      } else {
        try change.session.run("DELETE FROM settings WHERE name = $1", [name])
      }
    }
  }

  public func values(ofKind kind: String, limit: Int) async throws(StoreError) -> [(value: Float, count: Int)] {
    try await read { session in
      let rows = try session.run(
        """
        SELECT value, count(*) FROM (
          SELECT value FROM feedback WHERE kind = (SELECT number FROM kinds WHERE name = $1) AND NOT shown LIMIT $2
        ) looked_at GROUP BY value ORDER BY value
        """, [kind, "\(limit)"])
      return (0..<rows.count).map { (Float(rows.number($0, 0)), Int(rows.integer($0, 1))) }
    }
  }

  public func note(_ figures: [String: Double], minute: Int, server: String) async throws(StoreError) {
    try await write { change in
      let session = try change.session
      try session.run(
        """
        INSERT INTO minutes VALUES ($1, $2, $3)
        ON CONFLICT (minute, server) DO UPDATE SET figures = excluded.figures
        """, ["\(minute)", server, try ModelVersion.encoded(figures)])
      try session.run("DELETE FROM minutes WHERE minute < $1", ["\(minute - minutesKept)"])
    }
  }

  public func minutes(since minute: Int) async throws(StoreError) -> [(minute: Int, figures: [String: Double])] {
    try await read { session in
      let rows = try session.run(
        "SELECT minute, figures FROM minutes WHERE minute >= $1 ORDER BY minute, server", ["\(minute)"])
      return (0..<rows.count).map { (Int(rows.integer($0, 0)), ModelVersion.decoded(rows.text($0, 1)) ?? [:]) }
    }
  }

  // MARK: Keys

  public func addKey(_ role: AccessKey.Role, label: String) async throws(StoreError) -> String {
    try AccessKey.check(label: label, in: description)
    let key = AccessKey.makeText()
    try await write { change in
      change.notes.add(.keys)
      try change.session.run(
        "INSERT INTO keys (hash, label, role, made) VALUES ($1, $2, $3, $4)",
        [AccessKey.hash(of: key).hexadecimal, label, role.rawValue, "\(StoredTime.now)"])
    }
    return key
  }

  public func keys() async throws(StoreError) -> [AccessKey] {
    try await read { session in
      let rows = try session.run("SELECT number, label, role, made FROM keys ORDER BY number")
      return (0..<rows.count).map { AccessKey(rows, $0) }
    }
  }

  public func key(_ text: String) async throws(StoreError) -> AccessKey? {
    try await read { session in
      let rows = try session.run(
        "SELECT number, label, role, made FROM keys WHERE hash = $1", [AccessKey.hash(of: text).hexadecimal])
      return rows.count == 1 ? AccessKey(rows, 0) : nil
    }
  }

  public func revokeKey(_ number: Int) async throws(StoreError) -> Bool {
    try await write { change in
      change.notes.add(.keys)
      return try change.session.run("DELETE FROM keys WHERE number = $1::bigint", ["\(number)"]).affected > 0
    }
  }
}

extension AccessKey {
  fileprivate init(_ rows: Session.Rows, _ row: Int) {
    self.init(
      number: Int(rows.integer(row, 0)), label: rows.text(row, 1), role: rows.text(row, 2), made: rows.integer(row, 3))
  }
}
