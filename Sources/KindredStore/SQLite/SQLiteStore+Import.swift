import Foundation
import GRDB
import Kindred

extension SQLiteStore {
  public func add(
    _ contents: FileImport.Contents, progress: @escaping @Sendable (Int, Int) -> Void
  ) async throws(StoreError) {
    do {
      try await withGivingUp { given in
        try await write { db in
          try Self.add(contents, db) { done, total in
            try given.check()
            progress(done, total)
          }
        }
      }
    } catch { throw StoreError(error, store: path) }
  }

  private static func add(
    _ contents: FileImport.Contents, _ db: Database, _ progress: (Int, Int) throws -> Void
  ) throws {
    for item in contents.items { try item.put(db) }
    for user in contents.users { try user.put(db) }
    for (id, entry) in contents.catalog.inOrder { try StoredItem(id: id, entry).putDescription(db) }
    let total = contents.tables.reduce(0) { $0 + $1.columns.count }
    // Filling an index row by row costs more than making it anew once the rows are many.
    let present = try Int.fetchOne(db, sql: "SELECT count(*) FROM feedback") ?? 0
    let isLarge = total > 10_000 && total > present
    if isLarge { try db.execute(sql: "DROP INDEX feedback_by_item; DROP INDEX feedback_by_time") }
    var done = 0
    for table in contents.tables {
      try insert(table, db) { try progress(done + $0, total) }
      done += table.columns.count
    }
    if isLarge { try db.execute(sql: "\(Migrations.feedbackByItem); \(Migrations.feedbackByTime)") }
  }

  /// Inserts columns in the order of the table's own key, in which it fills page after page; numbered in their own.
  private static func insert(_ table: FileImport.FeedbackTable, _ db: Database, progress: (Int) throws -> Void) throws {
    let columns = table.columns
    let users = try columns.userIDs.map { try number(db, ofUser: $0) }
    let items = try columns.itemIDs.map { try number(db, ofItem: $0, making: true) ?? 0 }
    let kinds = try columns.kindNames.map { try number(db, ofKind: $0) }
    let ratings = columns.kindNames.map { $0 == Feedback.rating }
    let sequence = try EventWriter.sequence(db, count: columns.count)
    let writer = try EventWriter(db)
    let rows = columns.order(users, items)
    var done = 0
    func insert(_ rows: some Sequence<Int32>, _ rule: EventRule) throws {
      for row in rows.lazy.map(Int.init) {
        let time = columns.times.isEmpty ? InteractionColumns.noTime : columns.times[row]
        try writer.write(
          user: users[Int(columns.users[row])], item: items[Int(columns.items[row])],
          kind: kinds[Int(columns.kinds[row])], isRating: ratings[Int(columns.kinds[row])],
          value: Double(columns.values[row]),
          time: time == InteractionColumns.noTime ? nil : time, sequence: sequence + Int64(row), rule: rule)
        done += 1
        if done % 65_536 == 0 { try progress(done) }
      }
    }
    // What is current comes first, so that nothing earlier or shown takes its place.
    let isEarlier = { (row: Int32) in !columns.isEarlier.isEmpty && columns.isEarlier[Int(row)] }
    let isShown = { (row: Int32) in !table.isShown.isEmpty && table.isShown[Int(row)] }
    try insert(rows.lazy.filter { !isEarlier($0) && !isShown($0) }, table.isLog ? .logged : .imported)
    if !columns.isEarlier.isEmpty { try insert(rows.lazy.filter(isEarlier), .earlier) }
    if !table.isShown.isEmpty { try insert(rows.lazy.filter { isShown($0) && !isEarlier($0) }, .shown) }
    try progress(columns.count)
  }
}

extension StoredItem {
  /// Adds the item, or changes what it is described by; one that is hidden stays so.
  fileprivate func putDescription(_ db: Database) throws {
    let sql = """
      INSERT INTO items (id, title, genres, attributes, hidden) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, genres = excluded.genres, attributes = excluded.attributes,
        hidden = hidden OR excluded.hidden
      """
    try db.cachedStatement(sql: sql).execute(arguments: [id, title, genreText, attributeText, isHidden])
  }
}
