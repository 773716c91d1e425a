import Foundation
import Kindred
import Testing

@testable import KindredStore

/// The files of models beside an SQLite store.
struct SQLiteModelTests {
  private let folder = Folder()

  private func filled() async throws -> (SQLiteStore, StoreSnapshot, Recommender<String, String>) {
    let store = try folder.store()
    try await store.fill()
    let snapshot = try await store.snapshot()
    return (store, snapshot, try await snapshot.trained())
  }

  @Test func aModelIsAFileAndGoesWithIt() async throws {
    let (store, snapshot, recommender) = try await filled()
    for _ in 1...3 {
      let model = try await store.add(
        recommender, trainedOn: snapshot.mark, metrics: [:], isCurrent: false, keeping: 2)
      #expect(model.location == folder["films.models/\(model.number).kindred"])
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder["films.models"])
    #expect(files.sorted() == ["2.kindred", "3.kindred"])
    folder.write("none", to: "films.models/3.kindred")
    let model = try #require(try await store.model(3))
    let error = await #expect(throws: StoreError.self) { try await store.recommender(of: model) }
    #expect(error?.description.contains("3.kindred") == true)
  }

  @Test func aModelInUseOutlivesItsFile() async throws {
    let (store, snapshot, recommender) = try await filled()
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    let served = try await store.recommender(of: model)
    let expected = served.recommendations(forHistory: ["item 1": 5], limit: 5).map(\.item)
    // As `cp other 1.kindred` does: the same file, cut short. Its pages would be gone.
    let file = try #require(FileHandle(forWritingAtPath: model.location))
    try file.truncate(atOffset: 0)
    try file.close()
    #expect(served.recommendations(forHistory: ["item 1": 5], limit: 5).map(\.item) == expected)
  }

  @Test func noByteIsLeftOfADeletedUser() async throws {
    let (store, snapshot, recommender) = try await filled()
    try await store.put([
      StoredUser(id: "user 3", attributes: Attributes(["mail": "secret@example.org"]), comment: "shy")
    ])
    _ = try await store.add(recommender, trainedOn: snapshot.mark)
    #expect(try await store.deleteUser("user 3")?.isOverwritten == true)
    for file in FileManager.default.enumerator(atPath: folder.path)! {
      guard let bytes = FileManager.default.contents(atPath: folder["\(file)"]) else { continue }
      for trace in ["user 3", "secret@example.org", "shy"] {
        #expect(bytes.range(of: Data(trace.utf8)) == nil, "\(trace) is in \(file)")
      }
    }
  }

  @Test func aDeletionThatWasCutShortIsFinishedOnOpening() async throws {
    let (store, snapshot, recommender) = try await filled()
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    try await store.write { db in
      try db.execute(sql: "DELETE FROM people WHERE id = 'user 5'")
      try db.execute(sql: "INSERT INTO erasures (person) VALUES ('user 5')")
    }
    folder.write("left", to: "films.models/7.kindred")
    try await store.close()
    let again = try SQLiteStore(path: folder["films.sqlite"])
    #expect(try await !again.recommender(of: model).knows(user: "user 5"))
    #expect(!FileManager.default.fileExists(atPath: folder["films.models/7.kindred"]))
    #expect(try await again.models().count == 1)
  }

  @Test func aBackupIsAStoreOfOneMoment() async throws {
    let (store, snapshot, recommender) = try await filled()
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    let lines = try await store.lines()
    let writing = Task {
      for count in 0..<50 { try await store.add([Feedback(user: "new \(count)", item: "item 1")]) }
    }
    try await store.backUp(to: folder["copy.sqlite"])
    try await writing.value
    let copy = try SQLiteStore(path: folder["copy.sqlite"])
    let copied = try await copy.lines()
    #expect(Set(copied).isSuperset(of: lines) && copied.count >= lines.count)
    let kept = try #require(try await copy.currentModel())
    #expect(kept.number == model.number && kept.location == folder["copy.models/1.kindred"])
    #expect(try await copy.recommender(of: kept).knows(user: "user 3"))
    await #expect(throws: StoreError.self) { try await store.backUp(to: folder["copy.sqlite"]) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("unfinished") })
  }
}
