import Kindred
import KindredStore

extension PostgresStore {
  public func item(_ id: String) async throws(StoreError) -> StoredItem? {
    try await read { session in try StoredItem.one(session, id) }
  }

  public func items(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    return try await page("WHERE number > $1 ORDER BY number LIMIT $2", ["\(cursor[0])", "\(limit + 1)"], limit)
  }

  public func items(
    matching query: String, after cursor: String?, limit: Int
  ) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    let pattern = SearchWords.query(query)
    guard !pattern.isEmpty else { return StorePage([], limit: limit) }
    let skipped = max(0, cursor[0])
    return try await read { session in
      let rows = try session.run(
        """
        SELECT \(StoredItem.columns) FROM items WHERE words @@ $1::tsquery
        ORDER BY ts_rank(words, $1::tsquery) DESC, number LIMIT $2 OFFSET $3
        """, [pattern, "\(limit + 1)", "\(skipped)"])
      return StorePage(
        (0..<rows.count).map { (StoredItem(rows, $0), Cursor.text(skipped + Int64($0) + 1)) }, limit: limit)
    }
  }

  public func unratedItems(after cursor: String?, limit: Int) async throws(StoreError) -> StorePage<StoredItem> {
    let cursor = try Cursor(cursor, count: 1)
    let last = cursor[0] < 0 ? Int64.max : cursor[0]
    return try await page(
      """
      WHERE number < $1::bigint AND NOT EXISTS (SELECT FROM feedback WHERE item = number AND NOT shown)
      ORDER BY number DESC LIMIT $2
      """, ["\(last)", "\(limit + 1)"], limit)
  }

  private func page(
    _ clause: String, _ arguments: [String?], _ limit: Int
  ) async throws(StoreError) -> StorePage<StoredItem> {
    try await read { session in
      let rows = try session.run("SELECT \(StoredItem.columns) FROM items \(clause)", arguments)
      return StorePage((0..<rows.count).map { (StoredItem(rows, $0), Cursor.text(rows.integer($0, 0))) }, limit: limit)
    }
  }

  public func put(_ items: [StoredItem]) async throws(StoreError) {
    for item in items { try item.check(in: description) }
    try await write { change in for item in items { try item.put(change) } }
  }

  public func patchItem(_ id: String, _ patch: ItemPatch) async throws(StoreError) -> Bool {
    try await write { change in
      guard var item = try StoredItem.one(change.session, id) else { return false }
      item.apply(patch)
      try item.check(in: description)
      try item.put(change)
      return true
    }
  }

  public func deleteItem(_ id: String) async throws(StoreError) -> Bool {
    try await write { change in
      let session = try change.session
      let rows = try session.run("DELETE FROM items WHERE id = $1 RETURNING number", [id])
      guard rows.count == 1 else { return false }
      for table in ["feedback", "events"] {
        try session.run("DELETE FROM \(table) WHERE item = $1", [rows.text(0, 0)])
      }
      // Whoever had it has another history now.
      change.notes.add(.everything)
      return true
    }
  }
}

extension StoredItem {
  static let columns = "number, id, title, genres, attributes, hidden, time"

  /// Reads a row of `columns`.
  init(_ rows: Session.Rows, _ row: Int) {
    self.init(
      id: rows.text(row, 1), title: rows.optionalText(row, 2), genres: Self.genres(rows.optionalText(row, 3)),
      attributes: rows.optionalText(row, 4).flatMap { Attributes($0) } ?? .null, isHidden: rows.flag(row, 5),
      time: rows.optionalInteger(row, 6))
  }

  static func one(_ session: Session, _ id: String) throws -> StoredItem? {
    let rows = try session.run("SELECT \(columns) FROM items WHERE id = $1", [id])
    return rows.count == 1 ? StoredItem(rows, 0) : nil
  }

  func put(_ change: Change) throws {
    let values = [
      id, title, genreText, attributeText, "\(isHidden)", time.map { "\($0)" },
      SearchWords.vector(id: id, title: title, genres: genres),
    ]
    let session = try change.session
    change.notes.add(.item(id))
    let update = """
      UPDATE items SET title = $2, genres = $3, attributes = $4, hidden = $5, time = $6, words = $7::tsvector
      WHERE id = $1
      """
    if try session.run(update, values).affected > 0 { return }
    try session.run(
      """
      INSERT INTO items (id, title, genres, attributes, hidden, time, words)
      VALUES ($1, $2, $3, $4, $5, $6, $7::tsvector)
      """, values)
  }
}

/// The words of items as PostgreSQL's text search takes them: without case and diacritics, as `ItemSearch` cuts them.
enum SearchWords {
  /// More than these say nothing.
  private static let most = 1000
  private static let longest = 60

  /// A `tsvector`: the words of the title weigh more.
  static func vector(id: String, title: String?, genres: [String]) -> String {
    let titles = words(title ?? "").map { ($0, "A") }
    let others = words(([id] + genres).joined(separator: " ")).map { ($0, "C") }
    return (titles + others).prefix(most).enumerated().map { "'\($1.0)':\($0 + 1)\($1.1)" }.joined(separator: " ")
  }

  /// A `tsquery` of items that have every word, or words that begin with it; empty without a word.
  static func query(_ text: String) -> String {
    words(text).prefix(most).map { "'\($0)':*" }.joined(separator: " & ")
  }

  private static func words(_ text: String) -> [String] {
    ItemSearch.words(in: text).map { String(String(decoding: $0, as: UTF8.self).prefix(longest)) }
  }
}
