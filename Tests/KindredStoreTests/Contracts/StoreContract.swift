import Foundation
import Kindred
import KindredStore
import Testing

/// A type that conforms to `Store`, for the contract tests: each of them holds for each store in ``all``.
struct StoreBody: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Opens the store of a folder, the same one each time; the first time makes it, empty.
  let open: @Sendable (Folder) async throws -> any Store

  static let all = [
    StoreBody(testDescription: "SQLite") { try SQLiteStore(path: $0["films.sqlite"], opening: .creating) }
  ]
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
}
