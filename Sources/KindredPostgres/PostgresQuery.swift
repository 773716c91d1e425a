import Foundation
import KindredStore

/// Rows of any table or view of a PostgreSQL database, to train on.
public enum PostgresQuery {
  /// Writes the rows of a query as CSV with a header. The transaction may only read.
  ///
  /// The calling thread waits for the database.
  ///
  /// - Parameters:
  ///   - query: A `SELECT`.
  ///   - place: Such as `postgres://host/shop`; a password is refused there, as ``PostgresStore`` does.
  ///   - path: The file to write.
  /// - Throws: ``StoreError`` if the database does not answer, or refuses the query.
  public static func export(_ query: String, from place: String, to path: String) throws(StoreError) {
    let location = try Location(place)
    do {
      let session = try Session(location, patience: 10)
      try session.runPlain("SET search_path TO DEFAULT; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
        throw StoreError(.other("cannot write \(path)"), store: location.description)
      }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      var buffer: [UInt8] = []
      try session.copyOut("COPY (\(query)) TO STDOUT (FORMAT csv, HEADER)") { row in
        buffer.append(contentsOf: row)
        if buffer.count > 1 << 20 {
          try file.write(contentsOf: buffer)
          buffer.removeAll(keepingCapacity: true)
        }
      }
      try file.write(contentsOf: buffer)
      try file.close()
    } catch let error as DatabaseFailure where !error.isLost {
      throw StoreError(.invalid("the query is refused: \(error.message)"), store: location.description)
    } catch { throw StoreError(error, store: location.description) }
  }
}
