import Foundation
import Kindred
import KindredStore
import Synchronization

/// A store in a PostgreSQL database, which any number of servers share.
///
/// What one of them acknowledged is committed, and the others learn of it by NOTIFY. The models are files in a folder
/// that all servers see. Errors and logs hold no password: it comes from libpq's environment, a service file or
/// `~/.pgpass`.
public struct PostgresStore: Store {
  let location: Location
  let readers: ReaderPool
  /// The connection that writes.
  private let writing: Lane
  private let writer: Writer<Change>
  let modelFolder: ModelFolder
  let shared = Shared()
  /// What tells this process apart from others over the same store: eight hexadecimal digits.
  let replica = (0..<4).map { _ in UInt8.random(in: 0...255) }.hexadecimal

  /// What changes while the store is open.
  final class Shared: Sendable {
    /// The file of the model that was loaded last: the one that answers come from, if this process serves.
    let servedFile = Mutex<String?>(nil)
  }

  public var description: String { location.description }

  /// Opens a store, and makes its tables if there are none and they may be made.
  ///
  /// - Parameters:
  ///   - place: Such as `postgres://host/films`; `?schema=NAME` puts the tables into a schema other than `kindred`.
  ///   - opening: What to do where there is no store.
  ///   - models: The folder of the models; nil takes the one that the store was last given, else a folder `NAME.models`
  ///     in the current one.
  ///   - connections: How many reads go on side by side.
  /// - Throws: ``StoreError`` if there is none and none may be made, or if the database does not answer.
  public init(
    _ place: String, opening: StoreOpening = .existing, models: String? = nil, connections: Int = 8
  ) async throws(StoreError) {
    let location = try Location(place)
    self.location = location
    readers = ReaderPool(location, count: max(1, connections))
    let lane = Lane(location, name: "writer")
    writing = lane
    writer = Writer { [replica] drain in lane.start { drain(Change(lane, replica: replica)) } }
    do {
      modelFolder = try await lane.run {
        let session = try lane.session()
        try Schema.prepare(session, location, opening)
        return ModelFolder(path: try Self.folder(models, session, location), store: location.description)
      }
      try await finishErasures()
    } catch { throw StoreError(error, store: location.description) }
  }

  /// The folder of the models. The store keeps a folder that it is given, so that every process finds the same.
  private static func folder(_ given: String?, _ session: Session, _ location: Location) throws -> String {
    let name = "models_folder"
    let kept = try session.run("SELECT value FROM settings WHERE name = $1", [name])
    if given == nil, kept.count == 1 { return kept.text(0, 0) }
    let path = URL(fileURLWithPath: given ?? "\(location.schema).models").standardizedFileURL.path
    try session.run(
      "INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, path])
    return path
  }

  public func close() async throws(StoreError) {
    await readers.close()
    do {
      try await writing.run { writing.disconnect() }
    } catch { throw StoreError(error, store: description) }
  }

  /// Runs a body of one statement, or of statements that need not see the same moment.
  func read<Result: Sendable>(
    _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws(StoreError) -> Result {
    do { return try await readers.read(body) } catch { throw StoreError(error, store: description) }
  }

  /// Runs a body that sees one moment of the store.
  func readMoment<Result: Sendable>(
    _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws(StoreError) -> Result {
    try await read { session in
      try session.runPlain("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      do {
        let result = try body(session)
        try session.commit()
        return result
      } catch {
        if session.isAlive { _ = try? session.runPlain("ROLLBACK") }
        throw error
      }
    }
  }

  /// Runs a body in a transaction that writes, and returns once it is committed.
  func write<Result: Sendable>(
    _ body: @escaping @Sendable (Change) throws -> Result
  ) async throws(StoreError) -> Result {
    do { return try await writer.write(body) } catch { throw StoreError(error, store: description) }
  }

  public func counts() async throws(StoreError) -> StoreCounts {
    try await readMoment { session in
      let row = try session.run(
        "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM items), (SELECT count(*) FROM items WHERE hidden)")
      var counts = StoreCounts(
        users: Int(row.integer(0, 0)), items: Int(row.integer(0, 1)), hiddenItems: Int(row.integer(0, 2)), feedback: [:]
      )
      let kinds = try session.run(
        """
        SELECT name, sum(n)::bigint FROM (SELECT kind, count(*) n FROM feedback GROUP BY kind \
        UNION ALL SELECT kind, count(*) n FROM events GROUP BY kind) f JOIN kinds ON number = kind GROUP BY name
        """)
      for index in 0..<kinds.count { counts.feedback[kinds.text(index, 0)] = Int(kinds.integer(index, 1)) }
      return counts
    }
  }
}
