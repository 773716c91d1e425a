import Testing

@testable import Kindred

/// One trainer as the contracts run it. Adding an algorithm adds one line to `all`.
struct TrainerCase: Sendable, CustomTestStringConvertible {
  let trainer: any Trainer
  /// Whether a stored user row is the fold-in of that user's history.
  var storesFoldIn = true
  /// Whether it can tell what a user likes from what others like.
  var isPersonal = true

  static let all = [
    TrainerCase(trainer: SGD.small),
    TrainerCase(trainer: SGD.plain(rank: 8, epochs: 3, learningRate: 0.01, regularization: 0.02), storesFoldIn: false),
    TrainerCase(trainer: ALS.small),
    TrainerCase(trainer: ImplicitALS.small),
    TrainerCase(trainer: ImplicitALS.small.weighted(by: true)),
    TrainerCase(trainer: ImplicitALS.blocks),
    TrainerCase(trainer: EASE(regularization: 5)),
    TrainerCase(trainer: EASE.local),
    TrainerCase(trainer: NextItem.local),
    TrainerCase(trainer: NextItem.forSessions),
    TrainerCase(trainer: EASE.decayed),
    TrainerCase(trainer: ItemKNN()),
    TrainerCase(trainer: GraphFilter(rank: 8)),
    TrainerCase(trainer: Blend.small),
    TrainerCase(trainer: BayesianFM.small),
    TrainerCase(trainer: BayesianFM.full, storesFoldIn: false),
    TrainerCase(trainer: Popularity(), isPersonal: false),
    TrainerCase(trainer: RecentPopularity(), isPersonal: false),
    TrainerCase(trainer: BiasRating(), isPersonal: false),
    TrainerCase(trainer: MeanRating(), isPersonal: false),
  ]

  var testDescription: String { "\(type(of: trainer).name) \(trainer.parameters.sorted { $0.key < $1.key })" }
}

extension SGD {
  static var small: SGD {
    var trainer = SGD(rank: 8)
    trainer.epochs = 4
    trainer.regularization = 0.5
    return trainer
  }
}

extension ALS {
  static var small: ALS {
    var trainer = ALS(rank: 8)
    trainer.epochs = 2
    return trainer
  }
}

extension Blend {
  static var small: Blend {
    var trainer = Blend()
    trainer.rank = 4
    trainer.itemRegularization = 5
    trainer.budget = 0.3
    return trainer
  }
}

extension ImplicitALS {
  static var small: ImplicitALS {
    var trainer = ImplicitALS(rank: 8)
    trainer.epochs = 3
    return trainer
  }

  /// Two blocks of factors, the second not full.
  static var blocks: ImplicitALS {
    var trainer = ImplicitALS(rank: 20)
    trainer.blockSize = 16
    trainer.epochs = 3
    return trainer
  }

  func weighted(by values: Bool) -> ImplicitALS {
    var copy = self
    copy.weighted = values
    return copy
  }
}

extension BayesianFM {
  static var small: BayesianFM {
    var trainer = BayesianFM(rank: 4, features: [.user, .item, .day, .userItems, .itemUsers])
    trainer.epochs = 12
    trainer.samples = 4
    return trainer
  }

  /// Ordinal levels too; then a user's trained row holds more than their history.
  static var full: BayesianFM {
    var trainer = BayesianFM(rank: 3)
    trainer.epochs = 12
    trainer.samples = 3
    trainer.probit = true
    return trainer
  }
}

extension EASE {
  static var local: EASE {
    var trainer = EASE(regularization: 5)
    trainer.neighbors = 12
    return trainer
  }
}

extension EASE {
  static var decayed: EASE {
    var trainer = EASE(regularization: 5)
    trainer.historyHalfLife = 4
    return trainer
  }
}

extension NextItem {
  static var local: NextItem {
    var trainer = NextItem()
    trainer.regularization = 5
    trainer.neighbors = 20
    return trainer
  }
}

@Suite struct TrainerContract {
  /// 600 users, 250 items and some 37,000 ratings: nine blocks of a grid and more of rows, for every trainer.
  static let ratings = Synthetic.ratings(users: 600, items: 250)

  private func trained(_ trainerCase: TrainerCase, threads: Int = 2) async throws -> Recommender<Int, String> {
    try await TrainedModels.shared.model(of: trainerCase, threads: threads)
  }

  /// Models are kept by these names.
  @Test func everyCaseHasANameOfItsOwn() {
    #expect(Set(TrainerCase.all.map(\.testDescription)).count == TrainerCase.all.count)
  }

  @Test func theDataSpansEightBlocks() {
    let strata = Strata(of: Self.ratings.data, stride: 16, seed: 1, using: Parallel(threads: 1))
    #expect(strata.blockCount >= 8)
  }

