import Testing

@testable import Kindred

@Suite struct RankingQueriesTests {
  /// An event of tiny data.
  private struct Event {
    var user: Int32
    var item: Int32
    var value: Float
    var time: Timestamp
    var isTest: Bool
  }

  private static let (users, items): (Int, Int) = (6, 8)

  /// Events with equal times. A pair is known once, and may be tested several times.
  private func events(seed: UInt64) -> [Event] {
    var stream = RandomStream(seed: seed, .data)
    var known: Set<[Int32]> = []
    return (0..<60).compactMap { _ in
      let event = Event(
        user: Int32(stream.below(Self.users)), item: Int32(stream.below(Self.items)), value: Float(stream.below(5) + 1),
        time: Timestamp(stream.below(15)), isTest: stream.uniform() < 0.4 || stream.below(Self.users) == 0)
      // The last user is a stranger.
      if !event.isTest, event.user == Self.users - 1 || !known.insert([event.user, event.item]).inserted { return nil }
      return event
    }
  }

  private func data(_ events: [Event], hasTimes: Bool = true) -> TrainingData {
    TrainingData(
      userCount: Self.users, itemCount: Self.items, users: events.map(\.user), items: events.map(\.item),
      values: events.map(\.value), times: hasTimes ? events.map(\.time) : [])
  }

  private func queries(
    _ events: [Event], _ next: NextEvents?, hasTimes: Bool = true, rule: FeedbackRule? = nil, middle: Float? = nil,
    includesObserved: Bool = false
  ) -> RankingQueries {
    let known = data(events.filter { !$0.isTest }, hasTimes: hasTimes)
    let test = data(events.filter(\.isTest), hasTimes: hasTimes)
    return RankingQueries(
      known: known.prepared, test: rule.map { test.weighted(by: $0, knowing: known) } ?? test, next: next, rule: rule,
      middle: middle, includesObserved: includesObserved)
  }

  /// The history that some events in their order make.
  private func history(_ events: [Event], hasTimes: Bool) -> (items: [Int32], values: [Float], times: [Timestamp]) {
    let latest = events.indices.filter { index in !events[(index + 1)...].contains { $0.item == events[index].item } }
    return (
      latest.map { events[$0].item }, latest.map { events[$0].value }, hasTimes ? latest.map { events[$0].time } : []
    )
  }

  private func sorted(_ events: [Event], hasTimes: Bool) -> [Event] {
    guard hasTimes else { return events.filter { !$0.isTest } + events.filter(\.isTest) }
    return events.enumerated().sorted {
      ($0.element.time, $0.element.isTest ? 1 : 0, $0.offset) < ($1.element.time, $1.element.isTest ? 1 : 0, $1.offset)
    }.map(\.element)
  }

  @Test(arguments: [nil, NextEvents.last, .all] as [NextEvents?])
  func repeatsAreAskedForWhereListsMayHoldThem(_ next: NextEvents?) {
    for seed in 0..<30 {
      var events = events(seed: UInt64(seed))
      // Some pairs are known before they are tested, and some are tested twice.
      for var event in events where event.item % 2 == 0 && event.user < 5 {
        event.time += 20
        event.isTest = true
        events.append(event)
      }
      var known = data(events.filter { !$0.isTest })
      var test = data(events.filter(\.isTest))
      (known.keepsRepeats, test.keepsRepeats) = (true, true)
      let all = RankingQueries(known: known.prepared, test: test, next: next, includesObserved: true)
      let new = RankingQueries(known: known.prepared, test: test, next: next)
      #expect(all.contains { !Set($0.relevant).isDisjoint(with: $0.history.items) }, "seed \(seed)")
      #expect(all.allSatisfy { $0.excluded.isEmpty }, "seed \(seed)")
      let expected = all.filter { !Set($0.relevant).isSubset(of: $0.history.items) }
      #expect(new.map { $0.user } == expected.map { $0.user }, "seed \(seed)")
      for (query, other) in zip(new, expected) {
        #expect(query.history == other.history && query.excluded == other.history.items.sorted(), "seed \(seed)")
        #expect(query.relevant == other.relevant.filter { !other.history.items.contains($0) }, "seed \(seed)")
      }
    }
  }

