import Foundation
import GRDB
import Kindred

extension SQLiteStore {
  /// Copies the store with its models into another file, while it is used.
  ///
  /// The copy is of one moment. It appears under its name once it is whole.
  ///
  /// - Throws: ``StoreError`` if there is such a file already, or if it cannot be written.
  public func backUp(to copy: String) async throws(StoreError) {
    if FileManager.default.fileExists(atPath: copy) {
      throw StoreError(.invalid("\(copy) exists already; name a file that does not"), store: path)
    }
    let unfinished = copy + ".unfinished"
    do {
      try await Parallel(threads: 1).detached { (_) throws(StoreError) in
        do {
          try? FileManager.default.removeItem(atPath: unfinished)
          Self.makePrivateFile(unfinished)
          let target = try DatabaseQueue(path: unfinished)
          try pool.backup(to: target)
          // A copy in one file, without a log beside it.
          try target.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
          let models = try target.read { db in try self.models(db, "") }
          try target.close()
          try Self.copyModels(models, to: ModelFolder(path: Self.modelFolderPath(copy), store: copy))
          try FileManager.default.moveItem(atPath: unfinished, toPath: copy)
        } catch { throw StoreError(error, store: copy) }
      }.get()
    } catch {
      try? FileManager.default.removeItem(atPath: unfinished)
      throw error
    }
  }

  private static func copyModels(_ models: [ModelVersion], to folder: ModelFolder) throws {
    if models.isEmpty { return }
    try folder.make()
    for model in models {
      let file = folder.path(of: (model.location as NSString).lastPathComponent)
      try? FileManager.default.removeItem(atPath: file)
      try FileManager.default.copyItem(atPath: model.location, toPath: file)
    }
  }
}
