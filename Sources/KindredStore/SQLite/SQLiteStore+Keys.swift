import Foundation
import GRDB
import Kindred

#if canImport(CryptoKit)
  import CryptoKit
#else
  import CLibCrypto
#endif

/// A key that lets a program use a server; the key itself is not kept.
public struct AccessKey: Sendable, Equatable {
  /// What a key allows.
  public enum Role: String, Sendable, CaseIterable, Codable {
    /// To ask.
    case readOnly = "read-only"
    /// To ask and to change.
    case admin
  }

  /// Its number in the store.
  public var number: Int
  /// What it is called.
  public var label: String
  /// What it allows.
  public var role: Role
  /// When it was made.
  public var made: Timestamp
}

extension Store {
  /// Makes a key of 256 random bits.
  ///
  /// - Returns: the key as text. Only its SHA-256 is kept, so it is shown this once; a key of so many random bits needs no slow hash.
  public func addKey(_ role: AccessKey.Role, label: String) async throws(StoreError) -> String {
    if label.utf8.contains(0) { throw StoreError(.invalid("the label holds a zero byte"), path: path) }
    var random = SystemRandomNumberGenerator()
    let secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    let key = "kindred_" + secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    try await write { db in
      try db.execute(
        sql: "INSERT INTO keys (hash, label, role, made) VALUES (?, ?, ?, ?)",
        arguments: [Self.hash(of: key), label, role.rawValue, Int64(Date().timeIntervalSince1970)])
    }
    return key
  }

  /// All keys, in the order in which they were made.
  public func keys() async throws(StoreError) -> [AccessKey] {
    try await read { db in
      try Row.fetchAll(db, sql: "SELECT number, label, role, made FROM keys ORDER BY number").map { AccessKey($0) }
    }
  }

  /// The key that some text is; nil where it is none.
  public func key(_ text: String) async throws(StoreError) -> AccessKey? {
    try await read { db in
      let statement = try db.cachedStatement(sql: "SELECT number, label, role, made FROM keys WHERE hash = ?")
      return try Row.fetchOne(statement, arguments: [Self.hash(of: text)]).map { AccessKey($0) }
    }
  }

  /// Takes a key back.
  ///
  /// - Returns: whether there was such a key.
  public func revokeKey(_ number: Int) async throws(StoreError) -> Bool {
    try await write { db in
      try db.execute(sql: "DELETE FROM keys WHERE number = ?", arguments: [number])
      return db.changesCount > 0
    }
  }

  private static func hash(of key: String) -> Data {
    #if canImport(CryptoKit)
      return Data(SHA256.hash(data: Data(key.utf8)))
    #else
      var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
      SHA256(Array(key.utf8), key.utf8.count, &digest)
      return Data(digest)
    #endif
  }
}

extension AccessKey {
  fileprivate init(_ row: Row) {
    self.init(number: row[0], label: row[1], role: Role(rawValue: row[2]) ?? .readOnly, made: row[3])
  }
}