  @Test(arguments: TrainerCase.all)
  func sameSeedSameBytesAtAnyNumberOfThreads(_ trainerCase: TrainerCase) async throws {
    let alone = try await trained(trainerCase, threads: 1).modelFile().bytes()
    for threads in [2, 5] {
      let together = try await trained(trainerCase, threads: threads).modelFile().bytes()
      #expect(alone == together, "with \(threads) threads")
    }
  }

  @Test(arguments: TrainerCase.all.filter(\.storesFoldIn))
  func storedRowsAreTheFoldInOfTheirHistories(_ trainerCase: TrainerCase) async throws {
    let scorer = try await trained(trainerCase).rankingModel
    for history in Self.ratings.histories.prefix(40) {
      let stored = scorer.scores(history)
      let folded = scorer.scores(history.stranger)
      #expect(zip(stored, folded).allSatisfy { isClose($0, $1) })
    }
  }

  @Test(arguments: TrainerCase.all)
  func aBlockOfHistoriesIsScoredLikeEachAlone(_ trainerCase: TrainerCase) async throws {
    let scorer = try await trained(trainerCase).rankingModel
    let histories = Self.ratings.histories.prefix(21).enumerated().map { $0 % 2 == 0 ? $1 : $1.stranger } + [History()]
    let count = scorer.itemCount
    var block = [Float](repeating: 0, count: histories.count * count)
    var span = block.mutableSpan
    scorer.score(histories[...], into: &span)
    for (row, history) in histories.enumerated() {
      #expect(scorer.scores(history) == Array(block[(row * count)..<((row + 1) * count)]))
    }
  }

  @Test(arguments: TrainerCase.all)
  func topItemsAreTheSortedScores(_ trainerCase: TrainerCase) async throws {
    let scorer = try await trained(trainerCase).rankingModel
    let histories = Array(Self.ratings.histories.prefix(19))
    var allowed = ItemSet(itemCount: scorer.itemCount)
    for item in 0..<Int32(scorer.itemCount) where item % 3 != 0 { allowed[item] = true }
    for allowed in [nil, allowed] {
      let selection = TopSelection(limit: 12, excluded: histories.map { $0.items.sorted() }, allowed: allowed)
      let lists = scorer.topItems(histories[...], selection: selection)
      for (history, list) in zip(histories, lists) {
        let scores = scorer.scores(history)
        let expected = (0..<Int32(scores.count))
          .filter { !history.items.contains($0) && allowed?[$0] ?? true }
          .sorted { (scores[Int($1)], $0) < (scores[Int($0)], $1) }.prefix(12)
        #expect(list == expected.map { ScoredItem(item: $0, score: scores[Int($0)]) })
      }
    }
  }

  @Test(arguments: TrainerCase.all)
  func aModelReadBackIsTheSame(_ trainerCase: TrainerCase) async throws {
    let trained = try await trained(trainerCase)
    let bytes = try trained.modelFile().bytes()
    let read = try Recommender<Int, String>(from: ModelFile(bytes: bytes))
    #expect(try read.modelFile().bytes() == bytes)
    let history = Self.ratings.histories[3]
    #expect(read.rankingModel.scores(history) == trained.rankingModel.scores(history))
    #expect(read.rankingModel.scores(history.stranger) == trained.rankingModel.scores(history.stranger))
  }

  @Test(arguments: TrainerCase.all)
  func poorDataGivesFiniteScores(_ trainerCase: TrainerCase) async throws {
    let one = Interaction(user: 1, item: "a", value: 4)
    let data: [[Interaction<Int, String>]] = [
      [one],
      [one, Interaction(user: 1, item: "b", value: 4)],
      [one, Interaction(user: 2, item: "a", value: 0)],
      (0..<30).map { Interaction(user: $0 % 3, item: "\($0)", value: Float($0 % 2) * 1e4) },
      (0..<40).map { Interaction(user: $0, item: "same", value: 1) },
    ]
    for interactions in data {
      let set = Interactions(interactions)
      do {
        let model = try await Recommender.train(on: set, ranking: trainerCase.trainer, threads: 2)
        for history in set.histories + [History(), History(items: [0], values: [1e6])] {
          #expect(model.rankingModel.scores(history).allSatisfy { $0.isFinite })
        }
      } catch {
        // Values of 10,000 may be too much for a step that suits stars; saying so is right, a NaN is not.
        guard case .diverged = error.reason else { throw error }
      }
    }
  }

