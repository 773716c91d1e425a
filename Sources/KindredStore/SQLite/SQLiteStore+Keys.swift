import Crypto
import Foundation
import GRDB
import Kindred

extension SQLiteStore {
  public func addKey(_ role: AccessKey.Role, label: String) async throws(StoreError) -> String {
    if label.utf8.contains(0) { throw StoreError(.invalid("the label holds a zero byte"), store: path) }
    var random = SystemRandomNumberGenerator()
    let secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    let key = "kindred_" + secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    try await write { db in
      try db.execute(
        sql: "INSERT INTO keys (hash, label, role, made) VALUES (?, ?, ?, ?)",
        arguments: [Self.hash(of: key), label, role.rawValue, StoredTime.now])
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
      return try Row.fetchOne(statement, arguments: [Self.hash(of: text)]).map { AccessKey($0) }
    }
  }

  public func revokeKey(_ number: Int) async throws(StoreError) -> Bool {
    try await write { db in
      try db.execute(sql: "DELETE FROM keys WHERE number = ?", arguments: [number])
      return db.changesCount > 0
    }
  }

  static func hash(of key: String) -> Data {
    Data(SHA256.hash(data: Data(key.utf8)))
  }
}

extension AccessKey {
  fileprivate init(_ row: Row) {
    self.init(number: row[0], label: row[1], role: Role(rawValue: row[2]) ?? .readOnly, made: row[3])
  }
}
