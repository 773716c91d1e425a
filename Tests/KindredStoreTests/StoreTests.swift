import Foundation
import GRDB
import Testing

@testable import KindredStore

struct StoreTests {
  private let folder = Folder()

  @Test func whatIsNoStoreIsRefusedWithASentence() throws {
    func refusal(_ name: String, _ opening: Store.Opening = .existing) -> StoreError.Reason? {
      do throws(StoreError) {
        _ = try Store(folder[name], opening: opening)
        return nil
      } catch {
        #expect(error.description.contains(error.path) && error.path == folder[name])
        return error.reason
      }
    }
    #expect(refusal("none.sqlite") == .missing)
    #expect(refusal("no/folder.sqlite", .creating) == .cannotOpen)
    #expect(refusal("") == .cannotOpen)
    folder.write(String(repeating: "user,item\n", count: 99), to: "text")
    #expect(refusal("text", .creating) == .notAStore)
    let other = try DatabaseQueue(path: folder["other.sqlite"])
    try other.write { db in try db.execute(sql: "CREATE TABLE users (id)") }
    try other.close()
    #expect(refusal("other.sqlite", .creating) == .notAStore)
    let store = try folder.store("newer.sqlite")
    try store.pool.write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
    try store.close()
    #expect(refusal("newer.sqlite") == .newerVersion)
    #expect(refusal("fresh.sqlite", .creating) == nil)
    #expect(refusal("fresh.sqlite") == nil)
  }

  @Test func itIsSafe() async throws {
    let store = try folder.store()
    let settings = try await store.write { db in
      try ["journal_mode", "synchronous", "foreign_keys", "secure_delete"].map { name in
        try String.fetchOne(db, sql: "SELECT CAST(\(name) AS TEXT) FROM pragma_\(name)")
      }
    }
    #expect(settings == ["wal", "2", "1", "1"])
  }

  @Test func aFullDiskTakesNothingButWhatDidNotFit() async throws {
    let store = try folder.store()
    try await store.add([Feedback(user: "ann", item: "heat")], unknownItems: .made)
    let pages = try await store.write { db in try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0 }
    // As good as a disk without room.
    try await store.write { db in try db.execute(sql: "PRAGMA max_page_count = \(pages + 4)") }
    let many = (0..<5000).map { Feedback(user: "person \($0)", item: "item \($0)") }
    let error = await #expect(throws: StoreError.self) { try await store.add(many, unknownItems: .made) }
    #expect(error?.reason == .diskFull && error?.description.contains("the disk is full") == true)
    try await store.add([Feedback(user: "bob", item: "heat")])
    #expect(try await store.counts() == StoreCounts(users: 2, items: 1, hiddenItems: 0, feedback: ["rating": 2]))
  }

  @Test func aStoreThatAnotherProcessWritesIsLocked() async throws {
    try folder.store().close()
    let store = try Store(folder["films.sqlite"], opening: .existing, patience: 0.05)
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: folder["films.sqlite"], configuration: configuration)
    try await other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
    }
    let error = await #expect(throws: StoreError.self) { try await store.put([StoredUser(id: "ann")]) }
    #expect(error == StoreError(.locked, path: folder["films.sqlite"]))
    try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
    try await store.put([StoredUser(id: "ann")])
  }

  @Test(arguments: [
    (ResultCode.SQLITE_READONLY, StoreError.Reason.readOnly), (.SQLITE_IOERR, .other("m")),
    (.SQLITE_CORRUPT, .damaged("m")),
    (.SQLITE_CANTOPEN, .cannotOpen),
  ])
  func theDatabasesErrorsHaveSentences(_ code: ResultCode, _ reason: StoreError.Reason) {
    let error = StoreError(DatabaseError(resultCode: code, message: "m"), path: "films.sqlite")
    #expect(error.reason == reason && error.description.hasPrefix("films.sqlite"))
  }

  @Test func manyWritesAtOnceAreAllKept() async throws {
    let store = try folder.store()
    try await store.put((0..<40).map { StoredItem(id: "item \($0)") })
    await withTaskGroup(of: Void.self) { group in
      for user in 0..<40 {
        group.addTask {
          for item in 0..<40 {
            // One in ten is refused, which takes nothing else with it.
            let item = item % 10 == 9 ? "unknown" : "item \(item)"
            try? await store.add([Feedback(user: "person \(user)", item: item)])
          }
        }
      }
    }
    #expect(try await store.counts().feedback == ["rating": 40 * 36])
  }
}

