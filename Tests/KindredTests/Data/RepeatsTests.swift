import Testing

@testable import Kindred

/// Pairs of user and item with several events, from the file to the model.
@Suite struct RepeatsTests {
  /// A log of few users and items, so that most pairs repeat; some rows are equal.
  private static func log(seed: UInt64, rows: Int = 90, values: Bool, times: Bool) -> String {
    var stream = RandomStream(seed: seed, .data)
    return (0..<rows).map { _ in
      "u\(stream.below(6)),i\(stream.below(9))" + (values ? ",\(stream.below(5) + 1)" : times ? ",1" : "")
        + (times ? ",\(1_600_000_000 + stream.below(60))" : "") + "\n"
    }.joined()
  }

  private func read(
    _ text: String, _ policy: InteractionReader.DuplicatePolicy?, columns: String? = nil, kinds: [String: Float] = [:]
  ) throws -> (interactions: Interactions<String, String>, summary: InteractionReader.Summary) {
    let file = TemporaryFile(text)
    var reader = InteractionReader()
    reader.duplicates = policy
    reader.kindValues = kinds
    reader.columns = try columns.map { text throws(ReadError) in try ColumnRequest(parsing: text) }
    return try reader.read([file.path])
  }

  @Test(arguments: [true, false], [true, false])
  func whatIsKeptIsEveryEventAndItsPairsAreWhatLastKeeps(values: Bool, times: Bool) throws {
    for seed in 0..<20 {
      let text = Self.log(seed: UInt64(seed), values: values, times: times)
      let (kept, summary) = try read(text, .keep)
      let (last, _) = try read(text, .last)
      let rows = text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
      var known: Set<[String]> = []
      let events = rows.filter { !times || known.insert([$0[0], $0[1], $0[3]]).inserted }
      #expect(kept.map { [$0.user, $0.item] } == events.map { Array($0[..<2]) }, "seed \(seed)")
      #expect(kept.keepsRepeats && !last.keepsRepeats)
      #expect(summary.repeats == events.count - last.count && summary.rows == rows.count, "seed \(seed)")
      let (pairs, expected) = (kept.data.pairs, last.data)
      #expect(pairs.users == expected.users && pairs.items == expected.items, "seed \(seed)")
      #expect(pairs.values == expected.values && pairs.times == expected.times, "seed \(seed)")
    }
  }

  @Test func repeatsAreRecognisedWhereTheyAreUsual() throws {
    func rows(_ pairs: Int, _ repeats: Int, _ end: String = "") -> String {
      ((0..<pairs).map { "u\($0),i\($0 % 50)" } + (0..<repeats).map { "u\($0),i\($0 % 50)" })
        .map { $0 + end + "\n" }.joined()
    }
    #expect(try read(rows(380, 20), nil).summary.repeats == 20)
    #expect(try read(rows(381, 20), nil).summary.repeats == 0, "fewer than one in 20")
    #expect(try read(rows(100, 19), nil).summary.repeats == 0, "fewer than 20")
    #expect(try read(rows(100, 19), .keep).summary.repeats == 19)
    #expect(try read(rows(380, 20), .last).interactions.count == 380)
    // Who rates twice has changed their mind.
    let (rated, summary) = try read(rows(100, 50, ",3"), nil)
    #expect(rated.count == 100 && summary.repeats == 0 && summary.duplicates == 50)
  }

