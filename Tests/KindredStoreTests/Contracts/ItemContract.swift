import KindredStore
import Testing

/// What every store promises of items.
@Suite struct ItemContract {
  private let folder = Folder()
  private let films = [
    StoredItem(
      id: "1", title: "Amélie (2001)", genres: ["Comedy", "Romance"],
      attributes: Attributes(#"{"year":2001,"x":[1,null]}"#)!,
      time: 5),
    StoredItem(id: "2", title: "Alien (1979)", genres: ["Horror", "Sci-Fi"], isHidden: true),
    StoredItem(id: "naïve/3 4", title: "The Alien Comedy"),
    StoredItem(id: "\u{65}\u{301}"),
    StoredItem(id: "\u{e9}"),
  ]

  @Test(arguments: StoreBody.all) func itemsAreKeptAsTheyAre(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put(films)
    // Two ids that look the same and are written in different bytes are two items.
    #expect(try await store.counts().items == 5)
    for film in films.prefix(3) { #expect(try await store.item(film.id) == film) }
    #expect(try await store.item("4") == nil)
    let first = try await store.items(after: nil, limit: 3)
    #expect(first.elements == Array(films.prefix(3)))
    #expect(try await store.items(after: first.cursor, limit: 3).elements.count == 2)
    #expect(try await store.items(after: first.cursor, limit: 3).cursor == nil)
    #expect(try await store.counts().hiddenItems == 1)
  }

  @Test(arguments: StoreBody.all) func searchLooksIntoTitlesGenresAndIDs(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put(films)
    func found(_ query: String) async throws -> Set<String> {
      Set(try await store.items(matching: query, after: nil, limit: 10).elements.map(\.id))
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
    let first = try await store.items(matching: "comedy", after: nil, limit: 1)
    #expect(first.cursor == nil && first.elements.count == 1)
    try await store.put([StoredItem(id: "5", title: "Comedy")])
    let page = try await store.items(matching: "comedy", after: nil, limit: 1)
    let next = try await store.items(matching: "comedy", after: page.cursor, limit: 1)
    #expect(Set([page.elements[0].id, next.elements[0].id]) == ["1", "5"] && next.cursor == nil)
  }

  @Test(arguments: StoreBody.all) func aPatchKeepsWhatItDoesNotName(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
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

  @Test(arguments: StoreBody.all) func deletingAnItemTakesItsFeedbackAlong(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.put(films)
    try await store.add([Feedback(user: "ann", item: "1"), Feedback(user: "ann", item: "2")])
    #expect(try await store.deleteItem("1"))
    #expect(try await !store.deleteItem("1"))
    #expect(try await store.history(of: "ann")?.map(\.item) == ["2"])
  }

  @Test(arguments: StoreBody.all, ["", "a\u{0}b", String(repeating: "x", count: 4097)])
  func badIDsAreRefused(_ body: StoreBody, _ id: String) async throws {
    let store = try await body.open(folder)
    await #expect(throws: StoreError.self) { try await store.put([StoredItem(id: "good"), StoredItem(id: id)]) }
    await #expect(throws: StoreError.self) { try await store.put([StoredUser(id: id)]) }
    await #expect(throws: StoreError.self) { try await store.add([Feedback(user: id, item: "good")]) }
    await #expect(throws: StoreError.self) { try await store.add([Feedback(user: "a", item: "good", value: .nan)]) }
    #expect(try await store.counts().items == 0)
  }
}
