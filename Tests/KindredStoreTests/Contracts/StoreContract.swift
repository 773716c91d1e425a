import Foundation
import Kindred
import KindredPostgres
import KindredStore
import Testing

/// A type that conforms to `Store`, for the contract tests: each of them holds for each store in ``all``.
struct StoreBody: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Opens the store of a folder, the same one each time; the first time makes it, empty.
  let open: @Sendable (Folder) async throws -> any Store

  static let all =
    [
      StoreBody(testDescription: "SQLite") { try SQLiteStore(path: $0["films.sqlite"], opening: .creating) }
    ] + postgres

  #if Postgres
    private static let postgres = [
      StoreBody(testDescription: "PostgreSQL") { folder in
        try await PostgresStore(
          PostgresServer.shared.location(of: folder.schema), opening: .creating, models: folder["models"],
          connections: 2)
      }
    ]
  #else
    private static let postgres: [StoreBody] = []
  #endif
}

extension Store {
  /// Adds twelve users' ratings of eight items.
  func fill() async throws {
    var all: [Feedback] = []
    for user in 0..<12 {
      for item in 0..<8 where (user * 5 + item * 3) % 4 != 0 {
        all.append(
          Feedback(user: "user \(user)", item: "item \(item)", value: Float(1 + (user + item) % 5), time: 9))
      }
    }
    try await add(all, unknownItems: .made)
  }

  /// The lines of a dump.
  func lines() async throws -> [String] {
    var lines: [String] = []
    try await dump { lines.append($0) }
    return lines
  }
}

extension StoreSnapshot {
  /// A small model of the snapshot.
  func trained() async throws -> Recommender<String, String> {
    let ranking = try Algorithm.implicitALS.trainer(setting: ["rank": "4"])
    let rating = try Algorithm.sgd.trainer(setting: ["rank": "4", "epochs": "3"])
    return try await Recommender.train(on: interactions, ranking: ranking, rating: rating, seed: 3)
  }
}

/// What every store promises as a whole.
@Suite struct StoreContract {
  private let folder = Folder()

  @Test(arguments: StoreBody.all) func whatWasAcknowledgedIsThereWhenOpenedAnew(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    try await store.put([StoredUser(id: "ann", attributes: Attributes(["age": "30"]), comment: "shy")])
    let key = try await store.addKey(.admin, label: "ops")
    let snapshot = try await store.snapshot()
    let model = try await store.add(try await snapshot.trained(), trainedOn: snapshot.mark)
    let page = try await store.items(after: nil, limit: 3)
    let lines = try await store.lines()
    try await store.close()

    let again = try await body.open(folder)
    #expect(try await again.lines() == lines && lines.count == 8 + 13 + snapshot.interactions.count)
    #expect(try await again.models() == [model])
    #expect(try await again.key(key)?.label == "ops")
    #expect(try await again.items(after: page.cursor, limit: 1).elements.map(\.id) == ["item 5"])
    try await again.close()
  }

  @Test(arguments: StoreBody.all) func manyWritesAtOnceAreAllKept(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put((0..<40).map { StoredItem(id: "item \($0)") })
    await withTaskGroup(of: Void.self) { group in
      for user in 0..<40 {
        group.addTask {
          for item in 0..<40 {
            // One in ten is refused, which takes nothing else with it.
            let item = item % 10 == 9 ? "unknown" : "item \(item)"
            try? await store.add([Feedback(user: "user \(user)", item: item)])
          }
        }
      }
    }
    #expect(try await store.counts().feedback == ["rating": 40 * 36])
  }

  @Test(arguments: StoreBody.all) func recordsOfAnExportAreThoseOfOneMoment(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    var records: [StoredRecord] = []
    try await store.forEachRecord { records.append($0) }
    let items = records.compactMap { if case .item(let item) = $0 { item.id } else { nil } }
    #expect(Set(items) == Set((0..<8).map { "item \($0)" }))
    var feedback: [Feedback] = []
    try await store.forEachFeedback { feedback.append($0) }
    #expect(Array(records.suffix(feedback.count)) == feedback.map { .feedback($0) })
    #expect(feedback.filter { $0.user == "user 3" } == (try await store.history(of: "user 3")))
    struct Stop: Error {}
    await #expect(throws: Stop.self) { try await store.forEachFeedback { _ in throw Stop() } }
  }

  @Test(arguments: StoreBody.all) func settingsAndFiguresAreKept(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    #expect(try await store.words() == DataWords())
    var words = DataWords()
    (words.item, words.items) = try #require(DataWords.noun("film"))
    (words.user, words.users) = try #require(DataWords.noun("person/people"))
    try await store.set(words)
    #expect(try await store.words() == words && words.items == "films" && words.users == "people")
    try await store.set("other", to: "x")
    try await store.set("other", to: nil)
    #expect(try await store.setting("other") == nil)
    for bad in ["", "a/b/c", "<b>", "film/"] { #expect(DataWords.noun(bad) == nil) }
    let values = try await store.values(ofKind: Feedback.rating, limit: 1000)
    #expect(values.map(\.value) == [1, 2, 3, 4, 5] && values.reduce(0) { $0 + $1.count } == 72)
    #expect(try await store.values(ofKind: "none", limit: 10).isEmpty)
    #expect(try await store.values(ofKind: Feedback.rating, limit: 7).reduce(0) { $0 + $1.count } == 7)
    try await store.note(["lists": 3], minute: 100, server: "a")
    try await store.note(["lists": 5], minute: 100, server: "a")
    try await store.note(["lists": 1], minute: 101, server: "b")
    let minutes = try await store.minutes(since: 100)
    #expect(minutes.map(\.minute) == [100, 101] && minutes.map(\.figures) == [["lists": 5], ["lists": 1]])
    // A month later the first ones are gone.
    try await store.note([:], minute: 100 + 30 * 24 * 60 + 1, server: "a")
    #expect(try await store.minutes(since: 0).map(\.minute) == [101, 43301])
  }

  @Test(arguments: StoreBody.all) func anImportThatIsGivenUpLeavesNothing(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    let lines = (0..<70_000).map { "u\($0 % 700),i\($0 / 700),3\n" }.joined()
    let path = folder["many.csv"]
    try ("user,item,rating\n" + lines).write(toFile: path, atomically: true, encoding: .utf8)
    let contents = try FileImport().read([path])
    let work = Task { try await store.add(contents) }
    work.cancel()
    await #expect(throws: StoreError.self) { try await work.value }
    #expect(try await store.counts().feedbackCount == 0)
  }
}