  @Test func theValueOfAnEventIsTheSumOfTheKindsUpToIt() throws {
    let text = """
      u,a,view,1
      u,b,view,2
      u,a,buy,3
      u,a,view,4
      u,b,hate,5
      u,c,hate,6
      u,c,hate,7
      u,d,hate,1
      u,d,buy,8
      u,a,other,9

      """
    let kinds: [String: Float] = ["view": 1, "buy": 3, "hate": -2]
    let columns = "user=1,item=2,kind=3,time=4"
    let (kept, summary) = try read(text, .keep, columns: columns, kinds: kinds)
    #expect(
      kept.map { "\($0.item) \($0.value)" } == ["a 1.0", "b -1.0", "a 4.0", "a 4.0", "c -2.0", "d 1.0"])
    #expect(summary.ignored == 1 && summary.repeats == 2)
    #expect(PreparedData(kept.data).histories[0].sequence.map { kept.item(at: $0) } == ["a", "a", "a", "d"])
    let (sum, _) = try read(text, .last, columns: columns, kinds: kinds)
    #expect(sum.map { "\($0.item) \($0.value)" } == ["a 4.0", "b -1.0", "c -2.0", "d 1.0"])
  }

  /// Events of one user: a at 3 and 1, b at 2, c at 5 and 4; the value of d is 0.
  private static let listened = Interactions<Int, String>(
    [("a", 3, 1), ("a", 1, 1), ("d", 0, 0), ("b", 2, 1), ("c", 5, 2), ("c", 4, 1), ("d", 6, 0)].map {
      Interaction(user: 1, item: $0.0, value: Float($0.2), time: Timestamp($0.1))
    }, keepingRepeats: true)

  @Test func aHistoryHasEveryEventAndSequencesHaveThoseThatCount() throws {
    #expect(Self.listened.count == 7 && Self.listened.keepsRepeats)
    let data = PreparedData(Self.listened.data)
    let names = { (items: [Int32]) in items.map { Self.listened.item(at: $0) }.joined() }
    let history = data.histories[0]
    #expect(names(history.events) == "dabaccd" && names(history.items) == "bacd")
    #expect(history.values == [1, 1, 2, 0] && history.times == [2, 3, 5, 6])
    #expect(names(history.sequence) == "abacc")
    #expect(names(Array(data.sequences.items)) == "abacc" && data.sequences.hasRepeats)
    #expect(data.count == 4 && data.userCounts == [4] && data.itemCounts == [1, 1, 1, 1])
    #expect(Array(RecentPopularity.counts(data, halfLife: 10_000)).map { $0.rounded() } == [2, 0, 1, 2])
    // What was only seen is no event without repeats either.
    let once = PreparedData(Interactions(Self.listened).data)
    #expect(names(once.histories[0].items) == "abcd" && names(once.histories[0].sequence) == "abc")
    #expect(names(Array(once.sequences.items)) == "abc" && !once.sequences.hasRepeats)
    #expect(Array(RecentPopularity.counts(once, halfLife: 10_000)).map { $0.rounded() } == [1, 0, 1, 1])
  }

  @Test func onlySeenItemsTrainNothing() throws {
    let seen = Interactions((0..<30).map { Interaction(user: $0 % 5, item: $0 % 7, value: 0) }, keepingRepeats: true)
    #expect(PreparedData(seen.data).sequences.items.isEmpty)
    let model = try NextItem().trained(on: PreparedData(seen.data), seed: 0, using: Parallel(threads: 1))
    #expect(model.scores(History(items: [1], values: [1])).allSatisfy { $0 == 0 })
  }

  /// Sessions in which items repeat.
  private static func sessions(keepingRepeats: Bool) -> Interactions<Int, String> {
    var stream = RandomStream(seed: 11, .data)
    return Interactions(
      (0..<900).map { row in
        let user = stream.below(60)
        return Interaction(
          user: user, item: "i\((user * 3 + stream.below(7)) % 40)", value: 1, time: Timestamp(row) * 60_000_000)
      }, keepingRepeats: keepingRepeats)
  }

  @Test(arguments: [Algorithm.ease, .implicitALS, .graphFilter, .itemKNN, .popularity])
  func modelsOfPairsAreTheSame(_ algorithm: Algorithm) async throws {
    let trainer = try algorithm.trainer(setting: algorithm == .implicitALS ? ["rank": "8", "epochs": "3"] : [:])
    var models: [[UInt8]] = []
    for keeps in [true, false] {
      let data = PreparedData(Self.sessions(keepingRepeats: keeps).data, validation: .random)
      let parallel = Parallel(threads: 2)
      var file = ModelFile()
      // A validation cut has other events with repeats than without, so no settings are chosen.
      try file.set(try model(of: trainer, data, parallel), at: "")
      models.append(file.bytes())
    }
    #expect(models[0] == models[1])
  }

  private func model<T: Trainer>(
    of trainer: T, _ data: PreparedData, _ parallel: Parallel
  ) throws -> any Scorer {
    var session = try trainer.makeSession(for: data, seed: 3, using: parallel)
    while !session.isFinished { _ = try session.runEpoch(using: parallel) }
    return session.makeModel(using: parallel)
  }

  @Test func aFileKeepsTheEvents() async throws {
    let data = Self.sessions(keepingRepeats: true)
    let recommender = try await Recommender.train(on: data, ranking: NextItem(), seed: 1, threads: 2)
    let read = try Recommender<Int, String>(from: ModelFile(bytes: recommender.modelFile().bytes()))
    let trained = Array(PreparedData(data.data).histories)
    #expect(trained.contains { $0.events.count > $0.items.count })
    for (position, user) in read.users.enumerated() {
      #expect(read.history(of: user) == trained[position])
      var own = read.history(of: data.filter { $0.user == user })
      own.trainingRow = trained[position].trainingRow
      #expect(own == trained[position], "the history of a stranger with the same events")
    }
    let removed = try #require(read.users.first)
    let rest = read.removing([removed])
    for user in rest.users {
      #expect(rest.history(of: user)?.events == read.history(of: user)?.events)
      #expect(rest.history(of: user)?.items == read.history(of: user)?.items)
    }
    // A list from the file is the list of the events.
    let user = try #require(read.users.last)
    let history = try #require(read.history(of: user))
    #expect(
      read.rankingModel.scores(history) == recommender.rankingModel.scores(trained[trained.count - 1]))
    let once = History(items: history.items, values: history.values)
    #expect(read.rankingModel.scores(history) != read.rankingModel.scores(once))
  }

  @Test func aFileWithoutRepeatsIsTheSame() async throws {
    let once = Interactions(Self.sessions(keepingRepeats: false), keepingRepeats: true)
    let (kept, plain) = (
      try await Recommender.train(on: once, ranking: NextItem(), seed: 1),
      try await Recommender.train(on: Self.sessions(keepingRepeats: false), ranking: NextItem(), seed: 1)
    )
    #expect(once.keepsRepeats)
    let bytes = try plain.modelFile().bytes()
    #expect(try kept.modelFile().bytes() == bytes)
    #expect(try !ModelFile(bytes: bytes).contains("histories.events"))
  }

  @Test func eventsThatDoNotFitAreRefused() async throws {
    let recommender = try await Recommender.train(on: Self.sessions(keepingRepeats: true), ranking: NextItem())
    var file = try recommender.modelFile()
    let events = try file.int32s("histories.events")
    let offsets: [Int64] = try file.array("histories.event_offsets", shape: [61])
    _ = try Recommender<Int, String>(from: file)
    func refuses(_ change: (inout ModelFile) throws -> Void) throws {
      var broken = file
      try change(&broken)
      #expect(throws: ModelFileError.self) { try Recommender<Int, String>(from: broken) }
    }
    try refuses { $0.set("histories.events", to: [40] + events.dropFirst()) }
    try refuses { $0.set("histories.events", to: [-1] + events.dropFirst()) }
    try refuses { $0.set("histories.events", to: Array(events.dropLast())) }
    try refuses { $0.set("histories.event_offsets", to: Array(offsets.dropLast())) }
    try refuses { $0.set("histories.event_offsets", to: [0, 1] + offsets.dropFirst(2)) }
    try refuses { $0.set("histories.event_offsets", to: [0] + offsets[1...].map { _ in offsets[60] }) }
    file.set("histories.events", to: Array(events))
    _ = try Recommender<Int, String>(from: file)
  }

  @Test func liked() throws {
    // The latest value says whether a pair is liked; its events are in or out together.
    let data = Interactions<Int, String>(
      [("a", 5, 1), ("b", 1, 2), ("a", 1, 3), ("c", 5, 4), ("b", 5, 5), ("b", 4, 6)].map {
        Interaction(user: 1, item: $0.0, value: $0.1, time: Timestamp($0.2))
      }, keepingRepeats: true)
    var rule = FeedbackRule()
    rule.positive = .atLeast(4)
    let prepared = PreparedData(data.data)
    let (liked, weights) = prepared.weighted(by: rule)
    let names = { (items: [Int32]) in items.map { data.item(at: $0) }.joined() }
    #expect(names(Array(liked.sequences.items)) == "bcbb" && Array(weights) == [0, 1, 1])
    let served = prepared.histories[0].weighted(by: rule).liked
    #expect(names(served.sequence) == "bcbb" && names(served.items) == "cb" && served.values == [1, 1])
  }
}
