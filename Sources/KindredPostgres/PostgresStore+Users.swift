import Kindred
import KindredStore

extension PostgresStore {
  public func user(_ id: String) async throws(StoreError) -> StoredUser? {
    try await read { session in try StoredUser.one(session, id) }
  }

  public func users(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredUser> {
    let cursor = try Cursor(cursor, count: 1)
    return try await read { session in
      let rows = try session.run(
        "SELECT \(StoredUser.columns) FROM people WHERE number > $1 ORDER BY number LIMIT $2",
        ["\(cursor[0])", "\(limit + 1)"])
      return StorePage((0..<rows.count).map { (StoredUser(rows, $0), Cursor.text(rows.integer($0, 0))) }, limit: limit)
    }
  }

  public func put(_ users: [StoredUser]) async throws(StoreError) {
    for user in users { try user.check(in: description) }
    try await write { change in for user in users { try user.put(change) } }
  }

  public func patchUser(_ id: String, _ patch: UserPatch) async throws(StoreError) -> Bool {
    try await write { change in
      guard var user = try StoredUser.one(change.session, id) else { return false }
      user.apply(patch)
      try user.check(in: description)
      try user.put(change)
      return true
    }
  }
}

extension StoredUser {
  static let columns = "number, id, attributes, comment"

  /// Reads a row of `columns`.
  init(_ rows: Session.Rows, _ row: Int) {
    self.init(
      id: rows.text(row, 1), attributes: rows.optionalText(row, 2).flatMap { Attributes($0) } ?? .null,
      comment: rows.text(row, 3))
  }

  static func one(_ session: Session, _ id: String) throws -> StoredUser? {
    let rows = try session.run("SELECT \(columns) FROM people WHERE id = $1", [id])
    return rows.count == 1 ? StoredUser(rows, 0) : nil
  }

  func put(_ change: Change) throws {
    let values = [id, attributes == .null ? nil : attributes.description, comment]
    let session = try change.session
    change.notes.add(.user(id, newFeedback: 0))
    if try session.run("UPDATE people SET attributes = $2, comment = $3 WHERE id = $1", values).affected > 0 { return }
    try session.run("INSERT INTO people (id, attributes, comment) VALUES ($1, $2, $3)", values)
  }
}
