import Foundation
import Kindred
import KindredStore

extension PostgresStore {
  public func add(
    _ recommender: Recommender<String, String>, trainedOn mark: SnapshotMark, metrics: [String: Double],
    isCurrent: Bool, keeping: Int
  ) async throws(StoreError) -> ModelVersion {
    let number = try await write { change in
      Int(try change.session.run("SELECT nextval('model_numbers')").integer(0, 0))
    }
    var mark = mark
    var recommender = recommender
    while true {
      // If a user is deleted while the file is written, it is written once more.
      (recommender, mark) = try await withoutErased(recommender, since: mark)
      let file = try await save(recommender)
      let version = ModelVersion(number, modelFolder.path(of: file), recommender, metrics)
      if try await record(version, file, mark, isCurrent: isCurrent) {
        for model in try await models().dropFirst(max(1, keeping)) where !model.isCurrent {
          _ = try await deleteModel(model.number)
        }
        guard let version = try await model(number) else {
          throw StoreError(.unknownModel(number), store: description)
        }
        return version
      }
      try await write { change in try Self.retire(file, change) }
      try await removeStaleFiles()
    }
  }

  public func models() async throws(StoreError) -> [ModelVersion] {
    try await read { session in try self.models(session, "ORDER BY number DESC") }
  }

  public func model(_ number: Int) async throws(StoreError) -> ModelVersion? {
    try await read { session in try self.models(session, "WHERE number = $1::bigint", ["\(number)"]).first }
  }

  public func currentModel() async throws(StoreError) -> ModelVersion? {
    try await read { session in try self.models(session, "WHERE current").first }
  }

  public func recommender(of model: ModelVersion) async throws(StoreError) -> Recommender<String, String> {
    var attempt = 0
    while true {
      // An erasure gives the model another file; the one before it goes.
      let location = try await self.model(model.number)?.location ?? model.location
      do throws(StoreError) {
        let folder = modelFolder
        let recommender = try await Parallel(threads: 1).detached { (_) throws(StoreError) in
          try folder.mapped(location)
        }.get()
        shared.servedFile.withLock { $0 = (location as NSString).lastPathComponent }
        return recommender
      } catch {
        attempt += 1
        if attempt == 3 { throw error }
      }
    }
  }

  public func makeCurrent(_ number: Int) async throws(StoreError) {
    try await write { change in try self.makeCurrent(change, number) }
  }

  public func setMetrics(_ metrics: [String: Double], ofModel number: Int) async throws(StoreError) {
    try await write { change in
      let rows = try change.session.run(
        "UPDATE models SET metrics = $1 WHERE number = $2::bigint", [try ModelVersion.encoded(metrics), "\(number)"])
      if rows.affected == 0 { throw StoreError(.unknownModel(number), store: description) }
    }
  }

  public func deleteModel(_ number: Int) async throws(StoreError) -> Bool {
    let isDeleted = try await write { change in
      let rows = try change.session.run("DELETE FROM models WHERE number = $1::bigint RETURNING file", ["\(number)"])
      guard rows.count == 1 else { return false }
      try Self.retire(rows.text(0, 0), change)
      return true
    }
    try await removeStaleFiles()
    return isDeleted
  }
}

extension PostgresStore {
  /// Writes a model into the folder.
  ///
  /// - Returns: The name of the file, which is its checksum.
  func save(_ recommender: Recommender<String, String>) async throws(StoreError) -> String {
    let folder = modelFolder
    return try await Parallel(threads: 1).detached { (_) throws(StoreError) in
      try folder.make()
      return try folder.saveByChecksum(recommender)
    }.get()
  }

  /// Marks a file that a model had for deletion.
  static func retire(_ file: String, _ change: Change) throws {
    change.notes.add(.models)
    try change.session.run("INSERT INTO stale_files VALUES ($1) ON CONFLICT DO NOTHING", [file])
  }

  /// Removes the files that no model has and no server answers from.
  func removeStaleFiles() async throws(StoreError) {
    let folder = modelFolder
    try await write { change in
      // Inside the transaction, so that no model of the same file can be recorded meanwhile.
      let rows = try change.session.run(Self.staleFiles)
      for row in 0..<rows.count { try folder.remove(folder.path(of: rows.text(row, 0))) }
    }
  }

  /// A server that was not heard of for ten seconds serves no more.
  static let staleFiles = """
    DELETE FROM stale_files WHERE file NOT IN (SELECT file FROM replicas
      WHERE file IS NOT NULL AND seen > now() - interval '10 seconds') AND file NOT IN (SELECT file FROM models)
    RETURNING file
    """

  private func record(
    _ version: ModelVersion, _ file: String, _ mark: SnapshotMark, isCurrent: Bool
  ) async throws(StoreError) -> Bool {
    try await write { change in
      let session = try change.session
      // A deletion takes away files that are not recorded yet.
      let isThere = FileManager.default.fileExists(atPath: modelFolder.path(of: file))
      guard isThere, try SnapshotMark(session).erasures == mark.erasures else { return false }
      try session.run(
        """
        INSERT INTO models (number, file, made, trainer, parameters, seed, fingerprint, interactions, metrics)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
          "\(version.number)", file, "\(version.made)", version.trainer, ModelVersion.encoded(version.parameters),
          version.seed, version.fingerprint, "\(version.interactions)", ModelVersion.encoded(version.metrics),
        ])
      try session.run("DELETE FROM stale_files WHERE file = $1", [file])
      change.notes.add(.models)
      if isCurrent { try self.makeCurrent(change, version.number) }
      return true
    }
  }

  private func makeCurrent(_ change: Change, _ number: Int) throws {
    change.notes.add(.models)
    try change.session.run("UPDATE models SET current = false WHERE current")
    let rows = try change.session.run("UPDATE models SET current = true WHERE number = $1::bigint", ["\(number)"])
    if rows.affected == 0 { throw StoreError(.unknownModel(number), store: description) }
  }

  func models(_ session: Session, _ clause: String, _ arguments: [String?] = []) throws -> [ModelVersion] {
    let columns = "number, file, made, trainer, parameters, seed, fingerprint, interactions, metrics, current"
    let rows = try session.run("SELECT \(columns) FROM models \(clause)", arguments)
    return (0..<rows.count).map { row in
      ModelVersion(
        number: Int(rows.integer(row, 0)), location: modelFolder.path(of: rows.text(row, 1)),
        made: rows.integer(row, 2), trainer: rows.text(row, 3),
        parameters: ModelVersion.decoded(rows.text(row, 4)) ?? [:], seed: rows.text(row, 5),
        fingerprint: rows.text(row, 6), interactions: Int(rows.integer(row, 7)),
        metrics: ModelVersion.decoded(rows.text(row, 8)) ?? [:], isCurrent: rows.flag(row, 9))
    }
  }
}