  @Test(arguments: [nil, NextEvents.last, .all] as [NextEvents?])
  func aRuleLeavesTheWholeHistoryKnown(_ next: NextEvents?) {
    var rule = FeedbackRule()
    rule.positive = .atLeast(4)
    var isLonger = false
    for seed in 0..<30 as Range<UInt64> {
      let queries = queries(events(seed: seed), next, rule: rule)
      #expect(queries.indices.allSatisfy { queries.history(at: $0).items.sorted() == queries[$0].excluded })
      isLonger = isLonger || queries.indices.contains { queries.history(at: $0).count > queries[$0].history.count }
    }
    #expect(isLonger)
  }

  @Test(arguments: [true, false], [NextEvents.last, .all])
  func eachEventIsPredictedFromWhatCameBefore(_ hasTimes: Bool, _ next: NextEvents) {
    for seed in 0..<30 {
      let events = events(seed: UInt64(seed))
      let queries = queries(events, next, hasTimes: hasTimes, middle: 3)
      var (place, unpredicted) = (0, 0)
      for user in 0..<Int32(Self.users) {
        let own = sorted(events.filter { $0.user == user }, hasTimes: hasTimes)
        let tested = own.indices.filter { own[$0].isTest }
        for index in next == .last ? tested.suffix(1) : tested[...] {
          guard index > 0 else {
            unpredicted += 1
            continue
          }
          let query = queries[place]
          place += 1
          let past = history(Array(own[..<index]), hasTimes: hasTimes)
          #expect(query.user == user && query.isWarm == own.contains { !$0.isTest }, "seed \(seed)")
          #expect(query.history.items == past.items && query.history.values == past.values, "seed \(seed)")
          #expect(query.history.times == past.times && Int(query.activity) == past.items.count, "seed \(seed)")
          #expect(query.history.sequence == own[..<index].map(\.item), "seed \(seed)")
          #expect(query.relevant == [own[index].item] && query.excluded == past.items.sorted(), "seed \(seed)")
          #expect(query.disliked == (own[index].value < 3 ? [own[index].item] : []), "seed \(seed)")
        }
      }
      #expect(queries.count == place && queries.unpredictedCount == unpredicted, "seed \(seed)")
    }
  }

  @Test func oneListPerUserHasAllOfTheirTestItems() {
    for seed in 0..<10 {
      let events = events(seed: UInt64(seed))
      let queries = queries(events, nil, middle: 3)
      let tested = Set(events.filter(\.isTest).map(\.user)).sorted()
      #expect(queries.map(\.user) == tested && queries.testedUserCount == tested.count && queries.unpredictedCount == 0)
      for query in queries {
        let own = events.filter { $0.user == query.user }
        let known = sorted(own.filter { !$0.isTest }, hasTimes: true)
        #expect(query.history.items == history(known, hasTimes: true).items)
        #expect(query.history.trainingRow == query.user)
        #expect(query.relevant == Set(own.filter(\.isTest).map(\.item)).sorted())
        #expect(query.disliked == Set(own.filter { $0.isTest && $0.value < 3 }.map(\.item)).sorted())
        #expect(query.excluded == known.map(\.item).sorted())
      }
    }
  }

