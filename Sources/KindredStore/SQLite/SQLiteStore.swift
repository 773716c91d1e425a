import Foundation
import GRDB
import Kindred

/// What users did with items, kept in one SQLite file that loses nothing.
///
/// A change that was answered is on the disk: it survives a killed process and a cut log. There is one writer; any number of reads go
/// on beside it, each on a state of its own. Ids are any UTF-8 text without a zero byte, up to 4,096 bytes.
public struct Store: Sendable {
  /// The path of the file, as it was given.
  public let path: String
  let pool: DatabasePool
  private let writer: Writer

  /// What to do with a path where there is no store.
  public enum Opening: Sendable {
    /// Make one.
    case creating
    /// Refuse.
    case existing
  }

  /// Opens a store.
  ///
  /// - Throws: ``StoreError`` if there is none and none may be made, if the file is something else, or cannot be read or written.
  public init(_ path: String, opening: Opening = .existing) throws(StoreError) {
    try self.init(path, opening: opening, patience: 5)
  }

  /// - Parameter patience: the seconds to wait for another process that writes.
  init(_ path: String, opening: Opening, patience: Double) throws(StoreError) {
    self.path = path
    do {
      if opening == .existing, !FileManager.default.fileExists(atPath: path) { throw StoreError(.missing, path: path) }
      pool = try DatabasePool(path: path, configuration: Self.configuration(patience))
      // Not while the connection is prepared: choosing the write-ahead log lowers it afterwards.
      try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
      writer = Writer(pool)
      try Self.check(pool, path: path)
      try Schema.migrator.migrate(pool)
    } catch { throw StoreError(error, path: path) }
    try finishErasures()
  }

  private static func configuration(_ patience: Double) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.maximumReaderCount = 8
    configuration.prepareDatabase { db in
      // What is deleted is overwritten with zeros.
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA secure_delete = ON") }
    }
    return configuration
  }

  private static func check(_ pool: DatabasePool, path: String) throws {
    let (id, isEmpty, isNewer) = try pool.read { db in
      let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
      let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      return (id, tables == 0, tables > 0 ? try Schema.migrator.hasBeenSuperseded(db) : false)
    }
    if isEmpty { return }
    if id != Schema.applicationID { throw StoreError(.notAStore, path: path) }
    if isNewer { throw StoreError(.newerVersion, path: path) }
  }

  /// Whether a file begins like an SQLite database; opening it tells whether it is a store.
  public static func looksLikeStore(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    return (try? file.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
  }

  /// Ends all use of the store, after what is under way.
  public func close() throws(StoreError) {
    do {
      // Readers first: only a writer that closes last leaves one file, without a log beside it.
      pool.invalidateReadOnlyConnections()
      try pool.close()
    } catch { throw StoreError(error, path: path) }
  }

  func read<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(StoreError) -> Result {
    do { return try await pool.read(body) } catch { throw StoreError(error, path: path) }
  }

  func write<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(StoreError) -> Result {
    do { return try await writer.write(body) } catch { throw StoreError(error, path: path) }
  }

  /// How much there is of everything. O(feedback).
  public func counts() async throws(StoreError) -> StoreCounts {
    try await read { db in
      var counts = StoreCounts(users: 0, items: 0, hiddenItems: 0, feedback: [:])
      counts.users = try Int.fetchOne(db, sql: "SELECT count(*) FROM people") ?? 0
      counts.items = try Int.fetchOne(db, sql: "SELECT count(*) FROM items") ?? 0
      counts.hiddenItems = try Int.fetchOne(db, sql: "SELECT count(*) FROM items WHERE hidden") ?? 0
      let sql = "SELECT name, count(*) FROM feedback JOIN kinds ON number = kind GROUP BY kind"
      for row in try Row.fetchAll(db, sql: sql) { counts.feedback[row[0]] = row[1] }
      return counts
    }
  }
}
