import Kindred
import KindredStore
import Testing

/// What every store promises of events: their order, their log, and what comes of it.
@Suite struct EventContract {
  private let folder = Folder()
  private let otherFolder = Folder()

  private static let second: Timestamp = 1_000_000

  private func play(_ item: String, _ seconds: Timestamp?, user: String = "ann", value: Float = 1) -> Feedback {
    Feedback(user: user, item: item, kind: "play", value: value, time: seconds.map { $0 * Self.second })
  }

  /// Items with the seconds of their events, in order; an earlier event has a mark.
  private func story(_ store: any Store, of user: String = "ann") async throws -> [String] {
    try await (store.history(of: user) ?? []).map { one in
      one.item + " " + (one.time.map { "\($0 / Self.second)" } ?? "-") + (one.isEarlier ? "*" : "")
    }
  }

  @Test(arguments: StoreBody.all) func everyTimeIsAnEvent(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    for event in [play("b", 3), play("a", 1), play("b", 2), play("b", 5), play("b", 2), play("c", nil)] {
      try await store.add([event], existing: .accumulated, unknownItems: .made)
    }
    #expect(try await story(store) == ["c -", "a 1", "b 2*", "b 3*", "b 5"])
    // Four plays at three times: the value counts them all.
    #expect(try await store.feedback(user: "ann", item: "b", limit: 9).elements == [play("b", 5, value: 4)])
    #expect(try await store.counts().feedback == ["play": 5])
    #expect(try await store.deleteFeedback(kind: nil, user: "ann", item: "b") == 1)
    #expect(try await story(store) == ["c -", "a 1"])
  }

  @Test(arguments: StoreBody.all) func equalTimesKeepTheOrderInWhichTheyCame(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    for item in ["z", "a", "m"] { try await store.add([play(item, 7)], unknownItems: .made) }
    try await store.add([play("y", 7), play("b", 7)], unknownItems: .made)
    #expect(try await story(store) == ["z 7", "a 7", "m 7", "y 7", "b 7"])
    let snapshot = try await store.snapshot()
    #expect(snapshot.interactions.map(\.item) == ["z", "a", "m", "y", "b"])
  }

  @Test(arguments: StoreBody.all) func aRatingHasOneEventWhichAValueTakesAlong(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    for (item, seconds) in [("a", 10), ("b", 20), ("c", 30)] as [(String, Timestamp)] {
      try await store.add(
        [Feedback(user: "ann", item: item, value: 3, time: seconds * Self.second)], unknownItems: .made)
    }
    try await store.add([Feedback(user: "ann", item: "c", value: 5, time: 15 * Self.second)])
    #expect(try await story(store) == ["a 10", "c 15", "b 20"])
    // What gorse adds up is one more event; what is set then has one again.
    let more = Feedback(user: "ann", item: "a", value: 1, time: 40 * Self.second)
    try await store.add([more], existing: .accumulated, unknownItems: .refused)
    #expect(try await story(store) == ["a 10*", "c 15", "b 20", "a 40"])
    try await store.add([Feedback(user: "ann", item: "a", value: 2, time: 41 * Self.second)])
    #expect(try await story(store) == ["c 15", "b 20", "a 41"])
  }

  @Test(arguments: StoreBody.all) func aSetValueOfAnotherKindKeepsItsEvents(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    try await store.add([play("a", 10, value: 1)], unknownItems: .made)
    try await store.add([play("a", 30, value: 7)])
    // The value that was set last is current, although its time is earlier.
    try await store.add([play("a", 20, value: 2)])
    #expect(try await story(store) == ["a 10*", "a 20", "a 30*"])
    #expect(try await store.feedback(user: "ann", limit: 9).elements == [play("a", 20, value: 2)])
  }

  @Test(arguments: StoreBody.all) func whatWasShownIsNoEventAndTakesNoPlace(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    var shown = play("a", 50, value: 0)
    shown.isShown = true
    try await store.add([play("a", 10, value: 4), play("b", 11)], unknownItems: .made)
    try await store.add([shown])
    #expect(try await story(store) == ["a 10", "b 11"])
    shown.item = "c"
    try await store.add([shown], unknownItems: .made)
    #expect(try await store.history(of: "ann")?.last == shown)
    #expect(try await store.snapshot().interactions.map(\.item) == ["a", "b"])
    #expect(try await store.trend(at: .max, halfLife: Self.second, kindValues: ["play": 1]).count == 2)
    // Anything takes its place, and leaves no trace of it.
    try await store.add([play("c", 20)], existing: .accumulated, unknownItems: .refused)
    #expect(try await story(store) == ["a 10", "b 11", "c 20"])
  }