  @Test func likedItemsAreRelevantAndMakeTheHistory() {
    var rule = FeedbackRule()
    rule.positive = .atLeast(4)
    for (seed, next) in [(1, nil), (2, .last), (3, .all)] as [(UInt64, NextEvents?)] {
      let events = events(seed: seed)
      let all = queries(events, next)
      let liked = queries(events, next, rule: rule, middle: 3)
      #expect(!liked.isEmpty && liked.count <= all.count)
      for query in liked {
        let whole = all.first {
          $0.user == query.user && $0.excluded == query.excluded
            && Set($0.relevant).isSuperset(of: query.relevant + query.disliked)
        }
        #expect(
          query.history.items
            == whole.map { full in
              full.history.items.indices.filter { full.history.values[$0] >= 4 }.map { full.history.items[$0] }
            })
        #expect(!query.relevant.isEmpty || !query.disliked.isEmpty)
      }
      let wanted = Set(events.filter { $0.isTest && $0.value >= 4 }.map(\.user))
      if next != .last { #expect(Set(liked.filter { !$0.relevant.isEmpty }.map(\.user)).isSubset(of: wanted)) }
    }
  }

  @Test func observedItemsMayBeIncluded() {
    let events = events(seed: 4)
    #expect(queries(events, .all, includesObserved: true).allSatisfy { $0.excluded.isEmpty })
    #expect(queries(events, .all, includesObserved: true).count == queries(events, .all).count)
  }

  @Test func shufflesKeepEventsAndDropTheirOrder() {
    let events = events(seed: 5)
    let queries = queries(events, .all)
    let (first, again, second) = (
      queries.shuffled(0, seed: 1), queries.shuffled(0, seed: 1), queries.shuffled(1, seed: 1)
    )
    #expect(first.map(\.history) == again.map(\.history) && first.map(\.history) != second.map(\.history))
    for (shuffled, query) in zip(first, queries) {
      #expect(shuffled.history.items.sorted() == query.history.items.sorted())
      #expect(shuffled.history.sequence.sorted() == query.history.sequence.sorted())
      #expect(shuffled.history.times == query.history.times && shuffled.excluded == query.excluded)
      for (item, value) in zip(shuffled.history.items, shuffled.history.values) {
        #expect(query.history.items.firstIndex(of: item).map { query.history.values[$0] } == value)
      }
    }
    #expect(first.map(\.history.items) != queries.map(\.history.items))
  }
}

