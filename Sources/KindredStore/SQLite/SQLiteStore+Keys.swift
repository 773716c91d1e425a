import GRDB
import Kindred

extension SQLiteStore {
  public func addKey(_ role: AccessKey.Role, label: String) async throws(StoreError) -> String {
    try AccessKey.check(label: label, in: path)
    let key = AccessKey.makeText()
    try await write { db in
      try db.execute(
        sql: "INSERT INTO keys (hash, label, role, made) VALUES (?, ?, ?, ?)",
        arguments: [AccessKey.hash(of: key), label, role.rawValue, StoredTime.now])
    }
    return key
  }

  public func keys() async throws(StoreError) -> [AccessKey] {
    try await read { db in
      try Row.fetchAll(db, sql: "SELECT number, label, role, made FROM keys ORDER BY number").map { AccessKey($0) }
    }
  }

  public func key(_ text: String) async throws(StoreError) -> AccessKey? {
    try await read { db in
      let statement = try db.cachedStatement(sql: "SELECT number, label, role, made FROM keys WHERE hash = ?")
      return try Row.fetchOne(statement, arguments: [AccessKey.hash(of: text)]).map { AccessKey($0) }
    }
  }

  public func revokeKey(_ number: Int) async throws(StoreError) -> Bool {
    try await write { db in
      try db.execute(sql: "DELETE FROM keys WHERE number = ?", arguments: [number])
      return db.changesCount > 0
    }
  }
}

extension AccessKey {
  fileprivate init(_ row: Row) {
    self.init(number: row[0], label: row[1], role: row[2] as String, made: row[3])
  }
}
