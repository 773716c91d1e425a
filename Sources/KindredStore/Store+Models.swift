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
  /// People who were deleted since the snapshot are taken out of it first.
  ///
  /// - Parameters:
  ///   - recommender: the model.
  ///   - mark: that of the snapshot it was trained on.
  ///   - metrics: what was measured of it. Finite.
  ///   - keeping: how many models stay; older ones that are not current are deleted.
  public func add(
    _ recommender: Recommender<String, String>, trainedOn mark: SnapshotMark, metrics: [String: Double] = [:],
    isCurrent: Bool = true, keeping: Int = 5
  ) async throws(StoreError) -> ModelVersion {
    throw StoreError(.other("not yet"), path: path)
  }

  /// All models, the newest first.
  public func models() async throws(StoreError) -> [ModelVersion] {
    try await read { db in try self.models(db, "ORDER BY number DESC") }
  }

  /// The model that answers come from; nil if there is none.
  public func currentModel() async throws(StoreError) -> ModelVersion? {
    try await read { db in try self.models(db, "WHERE current = 1").first }
  }

  /// Makes a model the one that answers come from.
  ///
  /// - Throws: ``StoreError`` with ``StoreError/Reason-swift.enum/unknownModel(_:)`` if there is none of this number.
  public func makeCurrent(_ number: Int) async throws(StoreError) {
    try await write { db in
      try db.execute(sql: "UPDATE models SET current = 0 WHERE current = 1")
      try db.execute(sql: "UPDATE models SET current = 1 WHERE number = ?", arguments: [number])
      if db.changesCount == 0 { throw StoreError(.unknownModel(number), path: self.path) }
    }
  }

  private func models(_ db: Database, _ clause: String) throws -> [ModelVersion] {
    let columns = "number, file, made, trainer, parameters, seed, fingerprint, feedback, metrics, current"
    return try Row.fetchAll(db, sql: "SELECT \(columns) FROM models \(clause)").map { row in
      ModelVersion(
        number: row[0], path: modelPath(row[1]), made: row[2], trainer: row[3], parameters: Self.decoded(row[4]) ?? [:],
        seed: row[5], fingerprint: row[6], interactions: row[7], metrics: Self.decoded(row[8]) ?? [:], isCurrent: row[9]
      )
    }
  }

  private static func decoded<Value: Decodable>(_ text: String) -> Value? {
    try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }

  /// The folder of the models: `films.models` beside `films.sqlite`.
  private var modelFolder: String {
    (path as NSString).deletingPathExtension + ".models"
  }

  private func modelPath(_ file: String) -> String { modelFolder + "/" + file }
}
