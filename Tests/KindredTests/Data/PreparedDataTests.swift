import Synchronization
import Testing

@testable import Kindred

@Suite struct PreparedDataTests {
  /// Counts groupings, and keeps the data that were grouped, so that no two of them share an identity.
  private final class Recorder: Sendable {
    private let grouped = Mutex<[(data: PreparedData, side: PreparedData.Side)]>([])

    func note(_ data: PreparedData, _ side: PreparedData.Side) { grouped.withLock { $0.append((data, side)) } }

    /// How often each data set was grouped in each direction.
    var counts: [[PreparedData.Side: Int]] {
      let sets = grouped.withLock { Dictionary(grouping: $0) { ObjectIdentifier($0.data) } }
      return sets.values.map { Dictionary(grouping: $0, by: \.side).mapValues(\.count) }
    }
  }

  private static let ratings = Synthetic.ratings(users: 120, items: 90, density: 0.3)

  @Test func ordersByChanceAreTold() {
    // Users of three tastes; each walks along the items of theirs.
    func data(_ steps: (Int) -> [Int], hasTimes: Bool = false) -> PreparedData {
      let rows = (0..<600).flatMap { user in
        steps(user).enumerated().map { place, step in
          Interaction(
            user: user, item: user % 3 * 20 + step, value: 1, time: hasTimes ? Timestamp(place) * 1_000_000 : nil)
        }
      }
      return PreparedData(Interactions(rows).trainingData)
    }
    var random = RandomStream(seed: 3)
    func shuffled() -> [Int] {
      var steps = Array(0..<20)
      for last in (1..<20).reversed() { steps.swapAt(last, Int(random.next() % UInt64(last + 1))) }
      return steps
    }
    #expect(data { user in (0..<20).map { ($0 + user) % 20 } }.hasOrder)
    #expect(!data { _ in shuffled() }.hasOrder)
    #expect(data({ _ in shuffled() }, hasTimes: true).hasOrder)
    // Too few pairs occur twice to tell.
    #expect(data { _ in Array(shuffled().prefix(2)) }.hasOrder)
    let blend = Blend()
    #expect(!blend.trains(.next, on: data { _ in shuffled() }) && blend.trains(.items, on: data { _ in shuffled() }))
  }

  @Test func aDefaultTrainingGroupsNoDataTwice() async throws {
    var blend = Blend.small
    blend.budget = 2
    // So many searches of factors and of item weights: each of them groups the ratings both ways if nothing is shared.
    #expect(Tuner.trials(forSeconds: 2, interactions: Self.ratings.count) >= 20)
    let recorder = Recorder()
    let whole = PreparedData(Self.ratings.trainingData, noting: recorder.note)
    let parallel = Parallel(threads: 2)
    _ = whole.byUser  // the histories that a recommender keeps
    _ = try await blend.fit(on: whole, seed: 3, using: parallel)
    _ = try await SGD.small.fit(on: whole, seed: 3, using: parallel)
    let counts = recorder.counts
    #expect(counts.allSatisfy { $0.values.allSatisfy { $0 == 1 } }, "\(counts)")
    // All data by user; for the blend, what its search trains on both ways; for SGD, its two parts by user.
    #expect(counts.count == 4 && counts.reduce(0) { $0 + $1.count } == 5, "\(counts)")
  }

  @Test func aSearchOfSettingsSharesItsCuts() async throws {
    let recorder = Recorder()
    let (train, test) = Self.ratings.split(.random(holdingOut: 0.1), seed: 1)
    let fold = PreparedFold(
      .init(train: train, test: test), rule: FeedbackRule(), for: ALS.self, sharesValidation: true,
      noting: recorder.note)
    for regularization: Float in [0.05, 0.1, 0.2] {
      var trainer = ALS.small
      trainer.regularization = regularization
      _ = try await Evaluator().evaluation(of: trainer, on: fold, Parallel(threads: 2))
    }
    let counts = recorder.counts
    #expect(counts.allSatisfy { $0.values.allSatisfy { $0 == 1 } }, "\(counts)")
    // What is trained on both ways, what is tested on by user; and the same of the validation cut.
    #expect(counts.count == 4 && counts.reduce(0) { $0 + $1.count } == 6, "\(counts)")
  }

  @Test func aTrainingByBlocksAsksForNoRows() async throws {
    let recorder = Recorder()
    let data = PreparedData(Self.ratings.data, noting: recorder.note)
    var session = try SGD.small.makeSession(for: data, seed: 1, using: Parallel(threads: 2))
    _ = try session.runEpoch(using: Parallel(threads: 2))
    _ = session.makeModel(using: Parallel(threads: 2))
    #expect(recorder.counts.isEmpty)
  }

