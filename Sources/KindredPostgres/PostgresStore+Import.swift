import Kindred
import KindredStore

extension PostgresStore {
  public func add(
    _ contents: FileImport.Contents, progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws(StoreError) {
    do {
      try await withGivingUp { given in
        try await write { change in
          let total = contents.tables.reduce(0) { $0 + $1.columns.count }
          var importing = Import(session: try change.session) { done in
            try given.check()
            progress(done, total)
          }
          change.notes.add(.everything)
          try importing.add(contents)
        }
      }
    } catch { throw StoreError(error, store: description) }
  }
}

/// Adds the content of files in a transaction, by COPY.
private struct Import {
  let session: Session
  /// Called with the rows that are written.
  let progress: (Int) throws -> Void
  private var done = 0

  /// The rows between two calls of `progress`.
  private static let part = 65_536

  init(session: Session, progress: @escaping (Int) throws -> Void) {
    self.session = session
    self.progress = progress
  }

  mutating func add(_ contents: FileImport.Contents) throws {
    // Between two statements rows are put in order, which takes a while.
    try session.runPlain("SET LOCAL idle_in_transaction_session_timeout TO 0")
    try progress(0)
    try put(contents.items, keepingTimes: false)
    try put(contents.users)
    try put(contents.catalog.inOrder.map { StoredItem(id: $0.id, $0.entry) }, keepingTimes: true)
    // Filling the indexes of an empty table row by row costs more than making them afterwards.
    let isEmpty = try session.run("SELECT NOT EXISTS (SELECT FROM feedback)").flag(0, 0)
    if isEmpty { try session.runPlain("DROP INDEX feedback_by_item; DROP INDEX feedback_by_time") }
    for (number, table) in contents.tables.enumerated() { try insert(table, isFirst: isEmpty && number == 0) }
    if isEmpty { try session.runPlain(Schema.feedbackIndexes) }
    // The database counts anew by itself a minute later. Until then a plan may read a whole table for each row.
    try session.runPlain("ANALYZE people, items, kinds, feedback, events")
  }

  /// Adds items, or replaces those with the same ids; of several with one id the last counts.
  ///
  /// - Parameter keepingTimes: Whether known items keep their times, and hidden ones stay hidden.
  private func put(_ items: [StoredItem], keepingTimes: Bool) throws {
    if items.isEmpty { return }
    try session.runPlain(
      """
      CREATE TEMPORARY TABLE incoming (row integer, id text COLLATE "C", title text, genres text, attributes text,
        hidden boolean, time bigint, words text) ON COMMIT DROP
      """)
    try copy(items.indices, into: "incoming") { index, text in
      let item = items[index]
      text.append(Int64(index))
      for field in [item.id, item.title, item.genreText, item.attributeText, "\(item.isHidden)"] { text.append(field) }
      text.append(item.time)
      text.append(SearchWords.vector(id: item.id, title: item.title, genres: item.genres))
    }
    try session.runPlain(
      """
      DELETE FROM incoming i USING (SELECT id, max(row) AS last FROM incoming GROUP BY id HAVING count(*) > 1) d
        WHERE i.id = d.id AND i.row < d.last;
      UPDATE items SET title = i.title, genres = i.genres, attributes = i.attributes, words = i.words::tsvector,
        \(keepingTimes ? "hidden = items.hidden OR i.hidden" : "hidden = i.hidden, time = i.time")
        FROM incoming i WHERE items.id = i.id;
      INSERT INTO items (id, title, genres, attributes, hidden, time, words)
        SELECT id, title, genres, attributes, hidden, time, words::tsvector FROM incoming i
        WHERE NOT EXISTS (SELECT FROM items WHERE items.id = i.id) ORDER BY row;
      DROP TABLE incoming
      """)
  }

