import Kindred
import KindredStore
import Testing

/// What every store promises of feedback.
@Suite struct FeedbackContract {
  private let folder = Folder()

  @Test(arguments: StoreBody.all) func feedbackIsReplacedOrAccumulated(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put([StoredItem(id: "alien"), StoredItem(id: "heat")])
    try await store.add([Feedback(user: "ann", item: "heat", value: 2, time: 7)])
    try await store.add([Feedback(user: "ann", item: "alien", value: 5, time: 8)])
    try await store.add([Feedback(user: "ann", item: "heat", value: 4, time: 9)])
    try await store.add(
      [Feedback(user: "ann", item: "heat", value: 0.5, time: 9)], existing: .accumulated, unknownItems: .refused)
    let history = try await store.history(of: "ann")
    #expect(
      history == [
        Feedback(user: "ann", item: "alien", value: 5, time: 8),
        Feedback(user: "ann", item: "heat", value: 4.5, time: 9),
      ])
    #expect(try await store.history(of: "bob") == nil)
    // The later write stays, although its time is earlier.
    try await store.add([Feedback(user: "ann", item: "heat", value: 1, time: 2)])
    #expect(try await store.history(of: "ann")?.first == Feedback(user: "ann", item: "heat", value: 1, time: 2))
  }

  @Test(arguments: StoreBody.all) func anUnknownItemIsRefusedOrMade(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put([StoredItem(id: "alien")])
    let feedback = [Feedback(user: "ann", item: "alien"), Feedback(user: "ann", item: "heat")]
    await #expect(throws: StoreError(.unknownItem("heat"), store: store.description)) { try await store.add(feedback) }
    #expect(try await store.counts() == StoreCounts(users: 0, items: 1, hiddenItems: 0, feedback: [:]))
    try await store.add(feedback, unknownItems: .made)
    #expect(try await store.item("heat") == StoredItem(id: "heat"))
  }

  @Test(arguments: StoreBody.all) func pagesAreCutAndContinued(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    let all = (0..<25).map { Feedback(user: "p\($0 / 5)", item: "i\($0 % 5)", kind: $0 % 2 == 0 ? "view" : "like") }
    try await store.add(all, unknownItems: .made)
    for (kind, expected) in [(nil, all), ("view", all.filter { $0.kind == "view" }), ("none", [])] {
      var found: [Feedback] = []
      var cursor: String?
      repeat {
        let page = try await store.feedback(kind: kind, user: nil, item: nil, after: cursor, limit: 4)
        found += page.elements
        cursor = page.cursor
      } while cursor != nil
      #expect(found == expected)
    }
    #expect(try await store.feedback(user: "p1", limit: 5).cursor == nil)
    await #expect(throws: StoreError.self) {
      try await store.feedback(kind: nil, user: nil, item: nil, after: "bm9uc2Vuc2U=", limit: 4)
    }
  }

  @Test(arguments: StoreBody.all) func deletingFeedbackSaysHowMuch(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.add(
      [Feedback(user: "a", item: "b", kind: "view"), Feedback(user: "a", item: "b", kind: "like")],
      unknownItems: .made)
    #expect(try await store.deleteFeedback(kind: "view", user: "a", item: "b") == 1)
    #expect(try await store.deleteFeedback(kind: nil, user: "a", item: "b") == 1)
    #expect(try await store.deleteFeedback(kind: nil, user: "a", item: "b") == 0)
    #expect(try await store.deleteFeedback(kind: nil, user: "a", item: "none") == 0)
  }

  @Test(arguments: StoreBody.all) func aSnapshotHoldsWhatTheStoreHolds(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put([
      StoredItem(id: "unseen", title: "Unseen"),
      StoredItem(id: "heat", title: "Heat", genres: ["Crime", "Drama"], isHidden: true),
    ])
    try await store.add([
      Feedback(user: "ann", item: "heat", kind: "view", value: 1, time: 5),
      Feedback(user: "ann", item: "heat", kind: "like", value: 1, time: 4),
      Feedback(user: "bob", item: "heat", value: 3),
    ])
    let snapshot = try await store.snapshot()
    #expect(
      Array(snapshot.interactions) == [
        Interaction(user: "ann", item: "heat", value: 1, time: 5),
        Interaction(user: "bob", item: "heat", value: 3, time: nil),
      ])
    #expect(
      snapshot.interactions.itemCatalog["heat"]
        == Catalog.Entry(title: "Heat", genres: ["Crime", "Drama"], attributes: ["hidden": "true"]))
    #expect(snapshot.interactions.itemCatalog["unseen"]?.title == "Unseen")
    let valued = try await store.snapshot(kindValues: ["view": 1, "like": 3])
    #expect(Array(valued.interactions) == [Interaction(user: "ann", item: "heat", value: 4, time: 5)])
  }
}