struct ItemTests {
  private let folder = Folder()
  private let films = [
    StoredItem(
      id: "1", title: "Amélie (2001)", genres: ["Comedy", "Romance"], attributes: JSON(#"{"year":2001,"x":[1,null]}"#)!,
      time: 5),
    StoredItem(id: "2", title: "Alien (1979)", genres: ["Horror", "Sci-Fi"], isHidden: true),
    StoredItem(id: "naïve/3 4", title: "The Alien Comedy"),
    StoredItem(id: "\u{65}\u{301}"),
    StoredItem(id: "\u{e9}"),
  ]

  @Test func itemsAreKeptAsTheyAre() async throws {
    let store = try folder.store()
    try await store.put(films)
    // Two ids that look the same and are written in different bytes are two items.
    #expect(try await store.counts().items == 5)
    for film in films.prefix(3) { #expect(try await store.item(film.id) == film) }
    #expect(try await store.item("4") == nil)
    #expect(try await store.items(["2", "x", "1"]).map(\.id) == ["2", "1"])
    let first = try await store.items(limit: 3)
    #expect(first.elements == Array(films.prefix(3)))
    #expect(try await store.items(after: first.cursor, limit: 3).elements.count == 2)
    #expect(try await store.items(after: first.cursor, limit: 3).cursor == nil)
    #expect(try await store.hiddenItems() == ["2"])
  }

  @Test func searchLooksIntoTitlesGenresAndIDs() async throws {
    let store = try folder.store()
    try await store.put(films)
    func found(_ query: String) async throws -> Set<String> {
      Set(try await store.items(matching: query, limit: 10).elements.map(\.id))
    }
    #expect(try await found("alien") == ["2", "naïve/3 4"])
    #expect(try await found("amelie rom") == ["1"])
    #expect(try await found("comedy") == ["1", "naïve/3 4"])
    #expect(try await found("NAIVE") == ["naïve/3 4"])
    for nothing in ["", "\"", "* OR", "alien AND (", "zzz", "\u{0}"] { #expect(try await found(nothing) == []) }
    _ = try await store.patchItem("2", ItemPatch(title: "Xenomorph"))
    _ = try await store.deleteItem("naïve/3 4")
    #expect(try await found("alien") == [])
    #expect(try await found("xeno") == ["2"])
    let first = try await store.items(matching: "comedy", limit: 1)
    #expect(first.cursor == nil && first.elements.count == 1)
    try await store.put([StoredItem(id: "5", title: "Comedy")])
    let page = try await store.items(matching: "comedy", limit: 1)
    let next = try await store.items(matching: "comedy", after: page.cursor, limit: 1)
    #expect(Set([page.elements[0].id, next.elements[0].id]) == ["1", "5"] && next.cursor == nil)
  }

  @Test func aPatchKeepsWhatItDoesNotName() async throws {
    let store = try folder.store()
    try await store.put(films)
    #expect(try await store.patchItem("1", ItemPatch(isHidden: true)))
    var expected = films[0]
    expected.isHidden = true
    #expect(try await store.item("1") == expected)
    #expect(try await store.patchItem("1", ItemPatch(genres: [], attributes: .null)))
    expected.genres = []
    expected.attributes = .null
    #expect(try await store.item("1") == expected)
    #expect(try await !store.patchItem("none", ItemPatch(isHidden: true)))
  }

  @Test func deletingAnItemTakesItsFeedbackAlong() async throws {
    let store = try folder.store()
    try await store.put(films)
    try await store.add([Feedback(user: "ann", item: "1"), Feedback(user: "ann", item: "2")])
    #expect(try await store.deleteItem("1"))
    #expect(try await !store.deleteItem("1"))
    #expect(try await store.history(of: "ann")?.map(\.item) == ["2"])
  }

  @Test(arguments: ["", "a\u{0}b", String(repeating: "x", count: 4097)])
  func badIDsAreRefused(_ id: String) async throws {
    let store = try folder.store()
    await #expect(throws: StoreError.self) { try await store.put([StoredItem(id: "good"), StoredItem(id: id)]) }
    await #expect(throws: StoreError.self) { try await store.put([StoredUser(id: id)]) }
    await #expect(throws: StoreError.self) { try await store.add([Feedback(user: id, item: "good")]) }
    await #expect(throws: StoreError.self) { try await store.add([Feedback(user: "a", item: "good", value: .nan)]) }
    #expect(try await store.counts().items == 0)
  }
}

struct UsersAndKeyTests {
  private let folder = Folder()

  @Test func usersAreKeptAndPatched() async throws {
    let store = try folder.store()
    let users = (0..<5).map {
      StoredUser(id: "p\($0)", attributes: .object(["age": .integer(Int64($0))]), comment: "c")
    }
    try await store.put(users)
    #expect(try await store.user("p3") == users[3])
    #expect(try await store.patchUser("p3", UserPatch(comment: "new")))
    #expect(try await store.user("p3") == StoredUser(id: "p3", attributes: users[3].attributes, comment: "new"))
    #expect(try await !store.patchUser("none", UserPatch(comment: "new")))
    let page = try await store.users(limit: 2)
    #expect(page.elements.map(\.id) == ["p0", "p1"])
    #expect(try await store.users(after: page.cursor, limit: 3).elements.map(\.id) == ["p2", "p3", "p4"])
  }

  @Test func keysAreKnownByTheirHashAlone() async throws {
    let store = try folder.store()
    let (reading, admin) = (
      try await store.addKey(.readOnly, label: "web"), try await store.addKey(.admin, label: "ops")
    )
    #expect(reading.count == 72 && reading != admin)
    #expect(try await store.key(reading)?.role == .readOnly)
    #expect(try await store.key(admin)?.label == "ops")
    #expect(try await store.key(admin + "x") == nil)
    #expect(try await store.keys().map(\.number) == [1, 2])
    #expect(try await store.revokeKey(2))
    #expect(try await !store.revokeKey(2))
    #expect(try await store.key(admin) == nil)
    try store.close()
    let bytes = try #require(FileManager.default.contents(atPath: folder["films.sqlite"]))
    #expect(bytes.range(of: Data(reading.dropFirst(8).utf8)) == nil)
  }
}