  private func put(_ users: [StoredUser]) throws {
    if users.isEmpty { return }
    try session.runPlain(
      """
      CREATE TEMPORARY TABLE incoming (row integer, id text COLLATE "C", attributes text, comment text) ON COMMIT DROP
      """)
    try copy(users.indices, into: "incoming") { index, text in
      let user = users[index]
      text.append(Int64(index))
      text.append(user.id)
      text.append(user.attributes == .null ? nil : user.attributes.description)
      text.append(user.comment)
    }
    try session.runPlain(
      """
      DELETE FROM incoming i USING (SELECT id, max(row) AS last FROM incoming GROUP BY id HAVING count(*) > 1) d
        WHERE i.id = d.id AND i.row < d.last;
      UPDATE people SET attributes = i.attributes, comment = i.comment FROM incoming i WHERE people.id = i.id;
      INSERT INTO people (id, attributes, comment) SELECT id, attributes, comment FROM incoming i
        WHERE NOT EXISTS (SELECT FROM people WHERE people.id = i.id) ORDER BY row;
      DROP TABLE incoming
      """)
  }

  /// The numbers of users or items; those that are unknown are added.
  private func numbers(of ids: [String], in table: String) throws -> [Int64] {
    let hasWords = table == "items"
    try session.runPlain(
      "CREATE TEMPORARY TABLE incoming (row integer, id text COLLATE \"C\", words text) ON COMMIT DROP")
    try copy(ids.indices, into: "incoming") { index, text in
      text.append(Int64(index))
      text.append(ids[index])
      text.append(hasWords ? SearchWords.vector(id: ids[index], title: nil, genres: []) : nil)
    }
    try session.runPlain(
      """
      ANALYZE incoming;
      INSERT INTO \(table) (id\(hasWords ? ", words" : "")) SELECT id\(hasWords ? ", words::tsvector" : "")
        FROM incoming i WHERE NOT EXISTS (SELECT FROM \(table) t WHERE t.id = i.id) ORDER BY row
      """)
    let rows = try session.runPlain("SELECT number FROM incoming JOIN \(table) USING (id) ORDER BY row")
    let numbers = (0..<rows.count).map { rows.integer($0, 0) }
    try session.runPlain("DROP TABLE incoming")
    return numbers
  }

  /// Inserts columns in the order of the table's own key, numbered in their own.
  private mutating func insert(_ table: FileImport.FeedbackTable, isFirst: Bool) throws {
    let columns = table.columns
    if columns.count == 0 { return }
    let users = try numbers(of: columns.userIDs, in: "people")
    let items = try numbers(of: columns.itemIDs, in: "items")
    let kinds = try columns.kindNames.map { name in
      let rows = try session.run("SELECT number FROM kinds WHERE name = $1", [name])
      return Int64(rows.count == 1 ? rows.text(0, 0) : try PostgresStore.insert(kind: name, session)) ?? 0
    }
    let first =
      try session.run(
        "SELECT setval('event_numbers', nextval('event_numbers') + $1::bigint)", ["\(columns.count)"]
      ).integer(0, 0) - Int64(columns.count)
    let order = columns.order(users, items)
    let known = isFirst ? [:] : try present(columns, order, users, items)
    var merge = Merge(known: known)
    var next = 0
    try copy(into: "feedback (person, item, kind, value, time, sequence, shown)") { text in
      while next < order.count, text.count < CopyText.size {
        let start = next
        let row = Int(order[start])
        let pair = (columns.users[row], columns.items[row])
        while next < order.count, (columns.users[Int(order[next])], columns.items[Int(order[next])]) == pair {
          next += 1
        }
        let before = done
        done += next - start
        if before / Self.part != done / Self.part { try progress(done) }
        let (user, item) = (users[Int(pair.0)], items[Int(pair.1)])
        // What is current comes first, so that nothing earlier or shown takes its place.
        let run =
          next - start == 1
          ? [order[start]]
          : order[start..<next].sorted { (table.rank(of: $0), $0) < (table.rank(of: $1), $1) }
        merge.take(run, of: table, user: user, item: item, kinds: kinds, first: first, into: &text)
      }
    }
    try apply(merge)
    try progress(done)
  }

