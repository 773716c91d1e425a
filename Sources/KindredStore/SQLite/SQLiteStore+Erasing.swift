import GRDB
import Kindred

extension SQLiteStore {
  public func deleteUser(_ id: String) async throws(StoreError) -> Erasure? {
    let feedback = try await write { db -> Int? in
      guard let number = try Int64.fetchOne(db, sql: Self.userNumber, arguments: [id]) else { return nil }
      try db.execute(sql: "DELETE FROM feedback WHERE person = ?", arguments: [number])
      let count = db.changesCount
      try db.execute(sql: "DELETE FROM people WHERE number = ?", arguments: [number])
      try db.execute(sql: "INSERT INTO erasures (person) VALUES (?)", arguments: [id])
      return count
    }
    guard let feedback else { return nil }
    let models = try await Parallel(threads: 1).detached { (_) throws(StoreError) in try finishErasures() }.get()
    return Erasure(feedback: feedback, models: models, isOverwritten: await emptyLog())
  }

  /// Takes deleted users out of the models' files; also after a deletion that was cut short.
  ///
  /// - Returns: The numbers of the models that held any of them.
  @discardableResult
  func finishErasures() throws(StoreError) -> [Int] {
    do {
      let (users, last, models) = try pool.read { db in
        (
          try String.fetchAll(db, sql: "SELECT person FROM erasures"),
          try Int64.fetchOne(db, sql: "SELECT max(number) FROM erasures"), try self.models(db, "ORDER BY number")
        )
      }
      guard let last else { return [] }
      var changed: [Int] = []
      for model in models where try modelFolder.erase(users, from: model) { changed.append(model.number) }
      try pool.write { db in
        // Inside the transaction, so that no model can be recorded meanwhile.
        try modelFolder.removeOrphans(self.models(db, ""))
        try db.execute(sql: "DELETE FROM erasures WHERE number <= ?", arguments: [last])
      }
      return changed
    } catch { throw StoreError(error, store: path) }
  }

  /// Moves the write-ahead log into the store and empties it, since it may hold what was deleted.
  private func emptyLog() async -> Bool {
    do {
      return try await pool.barrierWriteWithoutTransaction { db in
        try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?[0] == 0
      }
    } catch { return false }
  }

  /// A model without the users who were deleted since a snapshot; a user who came back after that counts as deleted.
  func withoutErased(
    _ recommender: Recommender<String, String>, since mark: SnapshotMark
  ) async throws(StoreError) -> (Recommender<String, String>, SnapshotMark) {
    let users = recommender.users
    let (erased, now) = try await read { db -> ([String], SnapshotMark) in
      var now = try SnapshotMark(db)
      guard now.erasures != mark.erasures else { return ([], mark) }
      let statement = try db.makeStatement(sql: "SELECT number FROM people WHERE id = ?")
      let erased = try users.filter { user in
        let number = try Int64.fetchOne(statement, arguments: [user])
        return number.map { $0 > mark.lastUser } ?? true
      }
      now.lastUser = mark.lastUser
      return (erased, now)
    }
    return (recommender.removing(erased), now)
  }
}

extension SnapshotMark {
  /// The present moment.
  init(_ db: Database) throws {
    let sequence = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?"
    self.init(
      lastUser: try Int64.fetchOne(db, sql: sequence, arguments: ["people"]) ?? 0,
      erasures: try Int64.fetchOne(db, sql: sequence, arguments: ["erasures"]) ?? 0)
  }
}
