import Foundation
import GRDB
import Kindred

/// A store in one SQLite file.
///
/// A change that was acknowledged is on the disk: it survives a killed process and a cut log. There is one writer; any
/// number of reads go on beside it, each on a state of its own. The models are files in a folder beside the store.
public struct SQLiteStore: Store {
  /// The path of the file, as it was given.
  public let path: String
  let pool: DatabasePool
  private let writer: Writer<Database>

  public var description: String { path }

  /// Opens a store.
  ///
  /// - Throws: ``StoreError`` if there is none and none may be made, if the file is something else, or if it cannot be
  ///   read or written.
  public init(path: String, opening: StoreOpening = .existing) throws(StoreError) {
    try self.init(path: path, opening: opening, patience: 5)
  }

  /// - Parameter patience: The seconds to wait for another process that writes.
  init(path: String, opening: StoreOpening, patience: Double) throws(StoreError) {
    self.path = path
    do {
      if opening == .existing, !FileManager.default.fileExists(atPath: path) { throw StoreError(.missing, store: path) }
      if opening == .creating { Self.makePrivateFile(path) }
      pool = try DatabasePool(path: path, configuration: Self.configuration(patience))
      // Not while the connection is prepared: choosing the write-ahead log lowers it afterwards.
      try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
      writer = Writer { [pool] drain in pool.asyncWriteWithoutTransaction(drain) }
      try Self.check(pool, path: path)
      try Migrations.migrator.migrate(pool)
    } catch { throw StoreError(error, store: path) }
    try finishErasures()
  }

  /// Makes an empty file that only its owner may read, for it holds what users did; SQLite gives its log the same
  /// rights. A failure shows when the file is opened.
  static func makePrivateFile(_ path: String) {
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    if descriptor >= 0 { Foundation.close(descriptor) }
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
      return (id, tables == 0, tables > 0 ? try Migrations.migrator.hasBeenSuperseded(db) : false)
    }
    if isEmpty { return }
    if id != Migrations.applicationID { throw StoreError(.notAStore, store: path) }
    if isNewer { throw StoreError(.newerVersion, store: path) }
  }

  /// Whether a file begins like an SQLite database. Only opening it tells whether it is a store.
  public static func looksLikeStore(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    return (try? file.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
  }

  public func close() async throws(StoreError) {
    do {
      // Readers first: only a writer that closes last leaves one file, without a log beside it.
      pool.invalidateReadOnlyConnections()
      try pool.close()
    } catch { throw StoreError(error, store: path) }
  }

  func read<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(StoreError) -> Result {
    do { return try await pool.read(body) } catch { throw StoreError(error, store: path) }
  }

  func write<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(StoreError) -> Result {
    do { return try await writer.write(body) } catch { throw StoreError(error, store: path) }
  }

  public func counts() async throws(StoreError) -> StoreCounts {
    try await read { db in
      var counts = StoreCounts(users: 0, items: 0, hiddenItems: 0, feedback: [:])
      counts.users = try Int.fetchOne(db, sql: "SELECT count(*) FROM people") ?? 0
      counts.items = try Int.fetchOne(db, sql: "SELECT count(*) FROM items") ?? 0
      counts.hiddenItems = try Int.fetchOne(db, sql: "SELECT count(*) FROM items WHERE hidden") ?? 0
      let sql = """
        SELECT name, sum(n) FROM (SELECT kind, count(*) n FROM feedback GROUP BY kind \
        UNION ALL SELECT kind, count(*) n FROM events GROUP BY kind) JOIN kinds ON number = kind GROUP BY kind
        """
      for row in try Row.fetchAll(db, sql: sql) { counts.feedback[row[0]] = row[1] }
      return counts
    }
  }

  public func changes() -> AsyncStream<StoreChange> {
    AsyncStream { continuation in
      let work = Task {
        var last = try? await dataVersion()
        while !Task.isCancelled {
          do {
            let version = try await dataVersion()
            if last ?? version != version { continuation.yield(.everything) }
            last = version
          } catch { continuation.yield(.unknown(StoreError(error, store: path))) }
          try? await Task.sleep(for: .seconds(1))
        }
      }
      continuation.onTermination = { _ in work.cancel() }
    }
  }

  /// A number that changes whenever another process has changed the store. It does not wait for a long write.
  private func dataVersion() async throws -> Int {
    // Outside a transaction: a process that writes for long does not hold it up.
    try await pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
  }

  public func claimTraining() async throws(StoreError) -> TrainingClaim? { TrainingClaim() }
}
