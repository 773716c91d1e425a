import Foundation
import GRDB
import Kindred

extension SQLiteStore {
  /// `films.models` beside `films.sqlite`.
  var modelFolder: ModelFolder {
    ModelFolder(path: Self.modelFolderPath(path), store: path)
  }

  static func modelFolderPath(_ path: String) -> String { (path as NSString).deletingPathExtension + ".models" }

  public func add(
    _ recommender: Recommender<String, String>, trainedOn mark: SnapshotMark, metrics: [String: Double],
    isCurrent: Bool, keeping: Int
  ) async throws(StoreError) -> ModelVersion {
    let number = try await reserveModelNumber()
    let file = "\(number).kindred"
    var mark = mark
    var recommender = recommender
    do throws(StoreError) {
      try modelFolder.make()
      while true {
        // If a user is deleted while the file is written, it is written once more.
        (recommender, mark) = try await withoutErased(recommender, since: mark)
        let model = recommender
        try await Parallel(threads: 1).detached { (_) throws(StoreError) in
          try modelFolder.save(model, to: file)
        }.get()
        if let version = try await record(recommender, number, file, mark, metrics, isCurrent) {
          try await prune(keeping: max(1, keeping))
          return version
        }
      }
    } catch {
      try? FileManager.default.removeItem(atPath: modelFolder.path(of: file))
      throw error
    }
  }

  public func models() async throws(StoreError) -> [ModelVersion] {
    try await read { db in try self.models(db, "ORDER BY number DESC") }
  }

  public func model(_ number: Int) async throws(StoreError) -> ModelVersion? {
    try await read { db in try self.models(db, "WHERE number = ?", [number]).first }
  }

  public func currentModel() async throws(StoreError) -> ModelVersion? {
    try await read { db in try self.models(db, "WHERE current = 1").first }
  }

  public func recommender(of model: ModelVersion) async throws(StoreError) -> Recommender<String, String> {
    try await Parallel(threads: 1).detached { (_) throws(StoreError) in try modelFolder.model(model) }.get()
  }

  public func makeCurrent(_ number: Int) async throws(StoreError) {
    try await write { db in try self.makeCurrent(db, number) }
  }

  public func setMetrics(_ metrics: [String: Double], ofModel number: Int) async throws(StoreError) {
    try await write { db in
      try db.execute(
        sql: "UPDATE models SET metrics = ? WHERE number = ?", arguments: [try ModelVersion.encoded(metrics), number])
      if db.changesCount == 0 { throw StoreError(.unknownModel(number), store: self.path) }
    }
  }

  public func deleteModel(_ number: Int) async throws(StoreError) -> Bool {
    guard let model = try await model(number) else { return false }
    try await write { db in try db.execute(sql: "DELETE FROM models WHERE number = ?", arguments: [number]) }
    try modelFolder.remove(model.location)
    return true
  }
}

extension SQLiteStore {
  /// A number that is never used again, even if the model is not kept.
  private func reserveModelNumber() async throws(StoreError) -> Int {
    try await write { db in
      try db.execute(
        sql: """
          INSERT INTO models (file, made, trainer, parameters, seed, fingerprint, interactions, metrics)
          VALUES ('', 0, '', '{}', '', '', 0, '{}')
          """)
      let number = Int(db.lastInsertedRowID)
      try db.execute(sql: "DELETE FROM models WHERE number = ?", arguments: [number])
      return number
    }
  }

  private func record(
    _ recommender: Recommender<String, String>, _ number: Int, _ file: String, _ mark: SnapshotMark,
    _ metrics: [String: Double], _ isCurrent: Bool
  ) async throws(StoreError) -> ModelVersion? {
    let version = ModelVersion(number, modelFolder.path(of: file), recommender, metrics)
    return try await write { db in
      // A deletion takes away files that are not recorded yet.
      let isThere = FileManager.default.fileExists(atPath: self.modelFolder.path(of: file))
      guard isThere, try SnapshotMark(db).erasures == mark.erasures else { return nil }
      try db.execute(
        sql: """
          INSERT INTO models (number, file, made, trainer, parameters, seed, fingerprint, interactions, metrics)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          number, file, version.made, version.trainer, ModelVersion.encoded(version.parameters), version.seed,
          version.fingerprint, version.interactions, ModelVersion.encoded(metrics),
        ])
      if isCurrent { try self.makeCurrent(db, number) }
      return try self.models(db, "WHERE number = ?", [number]).first
    }
  }

  private func makeCurrent(_ db: Database, _ number: Int) throws {
    try db.execute(sql: "UPDATE models SET current = 0 WHERE current = 1")
    try db.execute(sql: "UPDATE models SET current = 1 WHERE number = ?", arguments: [number])
    if db.changesCount == 0 { throw StoreError(.unknownModel(number), store: self.path) }
  }

  private func prune(keeping: Int) async throws(StoreError) {
    let models = try await models()
    for model in models.dropFirst(keeping) where !model.isCurrent { _ = try await deleteModel(model.number) }
  }

  func models(_ db: Database, _ clause: String, _ arguments: StatementArguments = []) throws -> [ModelVersion] {
    let columns = "number, file, made, trainer, parameters, seed, fingerprint, interactions, metrics, current"
    let sql = "SELECT \(columns) FROM models \(clause)"
    return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
      ModelVersion(
        number: row[0], location: modelFolder.path(of: row[1]), made: row[2], trainer: row[3],
        parameters: ModelVersion.decoded(row[4]) ?? [:], seed: row[5], fingerprint: row[6], interactions: row[7],
        metrics: ModelVersion.decoded(row[8]) ?? [:], isCurrent: row[9])
    }
  }
}
