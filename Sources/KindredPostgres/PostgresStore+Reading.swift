import Kindred
import KindredStore

extension PostgresStore {
  public func snapshot(kindValues: [String: Float]) async throws(StoreError) -> StoreSnapshot {
    try await readMoment { session in
      try session.runPlain("SET LOCAL idle_in_transaction_session_timeout TO 0")
      let mark = try SnapshotMark(session)
      var interactions = Interactions(
        try Self.columns(session, LearnedKinds(values: kindValues)), kindValues: kindValues)
      let rows = try session.run("SELECT \(StoredItem.columns) FROM items ORDER BY number")
      for row in 0..<rows.count {
        let item = StoredItem(rows, row)
        if let entry = item.entry { interactions.itemCatalog[item.id] = entry }
      }
      let users = try session.run("SELECT \(StoredUser.columns) FROM people ORDER BY number")
      for row in 0..<users.count {
        let user = StoredUser(users, row)
        if let entry = user.entry { interactions.userCatalog[user.id] = entry }
      }
      return StoreSnapshot(interactions: interactions, mark: mark)
    }
  }

  /// The feedback that models learn from as columns, each user's in the order of events.
  private static func columns(_ session: Session, _ learned: LearnedKinds) throws -> InteractionColumns {
    let last = try ["people", "items", "kinds"].map { table in
      Int(try session.run("SELECT coalesce(max(number), 0) FROM \(table)").integer(0, 0))
    }
    let kinds = try session.run("SELECT number, name FROM kinds")
    let names = (0..<kinds.count).map { (Int(kinds.integer($0, 0)), kinds.text($0, 1)) }
    var columns = NumberedColumns(lastUser: last[0], lastItem: last[1], lastKind: last[2], kinds: names, learned)
    try session.copyOut(
      """
      COPY (
        SELECT person, item, kind, value, time, earlier FROM (
          SELECT person, item, kind, value, time, 0 AS earlier, sequence FROM feedback WHERE NOT shown
          UNION ALL SELECT person, item, kind, value, time, 1, sequence FROM events
        ) all_events ORDER BY person, time NULLS FIRST, sequence, item, kind
      ) TO STDOUT
      """
    ) { bytes in
      var row = CopiedRow(bytes)
      columns.append(
        user: Int(row.integer() ?? 0), item: Int(row.integer() ?? 0), kind: Int(row.integer() ?? 0),
        value: row.number(), time: row.integer(), isEarlier: row.integer() == 1)
    }
    for (table, name) in [("people", \NumberedColumns.users), ("items", \.items)] {
      let rows = try session.run("SELECT number, id FROM \(table)")
      for row in 0..<rows.count {
        columns[keyPath: name].setName(rows.text(row, 1), of: Int(rows.integer(row, 0)))
      }
    }
    return columns.take()
  }

  public func forEachRecord(_ body: (StoredRecord) throws -> Void) async throws {
    try await readMoment(
      [
        Listing("SELECT \(StoredItem.columns) FROM items ORDER BY number") { .item(StoredItem($0, $1)) },
        Listing("SELECT \(StoredUser.columns) FROM people ORDER BY number") { .user(StoredUser($0, $1)) },
        Self.allFeedback,
      ], body)
  }

  public func forEachFeedback(_ body: (Feedback) throws -> Void) async throws {
    try await readMoment([Self.allFeedback]) { record in
      if case .feedback(let feedback) = record { try body(feedback) }
    }
  }

  /// A statement, and what makes records of its rows.
  private struct Listing: Sendable {
    let sql: String
    let record: @Sendable (Session.Rows, Int) -> StoredRecord

    init(_ sql: String, _ record: @escaping @Sendable (Session.Rows, Int) -> StoredRecord) {
      self.sql = sql
      self.record = record
    }
  }

  private static let allFeedback = Listing(
    """
    SELECT people.id, items.id, kinds.name, value, all_events.time, earlier, shown FROM (
      SELECT person, item, kind, value, time, sequence, false AS earlier, shown FROM feedback
      UNION ALL SELECT person, item, kind, value, time, sequence, true, false FROM events
    ) all_events JOIN people ON people.number = person JOIN items ON items.number = item
      JOIN kinds ON kinds.number = kind
    ORDER BY person, sequence, item, kind
    """
  ) { rows, row in
    .feedback(
      Feedback(
        user: rows.text(row, 0), item: rows.text(row, 1), kind: rows.text(row, 2), value: Float(rows.number(row, 3)),
        time: rows.optionalInteger(row, 4), isEarlier: rows.flag(row, 5), isShown: rows.flag(row, 6)))
  }

  private static let rowsPerFetch = 5000

  /// Reads one moment of the store a part at a time; the caller's work is done where the caller is.
  private func readMoment(_ listings: [Listing], _ body: (StoredRecord) throws -> Void) async throws {
    do {
      try await readers.withLane { lane in
        try await lane.run {
          try lane.reading { session in
            // However long the caller takes for a part.
            _ = try session.runPlain(
              """
              BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout TO 0
              """)
          }
        }
        do {
          for listing in listings {
            var isFirst = true
            var isLast = false
            while !isLast {
              let starts = isFirst
              let part = try await lane.run {
                let session = try lane.session()
                if starts { try session.runPlain("DECLARE listing NO SCROLL CURSOR FOR \(listing.sql)") }
                let rows = try session.runPlain("FETCH \(Self.rowsPerFetch) FROM listing")
                let isLast = rows.count < Self.rowsPerFetch
                if isLast { try session.runPlain("CLOSE listing") }
                return (records: (0..<rows.count).map { listing.record(rows, $0) }, isLast: isLast)
              }
              for record in part.records { try body(record) }
              (isFirst, isLast) = (false, part.isLast)
            }
          }
          try await lane.run { try lane.session().commit() }
        } catch {
          try? await lane.run { _ = try lane.session().runPlain("ROLLBACK") }
          throw error
        }
      }
    } catch let error as DatabaseFailure { throw StoreError(error, store: description) }
  }
}