  @Test(arguments: StoreBody.all) func theLogGoesOutAndComesIn(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    for event in [play("b", 3), play("a", 3), play("b", 2), play("b", 5), play("c", nil), play("c", 9)] {
      try await store.add([event], existing: .accumulated, unknownItems: .made)
    }
    var shown = play("d", 4, value: 0)
    shown.isShown = true
    try await store.add([shown, Feedback(user: "ann", item: "a", value: 5, time: 1_500_000)], unknownItems: .made)
    try await store.add([play("b", 4, value: 2)])
    let lines = try await store.lines()
    folder.write(lines.joined(separator: "\n"), to: "dump.jsonl")
    let other = try await body.open(otherFolder)
    for _ in 1...2 {
      try await other.add(try FileImport().read([folder["dump.jsonl"]]))
      #expect(try await other.lines() == lines)
      #expect(try await other.history(of: "ann") == store.history(of: "ann"))
    }
    #expect(try await story(other) == ["c -*", "a 1", "b 2*", "b 3*", "a 3", "d 4", "b 4", "b 5*", "c 9"])
    #expect(lines.contains { $0.contains(#""Timestamp":"1970-01-01T00:00:01.5Z""#) })
  }

  @Test(arguments: StoreBody.all) func deletionReachesTheLog(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    for user in ["ann", "bob"] {
      for event in [
        play("a", 1, user: user), play("a", 2, user: user), play("b", 3, user: user), play("b", 4, user: user),
      ] {
        try await store.add([event], existing: .accumulated, unknownItems: .made)
      }
    }
    #expect(try await store.deleteUser("ann")?.feedback == 2)
    #expect(try await store.deleteItem("a"))
    #expect(try await story(store, of: "bob") == ["b 3*", "b 4"])
    #expect(try await store.lines().filter { $0.contains("play") }.count == 2)
    // Whoever comes back under the name finds nothing.
    try await store.add([play("b", 9)])
    #expect(try await story(store) == ["b 9"])
  }

  @Test(arguments: StoreBody.all) func aTrendCountsEachUserOncePerItem(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    let day = 86_400 * Self.second
    for seconds in 1...9 as ClosedRange<Timestamp> {
      try await store.add([play("often", seconds)], existing: .accumulated, unknownItems: .made)
    }
    try await store.add(
      [
        Feedback(user: "ann", item: "both", value: 5, time: 10 * day),
        Feedback(user: "bob", item: "both", value: 4, time: 9 * day),
        Feedback(user: "bob", item: "bad", value: 0, time: 10 * day), Feedback(user: "bob", item: "timeless", value: 5),
        Feedback(user: "bob", item: "later", value: 5, time: 20 * day),
      ], unknownItems: .made)
    let trend = try await store.trend(at: 15 * day, halfLife: day, kindValues: [:])
    let scores = Dictionary(uniqueKeysWithValues: trend.map { ($0.item, $0.score) })
    #expect(scores.keys.sorted() == ["both", "often"])
    #expect(abs((scores["both"] ?? 0) - 1.5) < 1e-9 && (scores["often"] ?? 1) < 0.002)
    #expect(try await store.trend(at: 20 * day, halfLife: day, kindValues: [:]).contains { $0 == ("later", 1) })
    let plays = try await store.trend(at: 20 * day, halfLife: day, kindValues: ["play": 2, "rating": -1])
    #expect(plays.map(\.item) == ["often"] && plays[0].score == 1)
    #expect(try await store.trend(at: 0, halfLife: day, kindValues: [:]).isEmpty)
  }

  @Test(arguments: StoreBody.all) func timesThatNoDumpCouldSayAreRefused(_ body: StoreBody) async throws {
    let store = try await body.open(folder)
    for time in [Timestamp.max, .min, -62_135_596_800_000_000, 253_402_300_800_000_000] {
      await #expect(throws: StoreError.self) {
        try await store.add([Feedback(user: "ann", item: "a", time: time)], unknownItems: .made)
      }
      await #expect(throws: StoreError.self) { try await store.put([StoredItem(id: "a", time: time)]) }
    }
    let times: [Timestamp] = [
      -62_135_596_799_000_000, -12_219_292_800_000_001, -1, 0, 1, 951_826_154_000_001, 253_402_300_799_999_999,
    ]
    try await store.put(times.map { StoredItem(id: "i\($0)", time: $0) })
    folder.write(try await store.lines().joined(separator: "\n"), to: "dump.jsonl")
    let other = try await body.open(otherFolder)
    try await other.add(try FileImport().read([folder["dump.jsonl"]]))
    #expect(try await other.items(after: nil, limit: 99).elements.map(\.time) == times)
    for (time, text) in [
      (0, "0"), (-1, "-0.000001"), (1_500_000, "1.5"), (-12_000_000, "-12"),
      (1_700_000_000_123_450, "1700000000.12345"),
      (253_402_300_799_000_000, "9999-12-31T23:59:59Z"),
    ] as [(Timestamp, String)] {
      #expect(StoredTime.seconds(time) == text && StoredTime.parse(text) == time)
    }
  }
}
