import Testing

@testable import Kindred

@Suite struct MetricsTests {
  /// Scores written down by hand: item scores 4, 3, 2, 1, 0 for everyone.
  private struct Fixed: Scorer, RatingPredictor {
    static let kind = ModelKind.factors
    var itemCount: Int { 5 }
    init() {}
    init(from file: ModelFile, at prefix: String) throws(ModelFileError) { self.init() }
    func write(to file: inout ModelFile, at prefix: String) {}
    func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
      for index in 0..<(5 * histories.count) { scores[index] = Float(4 - index % 5) }
    }
    func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {}
    func predictions(of items: [Int32], for history: History, at time: Timestamp?) -> [Prediction] {
      items.map { Prediction(value: Float(4 - $0), deviation: nil) }
    }
  }

  @Test func rankingMetricsByHand() {
    // Person 0 saw item 0; test items 2 and 4. Person 1 saw nothing; test item 1. Person 2 has no test item.
    let train = TrainingData(userCount: 3, itemCount: 5, users: [0, 2], items: [0, 1], values: [1, 1])
    let test = TrainingData(userCount: 3, itemCount: 5, users: [0, 0, 1], items: [2, 4, 1], values: [1, 1, 1])
    let metrics = RankingMetrics(
      of: Fixed(), histories: train.rowsByUser(), test: test, cutoffs: [1, 2, 10], using: Parallel(threads: 2))
    #expect(metrics.people == 2 && metrics.peopleLeftOut == 1)
    // Lists: person 0 → 1 2 3 4, person 1 → 0 1 2 3 4.
    let second = 1 / 1.584_962_500_721_156
    let fourth = 1 / 2.321_928_094_887_362
    let expected = [0, (second / (1 + second) + second) / 2, ((second + fourth) / (1 + second) + second) / 2]
    #expect(zip(metrics.ndcg, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(metrics.recall == [0, 0.75, 1])
  }

  @Test func ratingMetricsByHand() {
    let histories = TrainingData(userCount: 2, itemCount: 5).rowsByUser()
    let test = TrainingData(userCount: 2, itemCount: 5, users: [0, 0, 1], items: [0, 1, 4], values: [5, 3, 2])
    let metrics = RatingMetrics(of: Fixed(), histories: histories, test: test, using: Parallel(threads: 2))
    #expect(metrics.count == 3)
    #expect(metrics.meanAbsoluteError == 1)
    #expect(isClose(metrics.rootMeanSquaredError, Float(5.0 / 3).squareRoot()))
  }

  @Test func popularityAgreesWithACount() async throws {
    let (train, test) = Synthetic.ratings(users: 80, items: 50).split(.random(holdingOut: 0.2), seed: 3)
    let ours = try #require(try await Evaluator(cutoffs: [5]).evaluation(of: Popularity(), on: [(train, test)]).ranking)
    var counts = [Int](repeating: 0, count: train.itemCount)
    for item in train.data.items { counts[Int(item)] += 1 }
    let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
    var recall = 0.0
    var people = 0
    for user in 0..<train.userCount {
      let seen = Set(zip(train.data.users, train.data.items).filter { $0.0 == user }.map { Int($0.1) })
      let wanted = Set(zip(test.data.users, test.data.items).filter { $0.0 == user }.map { Int($0.1) })
      if wanted.isEmpty { continue }
      people += 1
      recall +=
        Double(order.filter { !seen.contains($0) }.prefix(5).filter { wanted.contains($0) }.count)
        / Double(wanted.count)
    }
    #expect(ours.people == people)
    #expect(abs(ours.recall[0] - recall / Double(people)) < 1e-12)
  }
}
