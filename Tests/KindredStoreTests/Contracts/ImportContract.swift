import Kindred
import KindredStore
import Testing

/// What every store promises of imports and dumps.
@Suite struct ImportContract {
  private let folder = Folder()
  private let otherFolder = Folder()

  private func imported(_ store: any Store, _ names: String..., items: String? = nil, kind: String? = nil) async throws
  {
    var importing = FileImport()
    if let kind { importing.kind = kind }
    try await store.add(try importing.read(names.map { folder[$0] }, items: items.map { folder[$0] }))
  }

  @Test(arguments: StoreBody.all) func aDumpComesInAndGoesOutTheSame(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    folder.write(ImportTests.dump, to: "dump.jsonl")
    try await imported(store, "dump.jsonl")
    #expect(
      try await store.item("heat")
        == StoredItem(
          id: "heat", title: "Heat", genres: ["Crime", "Drama"],
          attributes: Attributes(#"{"year":1995,"cast":["Pacino",null]}"#)!, isHidden: true, time: 1_577_934_245_000_000
        ))
    #expect(try await store.item("é\"\\") == StoredItem(id: "é\"\\"))
    #expect(
      try await store.user("ann") == StoredUser(id: "ann", attributes: Attributes(#"["a",{"b":1.5}]"#)!, comment: "shy")
    )
    #expect(
      try await store.history(of: "ann") == [
        Feedback(user: "ann", item: "heat", kind: "read", value: 0),
        Feedback(user: "ann", item: "heat", kind: "star", value: 4.5, time: 1_577_930_645_678_000),
      ])
    #expect(try await store.history(of: "zoe")?.first?.value == -1e-3)
    let first = try await store.lines()
    #expect(first.count == 9)
    folder.write(first.joined(separator: "\n"), to: "again.jsonl")
    let other = try await body.open(otherFolder)
    try await imported(other, "again.jsonl")
    #expect(try await other.lines() == first)
    // And over itself, nothing changes.
    try await imported(other, "again.jsonl")
    #expect(try await other.lines() == first)
  }

  @Test(arguments: StoreBody.all) func tablesOfRatingsComeIn(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    folder.write(
      "user,item,rating,timestamp\nann,heat,4,20\nbob,heat,3,10\nann,alien,5,30\nann,heat,2,40\n", to: "r.csv")
    folder.write("itemId,title,genres,hidden\nheat,Heat (1995),Crime|Drama,\nunseen,Unseen,,true\n", to: "i.csv")
    try await imported(store, "r.csv", items: "i.csv")
    #expect(
      try await store.history(of: "ann") == [
        Feedback(user: "ann", item: "alien", value: 5, time: 30_000_000),
        Feedback(user: "ann", item: "heat", value: 2, time: 40_000_000),
      ])
    #expect(try await store.item("heat") == StoredItem(id: "heat", title: "Heat (1995)", genres: ["Crime", "Drama"]))
    #expect(try await store.item("unseen") == StoredItem(id: "unseen", title: "Unseen", isHidden: true))
    // Older feedback does not take the place of newer; what an item file does not say stays.
    _ = try await store.patchItem("heat", ItemPatch(isHidden: true))
    folder.write("ann heat 1 39\nbob heat 1 10\n", to: "old.txt")
    try await imported(store, "old.txt", items: "i.csv")
    #expect(try await store.history(of: "ann")?.last?.value == 2)
    #expect(try await store.history(of: "bob")?.first?.value == 1)
    #expect(try await store.item("heat")?.isHidden == true)
  }

  @Test(arguments: StoreBody.all) func kindsStayApart(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    folder.write("user,item,event\nann,heat,view\nann,heat,buy\nann,heat,view\nbob,heat,\n", to: "events.csv")
    try await imported(store, "events.csv", kind: "seen")
    #expect(try await store.counts().feedback == ["view": 1, "buy": 1, "seen": 1])
    #expect(try await store.history(of: "ann")?.map(\.time) == [nil, nil])
  }

  @Test(arguments: StoreBody.all) func somethingBadLeavesTheStoreAsItWas(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    folder.write(ImportTests.dump, to: "good.jsonl")
    try await imported(store, "good.jsonl")
    let before = try await store.lines()
    folder.write(#"{"ItemId":"new"}"# + "\n" + #"{"ItemId":7}"#, to: "bad.jsonl")
    await #expect(throws: ReadError.self) { try await imported(store, "bad.jsonl") }
    #expect(try await store.lines() == before)
  }
}
