import Foundation
import Testing

@testable import Kindred

@Suite struct MetricsTests {
  /// Scores written down by hand: item scores 4, 3, 2, 1, 0 for all users.
  private struct Fixed: RatingPredictor {
    static let kind = ModelKind(rawValue: "fixed")
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
    // User 0 saw item 0; test items 2 and 4. User 1 saw nothing; test item 1. User 2 has no test item.
    let train = TrainingData(userCount: 3, itemCount: 5, users: [0, 2], items: [0, 1], values: [1, 1])
    let test = TrainingData(userCount: 3, itemCount: 5, users: [0, 0, 1], items: [2, 4, 1], values: [1, 1, 1])
    let metrics = RankingMetrics(
      of: Fixed(), known: train, test: test, cutoffs: [1, 2, 10], using: Parallel(threads: 2))
    #expect(metrics.users == [0, 1] && metrics.usersLeftOut == 1)
    #expect(metrics.activity == [1, 0])
    // Lists: user 0 → 1 2 3 4, user 1 → 0 1 2 3 4.
    let second = 1 / 1.584_962_500_721_156
    let fourth = 1 / 2.321_928_094_887_362
    let ndcg = [0, (second / (1 + second) + second) / 2, ((second + fourth) / (1 + second) + second) / 2]
    #expect(zip(metrics.cutoffs, ndcg).allSatisfy { abs((metrics.mean(.ndcg, at: $0) ?? -1) - $1) < 1e-12 })
    #expect(metrics.cutoffs.map { metrics.mean(.recall, at: $0) } == [0, 0.75, 1])
    #expect(metrics.cutoffs.map { metrics.mean(.recallMin, at: $0) } == [0, 0.75, 1])
    #expect(metrics.cutoffs.map { metrics.mean(.precision, at: $0) } == [0, 0.5, (0.2 + 0.1) / 2])
    #expect(metrics.cutoffs.map { metrics.mean(.hitRate, at: $0) } == [0, 1, 1])
    #expect(metrics.cutoffs.map { metrics.mean(.map, at: $0) } == [0, (0.25 + 0.5) / 2, ((0.5 + 0.5) / 2 + 0.5) / 2])
    #expect(metrics.meanReciprocalRank == 0.5)
    #expect(metrics.cutoffs.map { metrics.mean(.mrr, at: $0) } == [0, 0.5, 0.5])
    // Items 1 and 0 at cutoff 1; all five at 10. Both had one user of three.
    #expect(metrics.cutoffs.map { metrics.coverage(at: $0) } == [0.4, 0.6, 1])
    #expect(abs((metrics.novelty(at: metrics.cutoffs[0]) ?? -1) - 1.584_962_500_721_156) < 1e-12)
    #expect(abs((metrics.gini(at: metrics.cutoffs[0]) ?? -1) - 0.6) < 1e-12)
  }

  @Test func theRankBehindTheListIsFound() {
    // User 0 saw items 0 and 1; item 4 is third of the rest, and the list holds one.
    let train = TrainingData(userCount: 1, itemCount: 5, users: [0, 0], items: [0, 1], values: [1, 1])
    let test = TrainingData(userCount: 1, itemCount: 5, users: [0], items: [4], values: [1])
    let metrics = RankingMetrics(
      of: Fixed(), known: train, test: test, cutoffs: [1], using: Parallel(threads: 1))
    #expect(metrics.reciprocalRanks == [1 / 3])
  }

  @Test func ratingMetricsByHand() {
    let train = TrainingData(userCount: 2, itemCount: 5)
    let test = TrainingData(userCount: 2, itemCount: 5, users: [0, 0, 1], items: [0, 1, 4], values: [5, 3, 2])
    let metrics = RatingMetrics(
      of: Fixed(), histories: train.prepared.histories, test: test, using: Parallel(threads: 2))
    #expect(metrics.count == 3)
    #expect(metrics.meanAbsoluteError == 1)
    #expect(abs(metrics.rootMeanSquaredError - (5.0 / 3).squareRoot()) < 1e-12)
    let bins = metrics.calibration.filter { $0.count > 0 }
    #expect(bins.map(\.predicted) == [0, 3, 4] && bins.map(\.given) == [2, 3, 5])
  }