  @Test(arguments: TrainerCase.all)
  func nothingToLearnFromIsAnError(_ trainerCase: TrainerCase) async throws {
    func fit(_ trainer: some Trainer, on data: TrainingData) async throws {
      _ = try await trainer.fit(on: data, seed: 0, using: Parallel(threads: 2))
    }
    for (users, items) in [(0, 0), (3, 4)] {
      let error = await #expect(throws: TrainingError.self) {
        try await fit(trainerCase.trainer, on: TrainingData(userCount: users, itemCount: items))
      }
      guard case .unsuitableData = error?.reason else {
        Issue.record("\(error?.description ?? "no error")")
        continue
      }
    }
  }

  @Test(arguments: TrainerCase.all.filter(\.isPersonal))
  func theHeldOutDiagonalOfACheckerboardIsFound(_ trainerCase: TrainerCase) async throws {
    let isRating = type(of: trainerCase.trainer).predictsRatings
    let board = isRating ? Synthetic.ratedCheckerboard(20) : Synthetic.checkerboard(20)
    let trainer: any Trainer = trainerCase.trainer.limited(to: 60)
    let model = try await Recommender.train(on: board, ranking: trainer, seed: 3)
    for user in 0..<20 {
      #expect(model.recommendations(for: user, limit: 1).first?.item == user)
    }
  }

  @Test(arguments: TrainerCase.all)
  func explanationsAddUpToTheScore(_ trainerCase: TrainerCase) async throws {
    let scorer = try await trained(trainerCase).rankingModel
    for (number, history) in Self.ratings.histories.prefix(25).enumerated() {
      for history in [history, history.stranger] {
        let item = Int32(number * 7 % scorer.itemCount)
        let explanation = scorer.explanation(of: item, for: history)
        #expect(isClose(explanation.score, scorer.scores(history)[Int(item)], tolerance: 1e-3))
        #expect(explanation.parts.isEmpty || explanation.parts.map(\.item) == history.items)
      }
    }
  }

  @Test(arguments: TrainerCase.all.filter(\.isPersonal))
  func anEffectIsWhatTakingTheItemOutDoes(_ trainerCase: TrainerCase) async throws {
    let scorer = try await trained(trainerCase).rankingModel
    let known = Self.ratings.histories[11]
    let reversed = History(items: known.items.reversed(), values: known.values.reversed())
    let short = [History(items: [70], values: [4]), History(items: [90, 8], values: [5, 1])]
    for history in [known, known.stranger, reversed] + short {
      let explanation = scorer.explanation(of: 30, for: history)
      #expect(explanation.parts.map(\.item) == history.items)
      let without = history.withoutEach(of: 0..<history.count).map { scorer.scores($0)[30] }
      let effects = without.map { explanation.score - $0 }
      let largest = effects.map { abs($0) }.max() ?? 0
      for (part, effect) in zip(explanation.parts, effects) {
        #expect(abs(part.effect - effect) <= 2e-3 * largest + 1e-5 * abs(explanation.score))
      }
    }
  }

  @Test(arguments: TrainerCase.all.filter(\.isPersonal))
  func withoutItsStrongestReasonAScoreFalls(_ trainerCase: TrainerCase) async throws {
    let recommender = try await trained(trainerCase)
    let score = { (item: String, history: History) throws in
      var rules = ListRules<String>()
      rules.restrictingTo = [item]
      return try #require(recommender.recommendations(for: [history], limit: 1, rules: rules)[0].first).score
    }
    // Each pair costs some lists: five times as many where the code is optimised.
    #if DEBUG
      let wanted = 100
    #else
      let wanted = 500
    #endif
    var pairs = 0
    for user in 0..<Self.ratings.userCount where pairs < wanted {
      let known = try #require(recommender.history(of: user))
      let history = user % 2 == 0 ? known : known.stranger
      let list = recommender.recommendations(for: [history], limit: 2)[0]
      let reasons = recommender.reasons(for: list.map(\.item), history: history, limit: history.count)
      for (recommendation, reasons) in zip(list, reasons) {
        let without = { (position: Int) in
          try score(recommendation.item, history.withoutEach(of: position..<(position + 1))[0])
        }
        if let strongest = reasons.first {
          let position = try #require(history.items.firstIndex { recommender.item(at: $0) == strongest.item })
          let left = try without(position)
          #expect(left < recommendation.score)
          pairs += 1
          guard pairs % 50 == 0 else { continue }
          // No other item of the history would be missed more.
          let least = try history.items.indices.map(without).min() ?? 0
          #expect(left - least <= 1e-3 * (recommendation.score - least))
        } else {
          #expect(try history.items.indices.allSatisfy { try without($0) >= recommendation.score - 1e-5 })
        }
      }
    }
    #expect(pairs >= wanted)
  }
}
