import Foundation
import GRDB
import Kindred

/// A model that a store keeps: its file and how it was made.
public struct ModelVersion: Sendable, Equatable {
  /// Its number, 1 and up in the order of training; none is used twice.
  public var number: Int
  /// The path of its file.
  public var path: String
  /// When it was made.
  public var made: Timestamp
  /// The algorithms, such as `blend, sgd`.
  public var trainer: String
  /// Algorithms and hyperparameters, by name.
  public var parameters: [String: String]
  /// The seed.
  public var seed: String
  /// What tells whether the data were the same.
  public var fingerprint: String
  /// How many interactions it was trained on.
  public var interactions: Int
  /// What was measured of it, by name.
  public var metrics: [String: Double]
  /// Whether answers come from it.
  public var isCurrent: Bool
}

extension Store {
  /// Keeps a model: writes its file beside the store, records how it was made and makes it the current one if asked to.
  ///
  /// Users who were deleted since the snapshot are taken out of it first.
  ///
  /// - Parameters:
  ///   - recommender: the model.
  ///   - mark: that of the snapshot it was trained on.
  ///   - metrics: what was measured of it. Finite.
  ///   - keeping: how many models stay; the oldest that are not current are deleted.
  /// - Returns: the record, with the path of the file.
  public func add(
    _ recommender: Recommender<String, String>, trainedOn mark: SnapshotMark, metrics: [String: Double] = [:],
    isCurrent: Bool = true, keeping: Int = 5
  ) async throws(StoreError) -> ModelVersion {
    let number = try await reserveModelNumber()
    let file = "\(number).kindred"
    var mark = mark
    var recommender = recommender
    do throws(StoreError) {
      try makeModelFolder()
      while true {
        // Who is deleted while the file is written makes it be written once more.
        (recommender, mark) = try await withoutErased(recommender, since: mark)
        let model = recommender
        try await Parallel(threads: 1).detached { (_) throws(StoreError) in try save(model, to: file) }.get()
        if let version = try await record(recommender, number, file, mark, metrics, isCurrent) {
          try await prune(keeping: max(1, keeping))
          return version
        }
      }
    } catch {
      try? FileManager.default.removeItem(atPath: modelPath(file))
      throw error
    }
  }

  /// All models, the newest first.
  public func models() async throws(StoreError) -> [ModelVersion] {
    try await read { db in try self.models(db, "ORDER BY number DESC") }
  }

  /// A model; nil if there is none of this number.
  public func model(_ number: Int) async throws(StoreError) -> ModelVersion? {
    try await read { db in try self.models(db, "WHERE number = ?", [number]).first }
  }

  /// The model that answers come from; nil if there is none.
  public func currentModel() async throws(StoreError) -> ModelVersion? {
    try await read { db in try self.models(db, "WHERE current = 1").first }
  }

  /// Makes a model the one that answers come from.
  ///
  /// - Throws: ``StoreError`` with ``StoreError/Reason-swift.enum/unknownModel(_:)`` if there is none of this number.
  public func makeCurrent(_ number: Int) async throws(StoreError) {
    try await write { db in try self.makeCurrent(db, number) }
  }

  /// Deletes a model and its file, be it the current one or not.
  ///
  /// - Returns: whether there was such a model.
  public func deleteModel(_ number: Int) async throws(StoreError) -> Bool {
    guard let model = try await model(number) else { return false }
    try await write { db in try db.execute(sql: "DELETE FROM models WHERE number = ?", arguments: [number]) }
    try removeFile(model.path)
    return true
  }
}

extension Store {
  /// A number that no model had and none will have, even if this one comes to nothing.
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
    let provenance = recommender.provenance
    let trainers = [provenance.ranking, provenance.rating].compactMap { $0?.algorithm }
    let parameters = provenance.entries.filter { $0.key.contains(".") }
    return try await write { db in
      // A deletion takes away files that are not recorded yet.
      let isThere = FileManager.default.fileExists(atPath: self.modelPath(file))
      guard isThere, try SnapshotMark(db).erasures == mark.erasures else { return nil }
      try db.execute(
        sql: """
          INSERT INTO models (number, file, made, trainer, parameters, seed, fingerprint, interactions, metrics)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          number, file, Int64(Date().timeIntervalSince1970), trainers.joined(separator: ", "),
          Self.encoded(parameters), provenance.seed?.description ?? "", provenance.fingerprint ?? "",
          provenance.interactionCount ?? 0, Self.encoded(metrics),
        ])
      if isCurrent { try self.makeCurrent(db, number) }
      return try self.models(db, "WHERE number = ?", [number]).first
    }
  }

  private func makeCurrent(_ db: Database, _ number: Int) throws {
    try db.execute(sql: "UPDATE models SET current = 0 WHERE current = 1")
    try db.execute(sql: "UPDATE models SET current = 1 WHERE number = ?", arguments: [number])
    if db.changesCount == 0 { throw StoreError(.unknownModel(number), path: self.path) }
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
        number: row[0], path: modelPath(row[1]), made: row[2], trainer: row[3],
        parameters: Self.decoded(row[4]) ?? [:], seed: row[5], fingerprint: row[6], interactions: row[7],
        metrics: Self.decoded(row[8]) ?? [:], isCurrent: row[9])
    }
  }

  private static func decoded<Value: Decodable>(_ text: String) -> Value? {
    try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }

  private static func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

// MARK: Files

extension Store {
  /// The folder of the models: `films.models` beside `films.sqlite`.
  private var modelFolder: String { (path as NSString).deletingPathExtension + ".models" }

  private func modelPath(_ file: String) -> String { modelFolder + "/" + file }

  private func makeModelFolder() throws(StoreError) {
    do {
      try FileManager.default.createDirectory(atPath: modelFolder, withIntermediateDirectories: true)
    } catch {
      throw StoreError(.modelFile("cannot make the folder \(modelFolder) for models"), path: path)
    }
  }

  private func save(_ recommender: Recommender<String, String>, to file: String) throws(StoreError) {
    do throws(ModelFileError) {
      try recommender.write(to: modelPath(file))
    } catch { throw StoreError(.modelFile(error.description), path: path) }
  }

  private func removeFile(_ file: String) throws(StoreError) {
    do {
      try FileManager.default.removeItem(atPath: file)
    } catch CocoaError.fileNoSuchFile {
    } catch {
      throw StoreError(.modelFile("cannot remove \(file): \(error.localizedDescription)"), path: path)
    }
  }

  /// Writes the file of a model anew without some users, or removes the file if it cannot be read.
  ///
  /// - Returns: whether the file held any of them.
  func erase(_ users: [String], from model: ModelVersion) throws(StoreError) -> Bool {
    guard FileManager.default.fileExists(atPath: model.path) else { return false }
    guard let recommender = try? Recommender<String, String>(contentsOf: model.path) else {
      try removeFile(model.path)
      return true
    }
    guard users.contains(where: { recommender.knows(user: $0) }) else { return false }
    try save(recommender.removing(users), to: (model.path as NSString).lastPathComponent)
    return true
  }

  /// Removes files in the models' folder that no model has: what a process left that ended while it trained.
  func removeOrphans(_ models: [ModelVersion]) throws(StoreError) {
    let known = Set(models.map(\.path))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: modelFolder)) ?? [] {
      guard name.hasSuffix(".kindred"), Int(name.dropLast(8)) != nil, !known.contains(modelPath(name)) else { continue }
      try removeFile(modelPath(name))
    }
  }
}
