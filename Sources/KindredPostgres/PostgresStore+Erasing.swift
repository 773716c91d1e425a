import Foundation
import Kindred
import KindredStore

extension PostgresStore {
  public func deleteUser(_ id: String) async throws(StoreError) -> Erasure? {
    let feedback = try await write { change -> Int? in
      let session = try change.session
      let user = try session.run("DELETE FROM people WHERE id = $1 RETURNING number", [id])
      guard user.count == 1 else { return nil }
      let number = user.text(0, 0)
      try session.run("DELETE FROM events WHERE person = $1", [number])
      let feedback = try session.run("DELETE FROM feedback WHERE person = $1", [number]).affected
      try session.run("INSERT INTO erasures (person) VALUES ($1)", [id])
      try session.run("UPDATE counters SET erasures = erasures + 1")
      change.notes.add(.user(id, newFeedback: 0))
      return feedback
    }
    guard let feedback else { return nil }
    // The database overwrites what was deleted when it uses its pages again.
    return Erasure(feedback: feedback, models: try await finishErasures(), isOverwritten: false)
  }

  /// Takes deleted users out of the models' files; also after a deletion that was cut short.
  ///
  /// - Returns: The numbers of the models that held any of them.
  @discardableResult
  func finishErasures() async throws(StoreError) -> [Int] {
    let (users, last, models) = try await readMoment { session in
      let rows = try session.run("SELECT person, number FROM erasures ORDER BY number")
      let users = (0..<rows.count).map { rows.text($0, 0) }
      return (users, rows.count > 0 ? rows.text(rows.count - 1, 1) : nil, try self.models(session, "ORDER BY number"))
    }
    guard let last else { return [] }
    var changed: [Int] = []
    for model in models where try await erase(users, from: model) { changed.append(model.number) }
    let folder = modelFolder
    try await write { change in
      // Inside the transaction, so that no model can be recorded meanwhile.
      let session = try change.session
      let known = try session.run("SELECT file FROM models UNION SELECT file FROM stale_files")
      try folder.removeUnknown(except: Set((0..<known.count).map { known.text($0, 0) }))
      try session.run("DELETE FROM erasures WHERE number <= $1", [last])
    }
    try await removeStaleFiles()
    return changed
  }

  /// Gives a model a file without some users.
  ///
  /// - Returns: Whether its file held any of them.
  private func erase(_ users: [String], from model: ModelVersion) async throws(StoreError) -> Bool {
    let old = (model.location as NSString).lastPathComponent
    guard FileManager.default.fileExists(atPath: model.location) else { return false }
    guard let recommender = try? Recommender<String, String>(contentsOf: model.location) else {
      // A file that cannot be read may hold them.
      try await write { change in
        try change.session.run("DELETE FROM models WHERE file = $1", [old])
        try Self.retire(old, change)
      }
      return true
    }
    guard users.contains(where: { recommender.knows(user: $0) }) else { return false }
    while true {
      let new = try await save(recommender.removing(users))
      let folder = modelFolder
      let isKept = try await write { change in
        // Another server's deletion takes away files that no model has yet.
        guard FileManager.default.fileExists(atPath: folder.path(of: new)) else { return false }
        try change.session.run("DELETE FROM stale_files WHERE file = $1", [new])
        try change.session.run("UPDATE models SET file = $1 WHERE file = $2", [new, old])
        try Self.retire(old, change)
        return true
      }
      if isKept { return true }
    }
  }

  /// A model without the users who were deleted since a snapshot; a user who came back after that counts as deleted.
  func withoutErased(
    _ recommender: Recommender<String, String>, since mark: SnapshotMark
  ) async throws(StoreError) -> (Recommender<String, String>, SnapshotMark) {
    let users = recommender.users
    let (erased, now) = try await readMoment { session -> ([String], SnapshotMark) in
      var now = try SnapshotMark(session)
      guard now.erasures != mark.erasures else { return ([], mark) }
      let kept = try session.run("SELECT id FROM people WHERE number <= $1::bigint", ["\(mark.lastUser)"])
      let known = Set((0..<kept.count).map { ExactID(kept.text($0, 0)) })
      now.lastUser = mark.lastUser
      return (users.filter { !known.contains(ExactID($0)) }, now)
    }
    return (recommender.removing(erased), now)
  }
}

/// An id that equals none of other bytes.
private struct ExactID: Hashable {
  private let bytes: [UInt8]
  init(_ id: String) { bytes = Array(id.utf8) }
}

extension SnapshotMark {
  /// The moment that a transaction sees.
  init(_ session: Session) throws {
    let row = try session.run("SELECT coalesce(max(number), 0), (SELECT erasures FROM counters) FROM people")
    self.init(lastUser: row.integer(0, 0), erasures: row.integer(0, 1))
  }
}
