import Foundation
import Kindred
import Testing

/// Models of types that the library does not know, written as a package outside writes them: by public API alone.
@Suite struct OwnModelTests {
  /// Scores each item by a number of its own, and predicts the very number.
  struct Numbers: RatingPredictor {
    static let kind = ModelKind(rawValue: "numbers")
    let numbers: [Float]
    var itemCount: Int { numbers.count }

    init(numbers: [Float]) { self.numbers = numbers }

    func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
      for row in 0..<histories.count { for item in 0..<itemCount { scores[row * itemCount + item] = numbers[item] } }
    }

    func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
      for other in 0..<itemCount { scores[other] = -abs(numbers[Int(item)] - numbers[other]) }
    }

    func predictions(of items: [Int32], for history: History, at time: Timestamp?) -> [Prediction] {
      items.map { Prediction(value: numbers[Int($0)]) }
    }

    init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
      numbers = try file.array(
        "\(prefix)numbers", of: Float.self, shape: [file.integer("\(prefix)count", in: 1...1000)])
    }

    func write(to file: inout ModelFile, at prefix: String) {
      file.set("\(prefix)count", to: itemCount)
      file.set("\(prefix)numbers", to: numbers, shape: [itemCount])
    }
  }

  /// Learns the mean value of each item.
  struct ItemMeans: Trainer {
    var damping: Float = 1
    static let predictsRatings = true
    static let searchSpace = [Hyperparameter("damping", in: 0.1...10)]

    func makeSession(
      for data: PreparedData, seed: UInt64, using parallel: Parallel
    ) throws(TrainingError) -> Session {
      Session(damping: damping, data: data)
    }

    struct Session: TrainingSession {
      let damping: Float
      let data: PreparedData
      var isFinished = false

      mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
        isFinished = true
        return 0
      }

      func makeModel(using parallel: Parallel) -> Numbers {
        var sums = [Float](repeating: 0, count: data.itemCount)
        for (item, value) in zip(data.columns.items, data.columns.values) { sums[Int(item)] += value - data.mean }
        let means = zip(sums, data.itemCounts).map { data.mean + $0 / (Float($1) + damping) }
        return Numbers(numbers: means)
      }
    }
  }

  /// The same model under any kind.
  struct Impostor<Name: KindName>: Scorer {
    static var kind: ModelKind { ModelKind(rawValue: Name.text) }
    var itemCount: Int { 12 }

    init() {}
    init(from file: ModelFile, at prefix: String) throws(ModelFileError) {}
    func write(to file: inout ModelFile, at prefix: String) {}
    func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {}
    func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {}
  }

  protocol KindName: Sendable { static var text: String { get } }
  enum Items: KindName { static let text = "items" }
  enum Empty: KindName { static let text = "" }
  enum NumbersToo: KindName { static let text = "numbers" }

  /// Makes one model, whatever the data.
  struct Making<Model: Scorer & Equatable>: Trainer {
    private let model: Model?
    static var predictsRatings: Bool { false }

    init() { model = nil }
    init(_ model: Model) { self.model = model }
    init(from decoder: any Decoder) throws { model = nil }
    func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: NoKeys.self) }
    private enum NoKeys: CodingKey {}

    func makeSession(
      for data: PreparedData, seed: UInt64, using parallel: Parallel
    ) throws(TrainingError) -> Session {
      guard let model else { throw TrainingError(.unsuitableData("there is no model")) }
      return Session(model: model)
    }

    struct Session: TrainingSession {
      let model: Model
      var isFinished = false
      mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
        isFinished = true
        return 0
      }
      func makeModel(using parallel: Parallel) -> Model { model }
    }
  }

  private static let ratings = {
    var ratings = Interactions<Int, String>()
    for user in 0..<30 {
      for item in 0..<12 where (user * 7 + item * 5) % 3 != 0 {
        ratings.append(Interaction(user: user, item: "item \(item)", value: Float(1 + (user + item * item) % 5)))
      }
    }
    ratings.itemCatalog["item 3"] = Catalog.Entry(title: "Three", genres: [])
    return ratings
  }()

  private func withFile<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("own-\(UUID().uuidString).kindred").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func answers(_ recommender: Recommender<Int, String>) -> [String] {
    (0..<30).map { user in
      recommender.recommendations(for: user, limit: 12).map {
        "\($0.item) \($0.score) \($0.rating.map { "\($0.value)" } ?? "-")"
      }.joined(separator: " ")
    }
  }

  // MARK: The whole way

  @Test(arguments: [false, true]) func aModelOfItsOwnTypeComesBackInEitherRole(isRating: Bool) async throws {
    let trained =
      isRating
      ? try await Recommender.train(on: Self.ratings, ranking: ImplicitALS(rank: 4), rating: ItemMeans())
      : try await Recommender.train(on: Self.ratings, ranking: ItemMeans())
    #expect(trained.ratingModel is Numbers)
    let loaded = try withFile { path in
      try trained.write(to: path)
      return try Recommender<Int, String>(contentsOf: path, models: [Numbers.self])
    }
    #expect(loaded.ratingModel is Numbers)
    #expect(answers(loaded) == answers(trained))
    #expect(answers(loaded)[0].contains("-") == false)
    #expect(loaded.provenance == trained.provenance)
    let role = isRating ? loaded.provenance.rating : loaded.provenance.ranking
    #expect(role == Provenance.Training(algorithm: "ItemMeans", settings: ["damping": "1"]))
  }

  @Test func itIsEvaluatedAndTuned() async throws {
    let folds = Self.ratings.evaluationFolds(.random(holdingOut: 0.2), seed: 1)
    let evaluation = try await Evaluator(cutoffs: [3]).evaluation(of: ItemMeans(), on: folds)
    #expect(evaluation.algorithm == "ItemMeans" && evaluation.ratings != nil)
    #expect(evaluation.ranking?.mean(.ndcg, at: 3) != nil && evaluation.ranking?.mean(.ndcg, at: 10) == nil)
    let result = try await Tuner(trials: 5, seed: 1).search(ItemMeans(damping: 3), on: Self.ratings)
    #expect(result.metric == "rmse" && Set(result.trials.map(\.number)) == Set(0..<5))
    #expect(result.trials.filter { $0.number > 0 }.allSatisfy { $0.settings["damping"] != nil })
    #expect(throws: TrainingError.self) { try ItemMeans().setting(["dampening": "2"]) }
    #expect(try ItemMeans().setting(["damping": "2"]).damping == 2)
  }

  @Test func aBlendHoldsIt() throws {
    let numbers = Numbers(numbers: [3, 1, 2])
    let neighbors = ItemModel(itemCount: 3, weights: [(from: 0, to: 1, weight: 2), (from: 2, to: 0, weight: 1)])
    let blend = BlendModel([.init(weight: 1, scorer: numbers), .init(weight: 0.5, scorer: neighbors)])
    let history = History(items: [0], values: [1])
    let scores = try withFile { path in
      var file = ModelFile()
      try file.set(blend, at: "model.")
      try file.write(to: path)
      #expect(throws: ModelFileError(path: path, reason: .unknownKind("numbers"))) {
        try ModelFile(contentsOf: path).scorer(at: "model.")
      }
      return try ModelFile(contentsOf: path, models: [Numbers.self]).scorer(at: "model.").scores(history)
    }
    #expect(scores == blend.scores(history))
  }

  // MARK: Files that could not be read

  @Test func aFileOfAnUnknownTypeIsRefusedByItsName() async throws {
    let trained = try await Recommender.train(on: Self.ratings, ranking: ItemMeans())
    try withFile { path in
      try trained.write(to: path)
      let error = #expect(throws: ModelFileError.self) { try Recommender<Int, String>(contentsOf: path) }
      #expect(error?.reason == .unknownKind("numbers"))
      #expect(error?.description.contains("'numbers'") == true && error?.description.contains("models:") == true)
    }
  }

  @Test func aKindThatIsTakenOrEmptyIsNeitherWrittenNorLoaded() async throws {
    let good = try await Recommender.train(on: Self.ratings, ranking: ItemMeans())
    try withFile { path in
      try good.write(to: path)
      for types in [[Impostor<Items>.self], [Impostor<Empty>.self], [Numbers.self, Impostor<NumbersToo>.self]]
        as [[any Scorer.Type]]
      {
        #expect(throws: ModelFileError.self) { try Recommender<Int, String>(contentsOf: path, models: types) }
      }
      _ = try Recommender<Int, String>(contentsOf: path, models: [Numbers.self, Numbers.self, ItemModel.self])
    }
    var file = ModelFile()
    #expect(throws: ModelFileError.self) { try file.set(Impostor<Items>(), at: "") }
    #expect(throws: ModelFileError.self) { try file.set(Impostor<Empty>(), at: "") }
    let blend = BlendModel([.init(weight: 1, scorer: Impostor<Items>())])
    #expect(throws: ModelFileError.self) { try file.set(blend, at: "") }
  }

  // MARK: Models made by hand

  @Test func aFactorModelFromItemsFoldsUsersIn() {
    // One factor: the ridge regression of a user's values is Σ q v / (Σ q² + λ).
    var two = Interactions<Int, Int>()
    two.append(Interaction(user: 0, item: 0, value: 2))
    two.append(Interaction(user: 0, item: 1, value: 1))
    let model = FactorModel(
      items: [[1], [2]], foldIn: .ridge(regularization: 1, exponent: 0, biasScale: nil),
      foldingIn: PreparedData(two.trainingData))
    let factor: Float = (1 * 2 + 2 * 1) / (1 + 4 + 1)
    for history in [two.histories[0], History(items: [0, 1], values: [2, 1])] {
      #expect(zip(model.scores(history), [factor, 2 * factor]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test func aFactorModelFromBothSidesKeepsItsRows() {
    let model = FactorModel(
      users: [[2, 1]], userBiases: [0.5], items: [[1, 0], [0, 3]], itemBiases: [0.25, 0], mean: 3, foldIn: .none)
    var ratings = Interactions<Int, Int>()
    ratings.append(Interaction(user: 0, item: 0, value: 4))
    ratings.append(Interaction(user: 0, item: 1, value: 4))
    #expect(model.scores(ratings.histories[0]) == [5.75, 6.5])
    let clamped = RatingModel(factors: model, scale: 1...5)
    #expect(clamped.predictions(of: [0, 1], for: ratings.histories[0], at: nil).map(\.value) == [5, 5])
  }

  @Test func itemModelsAddTheirWeights() {
    let dense = ItemModel(weights: [[0, 1, 2], [3, 0, 4], [5, 6, 0]])
    let sparse = ItemModel(
      itemCount: 3,
      weights: [
        (from: 2, to: 1, weight: 6), (from: 0, to: 2, weight: 2), (from: 0, to: 1, weight: 1),
        (from: 1, to: 0, weight: 3), (from: 1, to: 2, weight: 4), (from: 2, to: 0, weight: 5),
      ])
    for model in [dense, sparse] {
      #expect(model.scores(History(items: [0, 2], values: [1, 1])) == [5, 7, 2])
    }
  }

  // MARK: Positions and streams

  @Test func positionsAndIDsAreEachOthersInverse() async throws {
    let recommender = try await Recommender.train(on: Self.ratings, ranking: ItemMeans())
    for position in 0..<Int32(12) {
      #expect(recommender.position(of: recommender.item(at: position)) == position)
      #expect(Self.ratings.position(of: Self.ratings.item(at: position)) == position)
    }
    for position in 0..<Int32(30) {
      #expect(recommender.userPosition(of: recommender.user(at: position)) == position)
      #expect(Self.ratings.userPosition(of: Self.ratings.user(at: position)) == position)
    }
    #expect(recommender.position(of: "none") == nil && recommender.userPosition(of: -1) == nil)
    var history = History()
    history.set(5, forItemAt: try #require(recommender.position(of: "item 3")))
    #expect(history == recommender.history(["item 3": 5]))
    let list = recommender.recommendations(for: [History()], limit: 12)[0]
    #expect(list.first { $0.item == "item 3" }?.title == "Three" && list.first { $0.item == "item 4" }?.title == nil)
    #expect(recommender.description == "Recommender: lists by ItemMeans; 30 users, 12 items")
  }

  @Test func streamsOfOtherNamesAreOthers() {
    var firsts: Set<UInt64> = []
    for seed in 0..<3 as Range<UInt64> {
      for first in 0..<3 {
        for second in 0..<3 {
          var stream = RandomStream(seed: seed, first, second)
          firsts.insert(stream.next())
        }
      }
    }
    #expect(firsts.count == 27)
    // Computed in Python from the definition: what a seed promises in every version.
    var stream = RandomStream(seed: 1, 2, 3)
    #expect([stream.next(), stream.next()] == [0xa6af_68c6_d5cc_5d70, 0xfadc_36d3_ea41_09a8])
  }

  @Test func parallelWorkReturnsInOrder() {
    for threads in [1, 2, 5] { #expect(Parallel(threads: threads).map(100) { $0 * $0 } == (0..<100).map { $0 * $0 }) }
  }
}