  /// The generator of ranx_golden.py.
  private struct Generator {
    var state: UInt64 = 20_240_607

    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }

    mutating func sample(_ count: Int, of bound: Int) -> [Int32] {
      var items = Array(0..<Int32(bound))
      for index in 0..<count { items.swapAt(index, index + below(bound - index)) }
      return Array(items.prefix(count))
    }
  }

  @Test func metricsAgreeWithRanxAndScikitLearn() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("ranx_golden.csv")
    let golden = try String(contentsOf: path, encoding: .utf8).split(whereSeparator: \.isNewline).map { row in
      row.split(separator: ",").compactMap { Double($0) }
    }
    try #require(golden.count == 1001)
    var generator = Generator()
    let discounts = RankingMetrics.discounts(20)
    for row in golden.prefix(1000) {
      let list = generator.sample(20, of: 60)
      let relevant = generator.sample(1 + generator.below(15), of: 60)
      let ours = RankingMetrics.figures(of: list, relevant: relevant.sorted(), cutoffs: [5, 10], discounts: discounts)
      // Ours are by metric, then cutoff: precision, recall, recall_min, ndcg, map, hit_rate.
      let inOrder = [0, 1].flatMap { cutoff in [0, 1, 3, 4, 5].map { ours[$0 * 2 + cutoff] } }
      #expect(zip(inOrder, row).allSatisfy { abs($0 - $1) < 1e-6 })
      let rank = list.firstIndex { relevant.contains($0) }.map { 1 / Double($0 + 1) } ?? 0
      #expect(abs(rank - row[10]) < 1e-6)
    }
    let truth = (0..<1000).map { _ in Float(generator.below(9)) / 2 + 1 }
    let predicted = truth.map { $0 + Float(generator.below(2001) - 1000) / 1000 }
    let metrics = RatingMetrics(
      of: Replay(predictions: predicted), histories: [History()],
      test: TrainingData(
        userCount: 1, itemCount: 1000, users: Array(repeating: 0, count: 1000), items: Array(0..<1000), values: truth),
      using: Parallel(threads: 2))
    #expect(abs(metrics.rootMeanSquaredError - golden[1000][0]) < 1e-6)
    #expect(abs(metrics.meanAbsoluteError - golden[1000][1]) < 1e-6)
  }

  /// Predictions written down beforehand.
  private struct Replay: RatingPredictor {
    static let kind = ModelKind(rawValue: "replay")
    var predictions: [Float]
    var itemCount: Int { predictions.count }
    init(predictions: [Float]) { self.predictions = predictions }
    init(from file: ModelFile, at prefix: String) throws(ModelFileError) { self.init(predictions: []) }
    func write(to file: inout ModelFile, at prefix: String) {}
    func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {}
    func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {}
    func predictions(of items: [Int32], for history: History, at time: Timestamp?) -> [Prediction] {
      items.map { Prediction(value: predictions[Int($0)], deviation: nil) }
    }
  }

  @Test func popularityAgreesWithACount() async throws {
    let (train, test) = Synthetic.ratings(users: 80, items: 50).split(.random(holdingOut: 0.2), seed: 3)
    let ours = try #require(
      try await Evaluator(cutoffs: [5]).evaluation(of: Popularity(), on: [.init(train: train, test: test)]).ranking)
    var counts = [Int](repeating: 0, count: train.itemCount)
    for item in train.data.items { counts[Int(item)] += 1 }
    let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
    var recall = 0.0
    var users = 0
    for user in 0..<train.userCount {
      let seen = Set(zip(train.data.users, train.data.items).filter { $0.0 == user }.map { Int($0.1) })
      let wanted = Set(zip(test.data.users, test.data.items).filter { $0.0 == user }.map { Int($0.1) })
      if wanted.isEmpty { continue }
      users += 1
      recall +=
        Double(order.filter { !seen.contains($0) }.prefix(5).filter { wanted.contains($0) }.count)
        / Double(wanted.count)
    }
    #expect(ours.users.count == users)
    #expect(abs((try #require(ours.mean(.recall, at: 5))) - recall / Double(users)) < 1e-12)
  }
}