  /// What the store holds of the pairs of some columns.
  private func present(
    _ columns: InteractionColumns, _ order: [Int32], _ users: [Int64], _ items: [Int64]
  ) throws -> [Triple: Merge.State] {
    try session.runPlain("CREATE TEMPORARY TABLE incoming (person integer, item integer) ON COMMIT DROP")
    var last: (Int32, Int32) = (-1, -1)
    try copy(order.indices, into: "incoming") { index, text in
      let row = Int(order[index])
      let pair = (columns.users[row], columns.items[row])
      if pair == last { return }
      last = pair
      text.append(users[Int(pair.0)])
      text.append(items[Int(pair.1)])
    }
    try session.runPlain("ANALYZE incoming")
    var known: [Triple: Merge.State] = [:]
    let current = try session.runPlain(
      "SELECT person, item, kind, value, time, sequence, shown FROM feedback JOIN incoming USING (person, item)")
    for row in 0..<current.count {
      known[Triple(current, row)] = Merge.State(event: StoredEvent(current, row, first: 3), isStored: true)
    }
    let earlier = try session.runPlain("SELECT person, item, kind, time FROM events JOIN incoming USING (person, item)")
    for row in 0..<earlier.count { known[Triple(earlier, row)]?.storedTimes.insert(earlier.optionalInteger(row, 3)) }
    try session.runPlain("DROP TABLE incoming")
    return known
  }

  /// Writes what changed of known users, items and kinds, and the events that are kept.
  private func apply(_ merge: Merge) throws {
    if merge.changed.isEmpty { return }
    try session.runPlain(
      """
      CREATE TEMPORARY TABLE incoming (person integer, item integer, kind integer, value double precision, time bigint,
        sequence bigint, shown boolean, forget boolean) ON COMMIT DROP
      """)
    let changed = Array(merge.changed)
    try copy(changed.indices, into: "incoming") { index, text in
      let (triple, state) = changed[index]
      text.append(triple, state.event)
      text.append("\(state.isForgotten)")
    }
    try session.runPlain(
      """
      DELETE FROM events e USING incoming i
        WHERE forget AND e.person = i.person AND e.item = i.item AND e.kind = i.kind;
      UPDATE feedback f SET value = i.value, time = i.time, sequence = i.sequence, shown = i.shown FROM incoming i
        WHERE f.person = i.person AND f.item = i.item AND f.kind = i.kind;
      DROP TABLE incoming
      """)
    var position = 0
    try copy(into: "events (person, item, kind, value, time, sequence)") { text in
      while position < changed.count, text.count < CopyText.size {
        let (triple, state) = changed[position]
        for event in state.logged { text.append(triple, event, withMark: false) }
        position += 1
      }
    }
  }

  /// Sends a row per index.
  private func copy(_ indices: Range<Int>, into table: String, _ row: (Int, inout CopyText) throws -> Void) throws {
    var index = indices.lowerBound
    try copy(into: table) { text in
      while index < indices.upperBound, text.count < CopyText.size {
        try row(index, &text)
        text.endRow()
        index += 1
      }
    }
  }

  private func copy(into table: String, _ fill: (inout CopyText) throws -> Void) throws {
    try session.copyIn("COPY \(table) FROM STDIN") { buffer in
      var text = CopyText(taking: &buffer)
      try fill(&text)
      buffer = text.bytes
    }
  }
}

extension FileImport.FeedbackTable {
  /// The order in which rows of a user and an item are taken: current ones, earlier events, what was shown.
  fileprivate func rank(of row: Int32) -> Int {
    if !columns.isEarlier.isEmpty, columns.isEarlier[Int(row)] { return 1 }
    return !isShown.isEmpty && isShown[Int(row)] ? 2 : 0
  }

  fileprivate func rule(of row: Int32) -> EventRule {
    switch rank(of: row) {
    case 0: isLog ? .logged : .imported
    case 1: .earlier
    default: .shown
    }
  }
}

/// The numbers of a user, an item and a kind.
private struct Triple: Hashable {
  let person: Int64
  let item: Int64
  let kind: Int64

  init(person: Int64, item: Int64, kind: Int64) {
    self.person = person
    self.item = item
    self.kind = kind
  }

  init(_ rows: Session.Rows, _ row: Int) {
    self.init(person: rows.integer(row, 0), item: rows.integer(row, 1), kind: rows.integer(row, 2))
  }
}

/// What becomes of a store's feedback as rows come in, by the same rule as one at a time.
private struct Merge {
  /// What is known of a user, an item and a kind.
  struct State {
    var event: StoredEvent
    /// Whether the store holds it.
    let isStored: Bool
    /// The times of the earlier events that the store holds.
    var storedTimes: Set<Timestamp?> = []
    /// The earlier events that come in.
    var logged: [StoredEvent] = []
    /// Whether the earlier events in the store are deleted.
    var isForgotten = false

