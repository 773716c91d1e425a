import Kindred
import KindredStore

extension PostgresStore {
  public func add(
    _ feedback: [Feedback], existing: ExistingFeedback, unknownItems: UnknownItems
  ) async throws(StoreError) {
    for one in feedback { try one.check(in: description) }
    try await write { change in
      let session = try change.session
      for one in feedback {
        let row = try session.run(Self.numbers, [one.user, one.item, one.kind])
        if unknownItems == .refused, row.isNull(0, 1) {
          throw StoreError(.unknownItem(one.item), store: description)
        }
        let triple = [
          try row.optionalText(0, 0) ?? Self.insert(user: one.user, session),
          try row.optionalText(0, 1) ?? Self.insert(item: one.item, change),
          try row.optionalText(0, 2) ?? Self.insert(kind: one.kind, session),
        ]
        let event = StoredEvent(
          value: Double(one.value), time: one.time, sequence: row.integer(0, 3), isShown: one.isShown)
        try EventTable.write(
          event, to: triple, isRating: one.kind == Feedback.rating, EventRule(one, existing), session)
        change.notes.add(.user(one.user, newFeedback: 1))
      }
    }
  }

  private static let numbers = """
    SELECT (SELECT number FROM people WHERE id = $1), (SELECT number FROM items WHERE id = $2),
      (SELECT number FROM kinds WHERE name = $3), nextval('event_numbers')
    """

  private static func insert(user id: String, _ session: Session) throws -> String {
    try session.run("INSERT INTO people (id) VALUES ($1) RETURNING number", [id]).text(0, 0)
  }

  private static func insert(item id: String, _ change: Change) throws -> String {
    try StoredItem(id: id).put(change)
    return try change.session.run("SELECT number FROM items WHERE id = $1", [id]).text(0, 0)
  }

  static func insert(kind name: String, _ session: Session) throws -> String {
    try session.run("INSERT INTO kinds (name) VALUES ($1) RETURNING number", [name]).text(0, 0)
  }

  public func history(of user: String) async throws(StoreError) -> [Feedback]? {
    try await read { session in
      // A subquery looks up the id of each item. A join might read all items, since the plan does not know how few
      // rows come.
      let rows = try session.run(
        """
        WITH found AS (SELECT number FROM people WHERE id = $1)
        SELECT (SELECT id FROM items WHERE number = item), (SELECT name FROM kinds WHERE number = kind), value,
          all_events.time, earlier, shown FROM found LEFT JOIN (
          SELECT item, kind, value, time, sequence, false AS earlier, shown FROM feedback
            WHERE person = (SELECT number FROM found)
          UNION ALL SELECT item, kind, value, time, sequence, true, false FROM events
            WHERE person = (SELECT number FROM found)
        ) all_events ON true
        ORDER BY all_events.time NULLS FIRST, sequence, item, kind
        """, [user])
      guard rows.count > 0 else { return nil }
      if rows.isNull(0, 0) { return [] }
      return (0..<rows.count).map { row in
        Feedback(
          user: user, item: rows.text(row, 0), kind: rows.text(row, 1), value: Float(rows.number(row, 2)),
          time: rows.optionalInteger(row, 3), isEarlier: rows.flag(row, 4), isShown: rows.flag(row, 5))
      }
    }
  }

  public func feedback(
    kind: String?, user: String?, item: String?, after cursor: String?, limit: Int
  ) async throws(StoreError) -> StorePage<Feedback> {
    let cursor = try Cursor(cursor, count: 3)
    return try await read { session in
      let filter = Filter(kind: kind, user: user, item: item, first: 5)
      let sql = """
        SELECT people.id, items.id, kinds.name, value, feedback.time, shown, person, item, kind
        FROM feedback JOIN people ON people.number = person JOIN items ON items.number = item
          JOIN kinds ON kinds.number = kind
        WHERE (person, item, kind) > ($1::bigint, $2::bigint, $3::bigint) \(filter.sql)
        ORDER BY person, item, kind LIMIT $4
        """
      let start = (0..<3).map { "\(cursor[$0])" } + ["\(limit + 1)"]
      let rows = try session.run(sql, start + filter.arguments)
      let page = (0..<rows.count).map { row in
        (
          Feedback(
            user: rows.text(row, 0), item: rows.text(row, 1), kind: rows.text(row, 2),
            value: Float(rows.number(row, 3)),
            time: rows.optionalInteger(row, 4), isShown: rows.flag(row, 5)),
          Cursor.text(rows.integer(row, 6), rows.integer(row, 7), rows.integer(row, 8))
        )
      }
      return StorePage(page, limit: limit)
    }
  }

  public func deleteFeedback(
    kind: String?, user: String, item: String
  ) async throws(StoreError) -> Int {
    try await write { change in
      let filter = Filter(kind: kind, user: user, item: item, first: 1)
      let session = try change.session
      try session.run("DELETE FROM events WHERE true \(filter.sql)", filter.arguments)
      change.notes.add(.user(user, newFeedback: 0))
      return try session.run("DELETE FROM feedback WHERE true \(filter.sql)", filter.arguments).affected
    }
  }

