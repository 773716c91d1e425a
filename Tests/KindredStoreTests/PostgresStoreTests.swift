#if Postgres
  import Foundation
  import Kindred
  import KindredStore
  import Testing

  @testable import KindredPostgres

  /// What only the store in PostgreSQL does.
  struct PostgresStoreTests {
    private let folder = Folder()

    private func store(_ opening: StoreOpening = .creating, on server: PostgresServer = .shared) async throws
      -> PostgresStore
    {
      try await PostgresStore(
        server.location(of: folder.schema), opening: opening, models: folder["models"], connections: 2)
    }

    /// The first change for which something holds, within a time in which every change must be told.
    private func change(
      in changes: AsyncStream<StoreChange>, where holds: @escaping @Sendable (StoreChange) -> Bool
    ) async -> StoreChange? {
      await withTaskGroup(of: StoreChange?.self) { group in
        group.addTask { await changes.first(where: holds) }
        group.addTask {
          try? await Task.sleep(for: .seconds(5))
          return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
      }
    }

    /// Waits until a store follows what others change.
    private func follows(_ store: PostgresStore) async throws {
      for _ in 0..<200 {
        let rows = try await store.read { session in
          try session.run("SELECT FROM replicas WHERE id = $1", [store.replica]).count
        }
        if rows == 1 { return }
        try await Task.sleep(for: .milliseconds(20))
      }
      Issue.record("the store follows nothing")
    }

    @Test(arguments: [
      "postgres://kindred:secret@host/films", "postgres://host/films?password=secret",
    ]) func aPasswordInTheLocationIsRefusedAndNotRepeated(_ place: String) async {
      let error = await #expect(throws: StoreError.self) { try await PostgresStore(place) }
      #expect(error?.description.contains("PGPASSWORD") == true && error?.description.contains("secret") == false)
    }

    @Test(arguments: [
      "mysql://host/films", "postgres://host/films?schema=a%22b", "postgres://host/films?schema=1",
    ]) func whatIsNoLocationIsRefused(_ place: String) async {
      let error = await #expect(throws: StoreError.self) { try await PostgresStore(place) }
      if case .unsupported = error?.reason { return }
      Issue.record("\(String(describing: error))")
    }

    @Test func whatIsMissingIsSaid() async throws {
      let missing = await #expect(throws: StoreError.self) { try await store(.existing) }
      #expect(missing?.reason == .missing)
      let nowhere = await #expect(throws: StoreError.self) {
        try await PostgresStore("postgres:///films?host=/nowhere&user=kindred")
      }
      if case .unavailable = nowhere?.reason {} else { Issue.record("\(String(describing: nowhere))") }
      let newer = try await store()
      _ = try await newer.write { change in try change.session.run("INSERT INTO versions VALUES (99)").affected }
      #expect(await #expect(throws: StoreError.self) { try await store() }?.reason == .newerVersion)
    }

    @Test func manyProcessesMakeTheTablesOnce() async throws {
      try await withThrowingTaskGroup(of: PostgresStore.self) { group in
        for _ in 0..<8 { group.addTask { try await store() } }
        for try await store in group { #expect(try await store.counts().items == 0) }
      }
    }

    @Test func whatOneChangesTheOthersAreTold() async throws {
      let (one, other) = (try await store(), try await store())
      let changes = other.changes()
      try await follows(other)
      try await one.add(
        [Feedback(user: "ann:1", item: "heat"), Feedback(user: "ann:1", item: "alien")], unknownItems: .made)
      #expect(
        await change(in: changes) { if case .user = $0 { true } else { false } } == .user("ann:1", newFeedback: 2))
      _ = try await one.patchItem("heat", ItemPatch(isHidden: true))
      #expect(await change(in: changes) { $0 == .item("heat") } != nil)
      try await one.set("words", to: "{}")
      #expect(await change(in: changes) { $0 == .settings } != nil)
      _ = try await one.addKey(.admin, label: "ops")
      #expect(await change(in: changes) { $0 == .keys } != nil)
      // Its own changes are no news to it.
      let own = one.changes()
      try await follows(one)
      try await one.put([StoredUser(id: "bob")])
      try await other.put([StoredUser(id: "cid")])
      #expect(await change(in: own) { $0 != .everything } == .user("cid", newFeedback: 0))
    }

    @Test func oneTrainsAtATimeAndAnotherTakesOver() async throws {
      let (one, other) = (try await store(), try await store())
      let claim = try #require(try await one.claimTraining())
      #expect(try await other.claimTraining() == nil)
      await claim.release()
      let second = try #require(try await other.claimTraining())
      let changes = one.changes()
      // The connection ends, as with the process.
      let schema = folder.schema
      _ = PostgresServer.shared.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = "
          + "hashtext('\(schema).train')::bigint & 4294967295")
      #expect(await change(in: changes) { $0 == .trainingAbandoned } != nil)
      let third = try await one.claimTraining()
      #expect(third != nil)
      await third?.release()
      await second.release()
    }

    @Test func aFileGoesWhenNoServerAnswersFromIt() async throws {
      let (one, other) = (try await store(), try await store())
      try await one.fill()
      let snapshot = try await one.snapshot()
      let first = try await one.add(try await snapshot.trained(), trainedOn: snapshot.mark)
      let changes = other.changes()
      _ = try await other.recommender(of: first)
      for _ in 0..<200 where PostgresServer.shared.sql("SELECT file FROM \(folder.schema).replicas").count < 10 {
        try await Task.sleep(for: .milliseconds(20))
      }
      _ = try await one.deleteUser("user 3")
      let second = try #require(try await one.model(1))
      #expect(second.location != first.location && FileManager.default.fileExists(atPath: first.location))
      #expect(await change(in: changes) { $0 == .models } != nil)
      #expect(try await !other.recommender(of: first).knows(user: "user 3"))
      for _ in 0..<300 where FileManager.default.fileExists(atPath: first.location) {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(!FileManager.default.fileExists(atPath: first.location))
      #expect(FileManager.default.fileExists(atPath: second.location))
      withExtendedLifetime(changes) {}
    }

    @Test func nothingIsLeftOfADeletedUserInTheTables() async throws {
      let store = try await store()
      try await store.fill()
      try await store.put([StoredUser(id: "user 3", attributes: Attributes(["mail": "secret"]), comment: "shy")])
      _ = try await store.deleteUser("user 3")
      let dump = PostgresServer.shared.sql(
        ["people", "erasures", "settings"].map { "SELECT t::text FROM \(folder.schema).\($0) t" }
          .joined(separator: " UNION ALL "))
      #expect(dump.contains("user 4") && !dump.contains("user 3") && !dump.contains("secret"))
    }

    @Test func itComesBackWithTheDatabase() async throws {
      let server = PostgresServer()
      defer { server.remove() }
      server.start()
      let store = try await store(on: server)
      let changes = store.changes()
      try await follows(store)
      try await store.add([Feedback(user: "ann", item: "heat")], unknownItems: .made)
      server.stop()
      let error = await #expect(throws: StoreError.self) { try await store.counts() }
      if case .unavailable = error?.reason {} else { Issue.record("\(String(describing: error))") }
      #expect(await change(in: changes) { if case .unknown = $0 { true } else { false } } != nil)
      server.start()
      #expect(await change(in: changes) { $0 == .everything } != nil)
      #expect(try await store.history(of: "ann")?.count == 1)
      try await store.add([Feedback(user: "ann", item: "alien")], unknownItems: .made)
      #expect(try await store.history(of: "ann")?.count == 2)
    }

    @Test(arguments: [
      "'; DROP TABLE people; --", "$1", "\\", "\"{},", "a\tb\nc\\N\r", String(repeating: "é", count: 2048),
    ])
    func hostileTextIsText(_ text: String) async throws {
      let store = try await store()
      try await store.put([StoredItem(id: text, title: text, genres: ["x", text.replacing("\n", with: " ")])])
      try await store.add([Feedback(user: text, item: text, kind: text)])
      #expect(try await store.item(text)?.title == text)
      #expect(try await store.history(of: text)?.map(\.kind) == [text])
      #expect(try await store.items(matching: text, after: nil, limit: 5).elements.count <= 1)
      let lines = try await store.lines()
      folder.write(lines.joined(separator: "\n"), to: "dump.jsonl")
      _ = try await store.deleteItem(text)
      _ = try await store.deleteUser(text)
      try await store.add(try FileImport().read([folder["dump.jsonl"]]))
      #expect(try await store.lines() == lines)
    }

    @Test func logsMergeWithWhatIsThere() async throws {
      var random = SystemRandomNumberGenerator()
      let seed = UInt64.random(in: 0...UInt64.max, using: &random)
      var state = seed
      func next(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
      }
      let postgres = try await store()
      let sqlite = try folder.store()
      for round in 0..<4 {
        var text = "user,item,event,value,timestamp\n"
        for _ in 0..<60 {
          text += "u\(next(3)),i\(next(3)),\(["rating", "play"][next(2)]),\(next(5) + 1),\(100 + next(6))\n"
        }
        folder.write(text, to: "r\(round).csv")
        var importing = FileImport()
        importing.reader.duplicates = round % 2 == 0 ? .keep : .last
        let contents = try importing.read([folder["r\(round).csv"]])
        for store in [postgres, sqlite] as [any Store] { try await store.add(contents) }
        #expect(try await postgres.lines() == sqlite.lines(), "seed \(seed), round \(round)")
      }
    }
  }
#endif
