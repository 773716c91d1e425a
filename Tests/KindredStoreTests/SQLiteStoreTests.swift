import Foundation
import GRDB
import Kindred
import Testing

@testable import KindredStore

struct SQLiteStoreTests {
  let folder = Folder()

  @Test func whatIsNoStoreIsRefusedWithASentence() async throws {
    func refusal(_ name: String, _ opening: StoreOpening = .existing) -> StoreError.Reason? {
      do throws(StoreError) {
        _ = try SQLiteStore(path: folder[name], opening: opening)
        return nil
      } catch {
        #expect(error.description.contains(error.store) && error.store == folder[name])
        return error.reason
      }
    }
    #expect(refusal("none.sqlite") == .missing)
    #expect(refusal("no/folder.sqlite", .creating) == .cannotOpen)
    #expect(refusal("") == .cannotOpen)
    folder.write(String(repeating: "user,item\n", count: 99), to: "text")
    #expect(refusal("text", .creating) == .notAStore)
    let other = try DatabaseQueue(path: folder["other.sqlite"])
    try await other.write { db in try db.execute(sql: "CREATE TABLE users (id)") }
    try other.close()
    #expect(refusal("other.sqlite", .creating) == .notAStore)
    let store = try folder.store("newer.sqlite")
    try await store.pool.write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
    try await store.close()
    #expect(refusal("newer.sqlite") == .newerVersion)
    #expect(refusal("fresh.sqlite", .creating) == nil)
    #expect(refusal("fresh.sqlite") == nil)
  }

  @Test func onlyItsOwnerMayReadIt() async throws {
    let store = try folder.store()
    try await store.add([Feedback(user: "ann", item: "heat")], unknownItems: .made)
    for name in ["films.sqlite", "films.sqlite-wal"] {
      let rights = try FileManager.default.attributesOfItem(atPath: folder[name])[.posixPermissions] as? Int
      #expect(rights == 0o600, "\(name)")
    }
  }

  @Test func aCancelledReadSaysNothingOfWhatWasWritten() async throws {
    let store = try folder.store()
    let reading = Task {
      while !Task.isCancelled { await Task.yield() }
      do throws(StoreError) {
        _ = try await store.counts()
        return nil as StoreError?
      } catch { return error }
    }
    reading.cancel()
    let error = try #require(await reading.value)
    #expect(error.reason == .cancelled && error.description.contains("what was under way was not written"))
  }

  @Test func genresKeepTheirBytes() async throws {
    let store = try folder.store()
    let genres = ["a\r", "b", "e\u{301}", "\u{301}"]
    try await store.put([StoredItem(id: "heat", genres: genres)])
    let read = try await store.item("heat")?.genres ?? []
    #expect(read.map { Array($0.utf8) } == genres.map { Array($0.utf8) })
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
    let many = (0..<5000).map { Feedback(user: "user \($0)", item: "item \($0)") }
    let error = await #expect(throws: StoreError.self) { try await store.add(many, unknownItems: .made) }
    #expect(error?.reason == .diskFull && error?.description.contains("the disk is full") == true)
    try await store.add([Feedback(user: "bob", item: "heat")])
    #expect(try await store.counts() == StoreCounts(users: 2, items: 1, hiddenItems: 0, feedback: ["rating": 2]))
  }

  @Test func aStoreThatAnotherProcessWritesIsLocked() async throws {
    try await folder.store().close()
    let store = try SQLiteStore(path: folder["films.sqlite"], opening: .existing, patience: 0.05)
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: folder["films.sqlite"], configuration: configuration)
    try await other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
    }
    let error = await #expect(throws: StoreError.self) { try await store.put([StoredUser(id: "ann")]) }
    #expect(error == StoreError(.locked, store: folder["films.sqlite"]))
    try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
    try await store.put([StoredUser(id: "ann")])
  }

  @Test(arguments: [
    (ResultCode.SQLITE_READONLY, StoreError.Reason.readOnly), (.SQLITE_IOERR, .other("m")),
    (.SQLITE_CORRUPT, .damaged("m")),
    (.SQLITE_CANTOPEN, .cannotOpen),
  ])
  func theDatabasesErrorsHaveSentences(_ code: ResultCode, _ reason: StoreError.Reason) {
    let error = StoreError(DatabaseError(resultCode: code, message: "m"), store: "films.sqlite")
    #expect(error.reason == reason && error.description.hasPrefix("films.sqlite"))
  }

  @Test func manyRowsComeInAndTheirIndexIsMadeAnew() async throws {
    let store = try folder.store()
    var text = ""
    for row in 0..<12_000 { text += "\(row % 300)\t\(row / 300 * 7 % 101)\t\(row % 5 + 1)\n" }
    folder.write(text, to: "r.tsv")
    try await store.add(try FileImport().read([folder["r.tsv"]]))
    let expected = Set(text.split(separator: "\n").map { $0.split(separator: "\t").prefix(2).joined(separator: "\t") })
    #expect(try await store.counts().feedback == ["rating": expected.count])
    #expect(try await store.feedback(item: "7", limit: 1000).elements.count == 300)
    let plan = try await store.read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE name = 'feedback_by_item'")
    }
    #expect(plan == ["feedback_by_item"])
    let snapshot = try await store.snapshot()
    #expect(Set(snapshot.interactions.map { "\($0.user)\t\($0.item)" }) == expected)
  }

  @Test func keysAreKnownByTheirHashAlone() async throws {
    let store = try folder.store()
    let key = try await store.addKey(.readOnly, label: "web")
    try await store.close()
    let bytes = try #require(FileManager.default.contents(atPath: folder["films.sqlite"]))
    #expect(bytes.range(of: Data(key.dropFirst(8).utf8)) == nil)
  }

  /// Golden, of `printf kindred_00ff | sha256sum`.
  @Test func keysAreHashedBySHA256() {
    let hash = AccessKey.hash(of: "kindred_00ff").hexadecimal
    #expect(hash == "94bc90b5742b5545f53e65a0576db13da96d09b03a1f664173e3c550380c3278")
  }
}