@Suite struct NextEventMetricsTests {
  /// Ranks the item after the latest one first, then the items after it.
  private struct Successor: Scorer {
    static let kind = ModelKind(rawValue: "successor")
    var itemCount = 5
    init() {}
    init(from file: ModelFile, at prefix: String) throws(ModelFileError) { self.init() }
    func write(to file: inout ModelFile, at prefix: String) {}
    func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
      for (row, history) in histories.enumerated() {
        let latest = Int(history.items.last ?? 0)
        for item in 0..<itemCount {
          scores[row * itemCount + item] = -Float((item - latest - 1 + itemCount) % itemCount)
        }
      }
    }
    func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {}
  }

  private func metrics(
    known: TrainingData, test: TrainingData, next: NextEvents?, middle: Float? = nil, cutoffs: [Int] = [1, 2],
    includesObserved: Bool = false
  ) -> RankingMetrics {
    RankingMetrics(
      of: Successor(),
      on: RankingQueries(
        known: known.prepared, test: test, next: next, middle: middle, includesObserved: includesObserved),
      counts: known.itemCounts, cutoffs: cutoffs, using: Parallel(threads: 2))
  }

  // User 0 has items 0 and 1, user 1 has item 3. Users 2 and 3 are strangers.
  private let known = TrainingData(
    userCount: 4, itemCount: 5, users: [0, 0, 1], items: [0, 1, 3], values: [5, 5, 5], times: [1, 2, 1])

  @Test func figuresAreMeansOverEvents() {
    // User 0 takes 2, which was never trained on, then 3, which is next. User 1 takes 0, second in the list. User 2
    // takes 1 and 3: the first is not predicted, the second is second in the list.
    let test = TrainingData(
      userCount: 4, itemCount: 5, users: [0, 0, 1, 2, 2], items: [2, 3, 0, 1, 3], values: [5, 5, 5, 5, 5],
      times: [3, 4, 3, 3, 4])
    let metrics = metrics(known: known, test: test, next: .all)
    #expect(metrics.users == [0, 0, 1, 2] && metrics.unpredictedCount == 1 && metrics.usersLeftOut == 1)
    #expect(metrics.values(.hitRate, at: 1) == [0, 1, 0, 0])
    #expect(metrics.values(.hitRate, at: 2) == [0, 1, 1, 1])
    #expect(metrics.values(.mrr, at: 2) == [0, 1, 0.5, 0.5])
    #expect(metrics.mean(.mrr, at: 2) == 0.5 && metrics.mean(.mrr, at: 1) == 0.25)
    #expect(metrics.reciprocalRanks == [0, 1, 0.5, 0.5])
    #expect(metrics.isWarm == [true, true, true, false])
    #expect(metrics.mean(.mrr, at: 2, ofWarm: true) == 0.5 && metrics.mean(.hitRate, at: 1, ofWarm: false) == 0)
    #expect(metrics.userCount == 3 && metrics.userCount(ofWarm: true) == 2 && metrics.userCount(ofWarm: false) == 1)
    let last = self.metrics(known: known, test: test, next: .last)
    #expect(last.users == [0, 1, 2] && last.values(.mrr, at: 2) == [1, 0.5, 0.5] && last.unpredictedCount == 0)
  }

  @Test func examplesAreListsOfDifferentUsersFromFewItemsToMany() {
    // Histories of two items and of three for user 0, and of one for users 1 and 2. Each list holds what is next.
    let test = TrainingData(
      userCount: 4, itemCount: 5, users: [0, 0, 1, 2, 2], items: [2, 3, 0, 1, 3], values: [5, 5, 5, 5, 5],
      times: [3, 4, 3, 3, 4])
    let examples = metrics(known: known, test: test, next: .all).examples
    #expect(examples.map(\.user) == [1, 0] && examples.map(\.history.items) == [[3], [0, 1]])
    #expect(examples.map(\.list) == [[4], [2]] && examples.map(\.relevant) == [[0], [2]])
    #expect(metrics(known: known, test: TrainingData(userCount: 4, itemCount: 5), next: nil).examples == [])
    #expect(RankingMetrics.exampleLists(of: [0, 1, 2, 3, 4, 5], activity: [6, 5, 4, 3, 2, 1]) == [4, 2, 0])
  }

  @Test func repeatsCountIfObservedItemsAreIncluded() {
    let test = TrainingData(userCount: 4, itemCount: 5, users: [0, 0], items: [0, 1], values: [5, 5], times: [3, 4])
    #expect(metrics(known: known, test: test, next: .all).values(.mrr, at: 2) == [0, 0])
    // After 0, 1 the list is 2, 3, 4, 0, 1; after the second 0 it is 1, 2, 3, 4, 0.
    let repeated = metrics(known: known, test: test, next: .all, cutoffs: [5], includesObserved: true)
    #expect(repeated.values(.mrr, at: 5) == [0.25, 1])
  }

  @Test func dislikedItemsAreAShareOfEachUser() {
    // User 0's list is 2, 3; they dislike 2 and 4. User 1's is 4, 0; they dislike 0. User 2 dislikes nothing.
    let test = TrainingData(
      userCount: 4, itemCount: 5, users: [0, 0, 0, 1, 2], items: [2, 4, 3, 0, 1], values: [1, 2, 5, 2.5, 3],
      times: [3, 4, 5, 3, 4])
    let perUser = metrics(known: known, test: test, next: nil, middle: 3)
    #expect(perUser.disliked(at: 1) == 0.25 && perUser.disliked(at: 2) == 0.75)
    #expect(metrics(known: known, test: test, next: nil).disliked(at: 1) == nil)
    // One by one: 2 leads user 0's list; then, after 2, 4 is second; 0 is second in user 1's list.
    let each = metrics(known: known, test: test, next: .all, middle: 3)
    #expect(each.disliked(at: 1) == 0.25 && each.disliked(at: 2) == 1)
    // The last event of user 0 is none that they dislike.
    #expect(metrics(known: known, test: test, next: .last, middle: 3).disliked(at: 2) == 1)
  }

  /// Everyone goes from an item to the next: shuffled histories lose what follows.
  private static let walks: Interactions<Int, Int> = {
    var walks = Interactions<Int, Int>()
    for user in 0..<150 {
      for step in 0..<6 {
        walks.append(Interaction(user: user, item: (user + step) % 12, value: 1, time: Timestamp(user % 7 + step * 10)))
      }
    }
    return walks
  }()

  /// Learns nothing, and ranks the item after the latest one first.
  private struct SuccessorTrainer: Trainer {
    typealias Session = Once
    static var predictsRatings: Bool { false }
    func makeSession(for data: PreparedData, seed: UInt64, using parallel: Parallel) throws(TrainingError) -> Once {
      var model = Successor()
      model.itemCount = data.itemCount
      return Once(model: model)
    }
    struct Once: TrainingSession {
      var model: Successor
      var isFinished = false
      mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
        isFinished = true
        return 0
      }
      func makeModel(using parallel: Parallel) -> Successor { model }
    }
  }

  @Test func shufflesShowThatOrderMatters() async throws {
    let folds = Self.walks.evaluationFolds(.leaveLast(1), seed: 0)
    var evaluator = Evaluator(cutoffs: [2], seed: 3)
    evaluator.next = .last
    // Without the items of the history, the first item left is the next one in any order.
    evaluator.includesObserved = true
    #expect(
      try #require(try await evaluator.evaluation(of: Popularity(), on: folds).ranking).shuffledNDCG(at: 2) == nil)
    evaluator.shuffles = 3
    let ordered = try #require(try await evaluator.evaluation(of: SuccessorTrainer(), on: folds).ranking)
    let shuffled = try #require(ordered.shuffledNDCG(at: 2))
    #expect(try #require(ordered.mean(.ndcg, at: 2)) > 0.99 && shuffled > 0.1 && shuffled < 0.8)
    let queries = PreparedFold(folds[0], rule: FeedbackRule(), for: SuccessorTrainer.self).queries(
      next: .last, includesObserved: true)
    var model = Successor()
    model.itemCount = 12
    let figures = (0..<3).map {
      RankingMetrics.ndcg(
        of: model, on: queries.shuffled($0, seed: 3), counts: folds[0].train.data.itemCounts, cutoffs: [2],
        using: Parallel(threads: 1))[0]
    }
    #expect(abs(figures.reduce(0, +) / 3 - shuffled) < 1e-12 && Set(figures).count > 1)
    let blind = try #require(try await evaluator.evaluation(of: Popularity(), on: folds).ranking)
    #expect(blind.shuffledNDCG(at: 2) == blind.mean(.ndcg, at: 2))
  }

  @Test func figuresAreTheSameAtAnyNumberOfThreads() async throws {
    let folds = Self.walks.evaluationFolds(.time(holdingOut: 0.3), seed: 1)
    var figures: [[Double]] = []
    for threads in [1, 2, 5] {
      var evaluator = Evaluator(cutoffs: [5], seed: 2, threads: threads)
      (evaluator.next, evaluator.shuffles) = (.all, 3)
      let result = try await evaluator.evaluation(of: ItemKNN(), on: folds)
      let ranking = try #require(result.ranking)
      let interval = try #require(result.intervals(seed: 1, threads: threads).ndcg(at: 5))
      figures.append([
        try #require(ranking.mean(.ndcg, at: 5)), try #require(ranking.shuffledNDCG(at: 5)), interval.lowerBound,
        interval.upperBound,
      ])
      #expect(interval.contains(figures[0][0]))
    }
    #expect(figures[0] == figures[1] && figures[0] == figures[2])
  }
}