  /// What of the feedback is asked for.
  private struct Filter {
    var sql = ""
    var arguments: [String?] = []

    /// - Parameter first: The number of its first argument in the statement.
    init(kind: String?, user: String?, item: String?, first: Int) {
      for (column, table, key, name) in [
        ("person", "people", "id", user), ("item", "items", "id", item), ("kind", "kinds", "name", kind),
      ] {
        guard let name else { continue }
        sql += " AND \(column) = (SELECT number FROM \(table) WHERE \(key) = $\(first + arguments.count))"
        arguments.append(name)
      }
    }
  }

  public func trend(
    at now: Timestamp, halfLife: Timestamp, kindValues: [String: Float]
  ) async throws(StoreError) -> [(item: String, score: Double)] {
    precondition(halfLife > 0)
    let learned = LearnedKinds(values: kindValues)
    let names = kindValues.keys.filter { learned.likes(kind: $0, value: 0) }
    let likes =
      kindValues.isEmpty ? "value > 0" : "kind IN (SELECT number FROM kinds WHERE name = ANY ($1::text[]))"
    return try await read { session in
      // Only what is young enough is read, by an index of each table that holds all of it.
      let newest = try session.run(
        """
        SELECT greatest(
          (SELECT max(time) FROM feedback WHERE time <= $2 AND \(likes) AND NOT shown AND $1::text[] IS NOT NULL),
          (SELECT max(time) FROM events WHERE time <= $2 AND \(likes)))
        """, [names.arrayText, "\(now)"])
      guard let last = newest.optionalInteger(0, 0) else { return [] }
      let (oldest, isPast) = last.subtractingReportingOverflow(
        halfLife.multipliedReportingOverflow(by: 20).partialValue)
      let first = isPast || halfLife > .max / 20 ? Int64.min : oldest
      let rows = try session.run(
        """
        SELECT items.id, score FROM (
          SELECT item, sum(power(2::float8, -(($3::bigint - time)::float8 / $4::bigint::float8))) AS score FROM (
            SELECT person, item, max(time) AS time FROM (
              SELECT person, item, time FROM feedback
                WHERE time <= $2 AND time >= $5 AND \(likes) AND NOT shown AND $1::text[] IS NOT NULL
              UNION ALL SELECT person, item, time FROM events WHERE time <= $2 AND time >= $5 AND \(likes)
            ) liked GROUP BY person, item
          ) latest GROUP BY item
        ) scored JOIN items ON number = item
        """, [names.arrayText, "\(now)", "\(last)", "\(halfLife)", "\(first)"])
      return (0..<rows.count).map { (rows.text($0, 0), rows.number($0, 1)) }
    }
  }
}

/// Writes feedback: the current value of each user, item and kind in the table `feedback`, with its event, and the
/// events before it in the table `events`.
enum EventTable {
  /// Writes one row.
  ///
  /// - Parameter triple: The numbers of the user, the item and the kind.
  static func write(
    _ event: StoredEvent, to triple: [String], isRating: Bool, _ rule: EventRule, _ session: Session
  ) throws {
    let key = triple.map { $0 as String? }
    let insertion = try session.run(
      """
      INSERT INTO feedback (person, item, kind, value, time, sequence, shown) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT DO NOTHING
      """, key + event.values + ["\(event.isShown)"])
    if insertion.affected > 0 { return }
    let rows = try session.run(
      "SELECT value, time, sequence, shown FROM feedback WHERE person = $1 AND item = $2 AND kind = $3", key)
    let steps = try rule.steps(event, isRating: isRating, after: StoredEvent(rows, 0)) {
      try session.run(
        "SELECT FROM events WHERE person = $1 AND item = $2 AND kind = $3 AND time IS NOT DISTINCT FROM $4::bigint",
        key + [event.values[1]]
      ).count > 0
    }
    for step in steps {
      switch step {
      case .forget: try session.run("DELETE FROM events WHERE person = $1 AND item = $2 AND kind = $3", key)
      case .log(let event):
        try session.run(
          "INSERT INTO events (person, item, kind, value, time, sequence) VALUES ($1, $2, $3, $4, $5, $6)",
          key + event.values)
      case .change(let event):
        try session.run(
          """
          UPDATE feedback SET value = $4, time = $5, sequence = $6, shown = $7
          WHERE person = $1 AND item = $2 AND kind = $3
          """, key + event.values + ["\(event.isShown)"])
      }
    }
  }
}

extension StoredEvent {
  /// Reads a row of value, time, sequence number and mark.
  init(_ rows: Session.Rows, _ row: Int, first: Int = 0) {
    self.init(
      value: rows.number(row, first), time: rows.optionalInteger(row, first + 1),
      sequence: rows.integer(row, first + 2), isShown: rows.flag(row, first + 3))
  }

  /// Value, time and sequence number as arguments.
  fileprivate var values: [String?] { ["\(value)", time.map { "\($0)" }, "\(sequence)"] }
}
