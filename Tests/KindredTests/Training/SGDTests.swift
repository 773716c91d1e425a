import Synchronization
import Testing

@testable import Kindred

@Suite struct SGDTests {
  /// The notebook's matrix; zeros are unknown.
  static let notebook: [[Float]] = [
    [5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4], [2, 1, 3, 0],
  ]

  static var notebookRatings: Interactions<Int, Int> {
    var ratings = Interactions<Int, Int>()
    for (user, row) in notebook.enumerated() {
      for (item, value) in row.enumerated() where value > 0 {
        ratings.append(Interaction(user: user, item: item, value: value))
      }
    }
    return ratings
  }

  /// The notebook's function as it is written there, on the starting point of our session.
  @Test func thePlainFormIsTheNotebooks() async throws {
    let trainer = SGD.plain(rank: 3, epochs: 40, learningRate: 0.0002, regularization: 0.02)
    let data = Self.notebookRatings.data
    let ours = try await trainer.fit(on: data, seed: 9, using: Parallel(threads: 2)).model
    var (p, q) = start(data, rank: 3, seed: 9)
    for _ in 0..<40 {
      for (user, row) in Self.notebook.enumerated() {
        for (item, value) in row.enumerated() where value > 0 {
          let place = itemPosition(item)
          let e = value - zip(p[user], q[place]).reduce(0) { $0 + $1.0 * $1.1 }
          for k in 0..<3 {
            p[user][k] += 0.0002 * (2 * e * q[place][k] - 0.02 * p[user][k])
            q[place][k] += 0.0002 * (2 * e * p[user][k] - 0.02 * q[place][k])
          }
        }
      }
    }
    for user in 0..<6 {
      #expect(zip(ours.factors.users[user], p[user]).allSatisfy { isClose($0, $1, tolerance: 1e-5) })
    }
    for item in 0..<4 {
      #expect(zip(ours.factors.items[item], q[item]).allSatisfy { isClose($0, $1, tolerance: 1e-5) })
    }
  }

  /// Items have positions by first appearance: 0, 1, 3, 2.
  private func itemPosition(_ item: Int) -> Int { [0, 1, 3, 2][item] }

  private func start(_ data: TrainingData, rank: Int, seed: UInt64) -> ([[Float]], [[Float]]) {
    let rows = { (count: Int, purpose: RandomStream.Purpose) in
      (0..<count).map { row in
        var stream = RandomStream(seed: seed, purpose, row)
        return (0..<rank).map { _ in Float(stream.uniform()) }
      }
    }
    return (rows(data.userCount, .users), rows(data.itemCount, .items))
  }

  @Test func theNotebookComesBack() async throws {
    let trainer = SGD.plain(rank: 3, epochs: 5000, learningRate: 0.0002, regularization: 0.02)
    let recommender = try await Recommender.train(on: Self.notebookRatings, ranking: trainer, seed: 1)
    var error: Float = 0
    for (user, row) in Self.notebook.enumerated() {
      for (item, value) in row.enumerated() {
        let prediction = try #require(recommender.rating(of: item, by: user))
        #expect(prediction.value.isFinite)
        if value > 0 { error += abs(prediction.value - value) / 16 }
      }
    }
    #expect(error <= 0.14)
  }

  @Test func divergenceNamesTheEpochAndTheCureAndKeepsTheLastGoodState() async throws {
    let ratings = Synthetic.ratings(users: 40, items: 30)
    // A penalty so large that each step overshoots zero a little further.
    var trainer = SGD(rank: 8)
    trainer.learningRate = 0.02
    trainer.learningRateDecay = 1
    trainer.regularization = 300
    var iterator = trainer.epochs(on: ratings.data, seed: 1, using: Parallel(threads: 2)).makeAsyncIterator()
    var good = 0
    do throws(TrainingError) {
      while let epoch = try await iterator.next(isolation: nil) { good = epoch.number }
      Issue.record("it should diverge")
    } catch {
      #expect(good > 0)
      #expect(error.reason == .diverged(epoch: good + 1, cure: "try a learning rate of 0.005"))
      #expect(error.description.contains("epoch \(good + 1)"))
    }
    let model = try #require(iterator.lastSession).makeModel(using: Parallel(threads: 1))
    #expect(model.scores(ratings.histories[0]).allSatisfy { $0.isFinite })
  }

