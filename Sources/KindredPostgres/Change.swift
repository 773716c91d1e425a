import KindredStore

/// A transaction that changes the store. There is one at a time among all replicas, as in SQLite: so changes have an
/// order, listings miss nothing, and no two wait for each other.
final class Change: WritingDatabase {
  private let lane: Lane
  private let replica: String
  private var open: Session?
  /// What is changed, for other replicas.
  var notes = Notes()

  init(_ lane: Lane, replica: String) {
    self.lane = lane
    self.replica = replica
  }

  /// The connection of the transaction under way.
  var session: Session {
    get throws {
      guard let open else { throw DatabaseFailure.lost("no transaction is under way") }
      return open
    }
  }

  func inWriteTransaction(_ body: () throws -> Void) throws {
    let session = try begin()
    open = session
    notes = Notes()
    defer { open = nil }
    do {
      try body()
      let texts = notes.texts(from: replica)
      if !texts.isEmpty {
        try session.run(
          "SELECT pg_notify($1, note) FROM unnest($2::text[]) note", [lane.location.channel, texts.arrayText])
      }
      try session.commit()
    } catch {
      if session.isAlive { _ = try? session.runPlain("ROLLBACK") } else { lane.disconnect() }
      throw error
    }
  }

  /// A connection that was idle may be lost; nothing was changed on it yet.
  private func begin() throws -> Session {
    try lane.reading { session in
      try session.runPlain("BEGIN; SELECT pg_advisory_xact_lock(\(lane.location.lock("write")))")
      return session
    }
  }

  func inPart(_ body: () throws -> Void) throws {
    let session = try session
    try session.runPlain("SAVEPOINT part")
    do {
      try body()
      try session.runPlain("RELEASE part")
    } catch {
      if session.isAlive { try session.runPlain("ROLLBACK TO part; RELEASE part") }
      throw error
    }
  }

  func checkTransaction() throws {
    guard try session.isAlive else { throw DatabaseFailure.lost("the connection ended") }
  }
}

extension Location {
  /// Where replicas of this store talk.
  var channel: String { "kindred_\(schema)" }

  /// The two numbers of a lock, as SQL.
  func lock(_ name: String) -> String { "1263420498, hashtext('\(schema).\(name)')" }
}

extension [String] {
  /// The text of an array of PostgreSQL.
  var arrayText: String {
    let elements = map { text in
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    return "{" + elements.joined(separator: ",") + "}"
  }
}
