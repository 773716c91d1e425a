import Kindred
import KindredStore
import Testing

/// What every store promises of models and of deleted users.
@Suite struct ModelContract {
  private let folder = Folder()

  @Test(arguments: StoreBody.all) func aModelIsKeptWithHowItWasMade(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    let snapshot = try await store.snapshot()
    let recommender = try await snapshot.trained()
    #expect(try await store.currentModel() == nil)
    let first = try await store.add(recommender, trainedOn: snapshot.mark, metrics: ["ndcg@10": 0.25])
    #expect(first.number == 1 && first.isCurrent)
    #expect(first.trainer == "implicit-als, sgd" && first.parameters["ranking.rank"] == "4" && first.seed == "3")
    #expect(first.fingerprint == recommender.provenance.fingerprint && first.metrics == ["ndcg@10": 0.25])
    #expect(first.interactions == snapshot.interactions.count)
    let second = try await store.add(recommender, trainedOn: snapshot.mark, isCurrent: false)
    #expect(try await store.models() == [second, first])
    #expect(try await store.currentModel() == first)
    try await store.makeCurrent(2)
    #expect(try await store.currentModel()?.number == 2)
    await #expect(throws: StoreError(.unknownModel(9), store: store.description)) { try await store.makeCurrent(9) }
    #expect(try await store.currentModel()?.number == 2)
    let read = try await store.recommender(of: first)
    #expect(
      read.recommendations(for: "user 3").map(\.item) == recommender.recommendations(for: "user 3").map(\.item))
  }

  @Test(arguments: StoreBody.all) func theOldestModelsGo(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    let snapshot = try await store.snapshot()
    let recommender = try await snapshot.trained()
    for number in 1...4 {
      _ = try await store.add(
        recommender, trainedOn: snapshot.mark, metrics: [:], isCurrent: number == 1, keeping: 2)
    }
    #expect(try await store.models().map(\.number) == [4, 3, 1])
    try await store.setMetrics(["rmse": 1], ofModel: 3)
    #expect(try await store.model(3)?.metrics == ["rmse": 1])
    await #expect(throws: StoreError(.unknownModel(2), store: store.description)) {
      try await store.setMetrics([:], ofModel: 2)
    }
    #expect(try await store.deleteModel(4))
    #expect(try await !store.deleteModel(4))
  }

  @Test(arguments: StoreBody.all) func nothingIsLeftOfADeletedUser(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    let snapshot = try await store.snapshot()
    let recommender = try await snapshot.trained()
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    let feedback = try #require(try await store.history(of: "user 3")?.count)
    let erasure = try #require(try await store.deleteUser("user 3"))
    #expect(erasure.feedback == feedback && erasure.models == [1])
    #expect(try await store.deleteUser("user 3") == nil)
    #expect(try await store.user("user 3") == nil)
    #expect(try await store.feedback(user: "user 3", limit: 5).elements.isEmpty)
    #expect(try await !store.recommender(of: model).knows(user: "user 3"))
  }

  @Test(arguments: StoreBody.all) func aModelFromBeforeADeletionComesWithoutTheUser(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.fill()
    let snapshot = try await store.snapshot()
    let recommender = try await snapshot.trained()
    _ = try await store.deleteUser("user 3")
    _ = try await store.deleteUser("user 4")
    // A user who comes back under the same id is another user to the old snapshot.
    try await store.put([StoredUser(id: "user 4")])
    let model = try await store.add(recommender, trainedOn: snapshot.mark)
    let read = try await store.recommender(of: model)
    #expect(!read.knows(user: "user 3") && !read.knows(user: "user 4") && read.userCount == 10)
  }
}
