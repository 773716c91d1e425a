import KindredStore
import Testing

/// What every store promises of users and keys.
@Suite struct UserContract {
  private let folder = Folder()

  @Test(arguments: StoreBody.all) func usersAreKeptAndPatched(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    let users = (0..<5).map { StoredUser(id: "p\($0)", attributes: Attributes(#"{"age":\#($0)}"#)!, comment: "c") }
    try await store.put(users)
    #expect(try await store.user("p3") == users[3])
    #expect(try await store.patchUser("p3", UserPatch(comment: "new")))
    #expect(try await store.user("p3") == StoredUser(id: "p3", attributes: users[3].attributes, comment: "new"))
    #expect(try await !store.patchUser("none", UserPatch(comment: "new")))
    let page = try await store.users(after: nil, limit: 2)
    #expect(page.elements.map(\.id) == ["p0", "p1"])
    #expect(try await store.users(after: page.cursor, limit: 3).elements.map(\.id) == ["p2", "p3", "p4"])
  }

  @Test(arguments: StoreBody.all) func keysAreKnownByTheirHashAlone(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
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
  }
}
