import Foundation
import Kindred
import Testing

@testable import KindredStore

struct ModelTests {
  private let folder = Folder()

  private func filled() async throws -> Store {
    let store = try folder.store()
    var all: [Feedback] = []
    for user in 0..<12 {
      for item in 0..<8 where (user * 5 + item * 3) % 4 != 0 {
        all.append(
          Feedback(user: "person \(user)", item: "item \(item)", value: Float(1 + (user + item) % 5), time: 9))
      }
    }
    try await store.add(all, unknownItems: .made)
    return store
  }

  private func trained(_ snapshot: StoreSnapshot) async throws -> Recommender<String, String> {
    let ranking = try Algorithm.implicitALS.trainer(setting: ["rank": "4"])
    let rating = try Algorithm.sgd.trainer(setting: ["rank": "4", "epochs": "3"])
    return try await Recommender.train(on: snapshot.interactions, ranking: ranking, rating: rating, seed: 3)
  }

  @Test func aModelIsKeptWithHowItWasMade() async throws {
    let store = try await filled()
    let snapshot = try await store.snapshot()
    let recommender = try await trained(snapshot)
    #expect(try await store.currentModel() == nil)
    let first = try await store.add(recommender, trainedOn: snapshot.mark, metrics: ["ndcg@10": 0.25])
    #expect(first.number == 1 && first.path == folder["films.models/1.kindred"] && first.isCurrent)
    #expect(first.trainer == "implicit-als, sgd" && first.parameters["ranking.rank"] == "4" && first.seed == "3")
    #expect(first.fingerprint == recommender.provenance.fingerprint && first.metrics == ["ndcg@10": 0.25])
    #expect(first.interactions == snapshot.interactions.count)
    let second = try await store.add(recommender, trainedOn: snapshot.mark, isCurrent: false)
    #expect(try await store.models() == [second, first])
    #expect(try await store.currentModel() == first)
    try await store.makeCurrent(2)
    #expect(try await store.currentModel()?.number == 2)
    await #expect(throws: StoreError(.unknownModel(9), path: store.path)) { try await store.makeCurrent(9) }
    #expect(try await store.currentModel()?.number == 2)
    let read = try Recommender<String, String>(contentsOf: first.path)
    #expect(
      read.recommendations(for: "person 3").map(\.item) == recommender.recommendations(for: "person 3").map(\.item))
  }

  @Test func theOldestModelsGo() async throws {
    let store = try await filled()
    let snapshot = try await store.snapshot()
    let recommender = try await trained(snapshot)
    for number in 1...4 {
      _ = try await store.add(recommender, trainedOn: snapshot.mark, isCurrent: number == 1, keeping: 2)
    }
    #expect(try await store.models().map(\.number) == [4, 3, 1])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder["films.models"]).sorted() == [
        "1.kindred", "3.kindred", "4.kindred",
      ])
    #expect(try await store.deleteModel(4))
    #expect(try await !store.deleteModel(4))
  }

  @Test func nothingIsLeftOfADeletedUser() async throws {
    let store = try await filled()
    let snapshot = try await store.snapshot()
    let recommender = try await trained(snapshot)
    try await store.put([
      StoredUser(id: "person 3", attributes: .object(["mail": .text("secret@example.org")]), comment: "shy")
    ])
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    let feedback = try #require(try await store.history(of: "person 3")?.count)
    #expect(try await store.deleteUser("person 3") == Erasure(feedback: feedback, models: [1], isLogEmptied: true))
    #expect(try await store.deleteUser("person 3") == nil)
    #expect(try await store.user("person 3") == nil)
    #expect(try await store.feedback(user: "person 3", limit: 5).elements.isEmpty)
    #expect(try !Recommender<String, String>(contentsOf: model.path).knows(user: "person 3"))
    for file in FileManager.default.enumerator(atPath: folder.path)! {
      guard let bytes = FileManager.default.contents(atPath: folder["\(file)"]) else { continue }
      for trace in ["person 3", "secret@example.org", "shy"] {
        #expect(bytes.range(of: Data(trace.utf8)) == nil, "\(trace) is in \(file)")
      }
    }
  }

  @Test func aModelFromBeforeADeletionComesWithoutTheUser() async throws {
    let store = try await filled()
    let snapshot = try await store.snapshot()
    let recommender = try await trained(snapshot)
    _ = try await store.deleteUser("person 3")
    _ = try await store.deleteUser("person 4")
    // Who comes back under the same id is someone else to the old snapshot.
    try await store.put([StoredUser(id: "person 4")])
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    let read = try Recommender<String, String>(contentsOf: model.path)
    #expect(!read.knows(user: "person 3") && !read.knows(user: "person 4") && read.userCount == 10)
  }

  @Test func aDeletionThatWasCutShortIsFinishedOnOpening() async throws {
    let store = try await filled()
    let snapshot = try await store.snapshot()
    let model = try await store.add(try await trained(snapshot), trainedOn: snapshot.mark)
    try await store.write { db in
      try db.execute(sql: "DELETE FROM people WHERE id = 'person 5'")
      try db.execute(sql: "INSERT INTO erasures (person) VALUES ('person 5')")
    }
    folder.write("left", to: "films.models/7.kindred")
    try store.close()
    let again = try Store(folder["films.sqlite"])
    #expect(try !Recommender<String, String>(contentsOf: model.path).knows(user: "person 5"))
    #expect(!FileManager.default.fileExists(atPath: folder["films.models/7.kindred"]))
    #expect(try await again.models().count == 1)
  }
}