    init(event: StoredEvent, isStored: Bool) {
      self.event = event
      self.isStored = isStored
    }

    mutating func take(_ new: StoredEvent, isRating: Bool, _ rule: EventRule) {
      let steps = rule.steps(new, isRating: isRating, after: event) {
        storedTimes.contains(new.time) || logged.contains { $0.time == new.time }
      }
      for step in steps {
        switch step {
        case .forget:
          isForgotten = true
          storedTimes = []
          logged = []
        case .log(let event): logged.append(event)
        case .change(let event): self.event = event
        }
      }
    }
  }

  private let known: [Triple: State]
  /// What the store must change, and the events to keep of new feedback.
  private(set) var changed: [(key: Triple, value: State)] = []

  init(known: [Triple: State]) { self.known = known }

  /// Takes the rows of a user and an item, in order; what is new becomes rows of the table.
  mutating func take(
    _ rows: [Int32], of table: FileImport.FeedbackTable, user: Int64, item: Int64, kinds: [Int64], first: Int64,
    into text: inout CopyText
  ) {
    var states: [(kind: Int32, state: State)] = []
    for row in rows {
      let columns = table.columns
      let kind = columns.kinds[Int(row)]
      let time = columns.times.isEmpty ? InteractionColumns.noTime : columns.times[Int(row)]
      let rule = table.rule(of: row)
      let event = StoredEvent(
        value: Double(columns.values[Int(row)]), time: time == InteractionColumns.noTime ? nil : time,
        sequence: first + Int64(row), isShown: rule == .shown)
      if let place = states.firstIndex(where: { $0.kind == kind }) {
        states[place].state.take(event, isRating: columns.kindNames[Int(kind)] == Feedback.rating, rule)
      } else if !known.isEmpty, var state = known[Triple(person: user, item: item, kind: kinds[Int(kind)])] {
        state.take(event, isRating: columns.kindNames[Int(kind)] == Feedback.rating, rule)
        states.append((kind, state))
      } else {
        states.append((kind, State(event: event, isStored: false)))
      }
    }
    for (kind, state) in states {
      let triple = Triple(person: user, item: item, kind: kinds[Int(kind)])
      if !state.isStored {
        text.append(triple, state.event)
        text.endRow()
      }
      if state.isStored || !state.logged.isEmpty { changed.append((triple, state)) }
    }
  }
}

/// Rows in the text form of COPY.
private struct CopyText {
  /// What is sent at once, in bytes.
  static let size = 1 << 18
  private(set) var bytes: [UInt8]

  init(taking buffer: inout [UInt8]) {
    bytes = buffer
    buffer = []
  }

  var count: Int { bytes.count }

  mutating func append(_ number: Int64?) {
    if let number { append(digits: number) } else { append(null: ()) }
    bytes.append(UInt8(ascii: "\t"))
  }

  mutating func append(_ text: String?) {
    if let text {
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\\"): bytes += [byte, byte]
        case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case UInt8(ascii: "\r"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
        case UInt8(ascii: "\t"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        default: bytes.append(byte)
        }
      }
    } else {
      append(null: ())
    }
    bytes.append(UInt8(ascii: "\t"))
  }

  mutating func append(_ number: Double) {
    if let whole = Int64(exactly: number) {
      append(digits: whole)
    } else {
      bytes.append(contentsOf: number.description.utf8)
    }
    bytes.append(UInt8(ascii: "\t"))
  }

  mutating func append(_ triple: Triple, _ event: StoredEvent, withMark: Bool = true) {
    append(triple.person)
    append(triple.item)
    append(triple.kind)
    append(event.value)
    append(event.time)
    append(event.sequence)
    if withMark { append(event.isShown ? "t" : "f") } else { endRow() }
  }

  /// Ends a row: the separator behind its last field becomes a line end.
  mutating func endRow() {
    if bytes.last == UInt8(ascii: "\t") { bytes[bytes.count - 1] = UInt8(ascii: "\n") }
  }

  private mutating func append(null: Void) { bytes += [UInt8(ascii: "\\"), UInt8(ascii: "N")] }

  private mutating func append(digits number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}