  @Test func whatManyAskForAtOnceIsMadeOnce() {
    let recorder = Recorder()
    let data = PreparedData(Self.ratings.data, noting: recorder.note)
    Parallel(threads: 5).forEach(40) { number in
      _ = number % 2 == 0 ? data.byUser : data.byItem
      _ = data.timesByUser
    }
    #expect(recorder.counts == [[.users: 1, .items: 1]])
    data.releaseRows(of: .items)
    _ = (data.byUser, data.byItem)
    #expect(recorder.counts == [[.users: 1, .items: 2]])
  }

  @Test(arguments: [1, 2, 5]) func daysAndWeightsStandInTheOrderOfTheRows(threads: Int) {
    var data = Self.ratings.data
    var stream = RandomStream(seed: 2, .data)
    data = data.selecting(stream.permutation(of: data.count).map { Int($0) })
    data.times = data.times.map { $0 * 3000 }
    var rule = FeedbackRule()
    rule.positive = .mean
    rule.halfLife = 30
    let prepared = PreparedData(data, threads: threads)
    let (liked, weights) = prepared.weighted(by: rule)
    let weighted = data.weighted(by: rule)
    let order = (0..<data.count).sorted { (data.users[$0], data.items[$0]) < (data.users[$1], data.items[$1]) }
    #expect(Array(weights) == order.map { weighted.weights[$0] })
    #expect(Array(prepared.timesByUser) == order.map { data.times[$0] })
    #expect(liked.count == weighted.weights.count { $0 > 0 } && liked.count < data.count)
    let same = prepared.weighted(by: FeedbackRule())
    #expect(same.liked === prepared && same.weights.isEmpty)
  }

  @Test func historiesAreTheRows() throws {
    let data = PreparedData(Self.ratings.data)
    let histories = data.histories
    #expect(histories.count == data.userCount)
    for user in [0, 7, 119] {
      let own = Self.ratings.indices.filter { data.columns.users[$0] == user }
        .sorted { data.columns.times[$0] < data.columns.times[$1] }
      #expect(histories[user].items == own.map { data.columns.items[$0] })
      #expect(histories[user].values == own.map { data.columns.values[$0] })
      #expect(histories[user].times == own.map { data.columns.times[$0] })
      #expect(histories[user].trainingRow == Int32(user))
    }
    var strangers = histories
    strangers.areStrangers = true
    #expect(strangers.allSatisfy { $0.trainingRow == nil })
  }

  /// More users than a block of parallel work has, some without an event; equal times keep the data's order.
  @Test(arguments: [1, 2, 5], [false, true]) func eventsOfManyUsersAreInOrder(threads: Int, hasTimes: Bool) {
    var stream = RandomStream(seed: 11, .data)
    var data = TrainingData(userCount: 1300, itemCount: 40)
    for _ in 0..<9000 {
      data.users.append(Int32(stream.uniform() * 1299))
      data.items.append(Int32(stream.uniform() * 40))
      data.values.append(Float(stream.uniform()) + 0.1)
      if hasTimes { data.times.append(Timestamp(stream.uniform() * 5)) }
    }
    data.keepsRepeats = true
    let prepared = PreparedData(data, threads: threads)
    let (sequences, histories) = (prepared.sequences, prepared.histories)
    let order = data.users.indices.sorted {
      (data.users[$0], hasTimes ? data.times[$0] : 0, $0) < (data.users[$1], hasTimes ? data.times[$1] : 0, $1)
    }
    #expect(Array(sequences.items) == order.map { data.items[$0] })
    for user in stride(from: 0, to: 1300, by: 13) {
      let own = order.filter { data.users[$0] == user }
      #expect(sequences.events(of: user).count == own.count)
      var latest: [Int32] = []
      for position in own.reversed() where !latest.contains(data.items[position]) {
        latest.append(data.items[position])
      }
      #expect(histories[user].items == latest.reversed())
    }
  }

  @Test func countsAreThoseOfTheRows() {
    let data = PreparedData(Self.ratings.data)
    #expect(data.userCounts == (0..<data.userCount).map { Int32(data.byUser.count(ofRow: $0)) })
    #expect(data.itemCounts == (0..<data.itemCount).map { Int32(data.byItem.count(ofRow: $0)) })
  }
}
