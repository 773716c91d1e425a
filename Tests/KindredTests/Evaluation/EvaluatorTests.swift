import Testing

@testable import Kindred

@Suite struct EvaluatorTests {
  private static let ratings = Synthetic.ratings(users: 150, items: 80)

  /// Times in another unit, near the ends of what 64 bits hold.
  @Test func timesFarAwayAreEvaluatedLikeOthers() async throws {
    let times: [Timestamp] = [9_000_000_000_000_000_000, -9_000_000_000_000_000_000]
    let data = Interactions(
      (0..<60).map { Interaction(user: $0 / 6, item: $0 % 6, value: Float($0 % 5 + 1), time: times[$0 % 2]) })
    #expect(Set(data.histories[0].days) == [104_166_666, -104_166_667])
    let (train, test) = data.split(.perUser(holdingOut: 0.2), seed: 1)
    let evaluation = try await Evaluator(seed: 1).evaluation(of: BiasRating(), on: [.init(train: train, test: test)])
    #expect(try #require(evaluation.ratings).rootMeanSquaredError.isFinite)
  }

  /// Some ratings come from a file without times, and others were given since.
  @Test func ratingsWithAndWithoutATimeAreEvaluatedTogether() async throws {
    let ratings = (0..<60).map { (number: Int) -> Interaction<Int, Int> in
      let time: Timestamp? = number % 2 == 0 ? nil : 1_700_000_000_000_000
      return Interaction(user: number / 6, item: number % 6, value: Float(number % 5 + 1), time: time)
    }
    let data = Interactions(ratings)
    let (train, test) = data.split(.perUser(holdingOut: 0.4), seed: 1)
    let evaluation = try await Evaluator(seed: 1).evaluation(of: BiasRating(), on: [.init(train: train, test: test)])
    #expect(try #require(evaluation.ratings).rootMeanSquaredError.isFinite)
  }

  @Test func figuresAreTheSameAtAnyNumberOfThreads() async throws {
    let folds = Self.ratings.evaluationFolds(.folds(3), seed: 1)
    var figures: [[Double]] = []
    for threads in [1, 2, 5] {
      let result = try await Evaluator(cutoffs: [5], seed: 2, threads: threads).evaluation(of: ALS.small, on: folds)
      let intervals = result.intervals(seed: 1, threads: threads)
      let ranking = try #require(result.ranking)
      figures.append([
        try #require(result.ratings).rootMeanSquaredError, try #require(ranking.mean(.ndcg, at: 5)),
        ranking.meanReciprocalRank,
        try #require(intervals.rootMeanSquaredError).lowerBound, try #require(intervals.ndcg(at: 5)).upperBound,
      ])
    }
    #expect(figures[0] == figures[1] && figures[0] == figures[2])
  }

  @Test func intervalsHoldTheFigure() async throws {
    let folds = Self.ratings.evaluationFolds(.random(holdingOut: 0.2), seed: 1)
    let result = try await Evaluator().evaluation(of: ImplicitALS.small, on: folds)
    let interval = try #require(result.intervals().ndcg(at: 10))
    #expect(interval.contains(try #require(result.ranking?.mean(.ndcg, at: 10))))
    #expect(interval.upperBound > interval.lowerBound)
  }

  @Test func usersHeldOutWholeAreStrangersToTheModel() async throws {
    let folds = Self.ratings.evaluationFolds(.users(holdingOut: 0.2), seed: 1)
    let fold = folds[0]
    let given = try #require(fold.given)
    let held = Set(given.data.users)
    #expect(held.count == 30)
    #expect(held.isDisjoint(with: fold.train.data.users))
    #expect(Set(fold.test.data.users).isSubset(of: held))
    #expect(fold.train.count + given.count + fold.test.count == Self.ratings.count)
    let prepared = PreparedFold(fold, rule: FeedbackRule(), for: ALS.self)
    #expect(prepared.histories.allSatisfy { $0.trainingRow == nil })
    let strong = try await Evaluator().evaluation(of: ALS.small, on: folds)
    let baseline = try await Evaluator().evaluation(of: MeanRating(), on: folds)
    #expect(try #require(strong.ratings).rootMeanSquaredError < 0.9 * #require(baseline.ratings).rootMeanSquaredError)
  }

  @Test func classesCoverAllUsers() async throws {
    let folds = Self.ratings.evaluationFolds(.random(holdingOut: 0.2), seed: 1)
    let result = try await Evaluator(cutoffs: [10]).evaluation(of: Popularity(), on: folds)
    let ranking = try #require(result.ranking)
    #expect(result.byActivity.map(\.name) == ["light", "middle", "heavy"])
    #expect(result.byActivity.map(\.userCount).reduce(0, +) == ranking.users.count)
    let weighted = result.byActivity.reduce(0) { $0 + $1.ndcg * Double($1.userCount) } / Double(ranking.users.count)
    #expect(abs(weighted - (try #require(ranking.mean(.ndcg, at: 10)))) < 1e-12)
    #expect(ranking.byPopularity.map(\.itemCount).reduce(0, +) == 80)
    #expect(ranking.byPopularity.map(\.relevantCount).reduce(0, +) == folds[0].test.count)
    #expect(ranking.byPopularity[2].hitCount > ranking.byPopularity[0].hitCount)
  }

  @Test func comparisonsAreUserByUser() async throws {
    let folds = Self.ratings.evaluationFolds(.random(holdingOut: 0.2), seed: 1)
    let first = try await Evaluator().evaluation(of: ALS.small, on: folds)
    let second = try await Evaluator().evaluation(of: MeanRating(), on: folds)
    let errors = try #require(first.errorComparison(with: second))
    #expect(errors.difference < 0 && errors.bootstrapP < 0.01)
    #expect(first.ndcgComparison(with: second) == nil)
  }

  @Test func theLeakCheckFiresOnAPlantedLeakAlone() {
    for split in [Split.random(holdingOut: 0.1), .perUser(holdingOut: 0.2), .leaveLast(1), .time(holdingOut: 0.1)] {
      let (train, test) = Self.ratings.split(split, seed: 3)
      #expect(LeakCheck.leaks(train: train, test: test).isEmpty, "\(split)")
    }
    let (train, test) = Self.ratings.split(.time(holdingOut: 0.1), seed: 3)
    var leaky = train
    leaky.append(contentsOf: test.prefix(3).map { Interaction(user: $0.user, item: $0.item, value: 1, time: 0) })
    #expect(LeakCheck.leaks(train: leaky, test: test) == [.testPairsInTraining(3)])
    var late = train
    late.data.times[5] = test.data.times.max() ?? 0
    late.data.times[6] = test.data.times.max() ?? 0
    #expect(LeakCheck.leaks(train: late, test: test) == [.futureBeforePast(2)])
  }
}