  @Test func noEpochBeginsOnceTheTaskIsCancelled() async throws {
    let ratings = Synthetic.ratings(users: 100, items: 80)
    var trainer = SGD(rank: 64)
    trainer.epochs = 100_000
    trainer.learningRateDecay = 1
    trainer.learningRate = 0.0001
    let last = Mutex(0)
    let task = Task { [trainer] in
      try await Recommender.train(on: ratings, ranking: trainer, threads: 2) { progress in
        last.withLock { $0 = progress.training.epoch }
        if progress.training.epoch == 3 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: TrainingError(.cancelled)) { _ = try await task.value }
    #expect(last.withLock { $0 } == 3)
  }

  @Test func epochsArePulledAndCopiedOnlyWhenKept() async throws {
    var numbers: [Int] = []
    var kept: [Epoch<SGD.Session>] = []
    for try await epoch in SGD.small.epochs(on: Synthetic.ratings(users: 60, items: 40), seed: 2).prefix(3) {
      numbers.append(epoch.number)
      kept.append(epoch)
    }
    #expect(numbers == [1, 2, 3])
    #expect(kept[0].loss > kept[2].loss)
    // An epoch that was kept still gives the model as it stood then.
    var fewer = SGD.small
    fewer.epochs = 1
    let first = try await fewer.fit(
      on: Synthetic.ratings(users: 60, items: 40).data, seed: 2, using: Parallel(threads: 1)
    ).model
    #expect(await kept[0].makeModel().factors.items == first.factors.items)
    #expect(await kept[2].makeModel().factors.items != first.factors.items)
  }

  @Test func everyRatingIsInOneBlock() {
    let data = TrainerContract.ratings.data
    let strata = Strata(of: data, stride: 16, seed: 3, ratingsOfBlock: 1000, using: Parallel(threads: 2))
    #expect(strata.blockCount >= 16)
    let run = Mutex<[GradientBlock]>([])
    let total = strata.forEachBlock(epoch: 2, seed: 3, using: Parallel(threads: 1)) { block in
      run.withLock { $0.append(block) }
      return Double(block.ratings.count)
    }
    #expect(total == Double(data.count))
    var found: Set<[Int32]> = []
    for block in run.withLock({ $0 }) {
      for rating in block.ratings.map({ strata.ratings[$0] }) {
        let (user, item) = (block.users.lowerBound + Int(rating.user), block.items.lowerBound + Int(rating.item))
        #expect(block.users.contains(user) && block.items.contains(item))
        found.insert([Int32(user), Int32(item), Int32(rating.value * 2)])
      }
    }
    let expected = (0..<data.count).map { position in
      [
        strata.userRows[Int(data.users[position])], strata.itemRows[Int(data.items[position])],
        Int32(data.values[position] * 2),
      ]
    }
    #expect(found == Set(expected))
  }

  /// The kernel takes up to four neighbouring ratings of one user at once: no user's ratings are split needlessly.
  @Test func aBlockIsInRunsOfFour() {
    let strata = Strata(
      of: TrainerContract.ratings.data, stride: 16, seed: 3, ratingsOfBlock: 1000, using: Parallel(threads: 2))
    _ = strata.forEachBlock(epoch: 0, seed: 3, using: Parallel(threads: 1)) { block in
      let users = block.ratings.map { strata.ratings[$0].user }
      var lengths: [Int] = []
      for (position, user) in users.enumerated() {
        if position > 0, users[position - 1] == user, let last = lengths.last, last < 4 {
          lengths[lengths.count - 1] = last + 1
        } else {
          lengths.append(1)
        }
      }
      let fewest = Dictionary(grouping: users) { $0 }.values.reduce(0) { $0 + ($1.count + 3) / 4 }
      #expect(lengths.count == fewest)
      #expect(lengths == lengths.sorted(by: >))
      return 0
    }
  }

  /// Blocks that run at the same time share no user and no item, and each row's blocks come in the order of one thread.
  @Test func stripesFollowOneAnother() {
    let strata = Strata(
      of: TrainerContract.ratings.data, stride: 16, seed: 3, ratingsOfBlock: 1000, using: Parallel(threads: 1))
    func run(threads: Int) -> (byUsers: [Range<Int>: [Range<Int>]], byItems: [Range<Int>: [Range<Int>]]) {
      let orders = Mutex((byUsers: [Range<Int>: [Range<Int>]](), byItems: [Range<Int>: [Range<Int>]]()))
      let busy = Mutex(Set<Range<Int>>())
      _ = strata.forEachBlock(epoch: 0, seed: 3, using: Parallel(threads: threads)) { block in
        #expect(busy.withLock { $0.insert(block.users).inserted })
        orders.withLock {
          $0.byUsers[block.users, default: []].append(block.items)
          $0.byItems[block.items, default: []].append(block.users)
        }
        busy.withLock { _ = $0.remove(block.users) }
        return 0
      }
      return orders.withLock { $0 }
    }
    let alone = run(threads: 1)
    let together = run(threads: 5)
    #expect(alone.byUsers == together.byUsers && alone.byItems == together.byItems)
  }

  @Test func historiesComeBackOutOfTheStrata() {
    let data = TrainerContract.ratings.data
    let strata = Strata(of: data, stride: 16, seed: 3, ratingsOfBlock: 1000, using: Parallel(threads: 2))
    let expected = data.rowsByUser()
    let seen = Mutex(0)
    strata.forEachStripeOfHistories(using: Parallel(threads: 2)) { rows, users in
      for (row, user) in users.enumerated() {
        let (found, history) = (HistoryTable(rows: rows)[row], HistoryTable(rows: expected)[Int(user)])
        let values = Dictionary(uniqueKeysWithValues: zip(found.items, found.values))
        #expect(history.count == found.count)
        #expect(zip(history.items, history.values).allSatisfy { values[strata.itemRows[Int($0)]] == $1 })
      }
      seen.withLock { $0 += users.count }
    }
    #expect(seen.withLock { $0 } == data.userCount)
  }

  @Test func fastFormBeatsTheBaselineOnStructuredData() async throws {
    let (train, test) = Synthetic.ratings(users: 300, items: 150, density: 0.3).split(.random(holdingOut: 0.1), seed: 1)
    var trainer = SGD(rank: 8)
    trainer.regularization = 0.5
    let evaluator = Evaluator(seed: 1, threads: 2)
    let ours = try await evaluator.evaluation(of: trainer, on: [.init(train: train, test: test)])
    let bias = try await evaluator.evaluation(of: BiasRating(), on: [.init(train: train, test: test)])
    let (error, baseline) = (try #require(ours.ratings), try #require(bias.ratings))
    #expect(error.rootMeanSquaredError < 0.9 * baseline.rootMeanSquaredError)
  }

  /// Its square overflows, and with it the fold-in of its user.
  @Test func aValueFarOffTheScaleMakesNoModel() async throws {
    var rows: [Interaction<Int, Int>] = []
    for row in 0..<380 {
      // The last row of a pair counts.
      let value: Float = row == 379 ? 1e20 : Float(1 + row % 5)
      rows.append(Interaction(user: row % 30, item: row * 7 % 25, value: value))
    }
    await #expect(throws: TrainingError.self) {
      _ = try await SGD().fit(on: Interactions(rows).data, seed: 1, using: Parallel(threads: 2))
    }
  }
}
