import Testing

@testable import Kindred

/// Users who like items of one of three shelves, each with a genre, and items that nobody has taken.
private enum Shelves {
  static let genres = ["Board games", "Puzzles", "Dolls"]

  static func interactions(users: Int = 60, items: Int = 45) -> Interactions<Int, String> {
    var stream = RandomStream(seed: 3, .data)
    var interactions = Interactions<Int, String>()
    for user in 0..<users {
      for item in 0..<items where item % 3 == user % 3 && stream.uniform() < 0.5 {
        interactions.append(Interaction(user: user, item: "toy \(item)", value: 1))
      }
    }
    for item in 0..<items { interactions.itemCatalog["toy \(item)"] = entry(item) }
    return interactions
  }

  static func entry(_ item: Int) -> Catalog.Entry {
    Catalog.Entry(
      title: "Toy \(item)", genres: [genres[item % 3], "Toys"], attributes: ["price": "\(10 * (item % 3) + 9)"])
  }
}

@Suite struct AttributeModelTests {
  private let parallel = Parallel(threads: 2)

  private func model(_ data: Interactions<Int, String>) throws -> AttributeModel {
    try #require(try AttributeRegression().model(PreparedData(data.trainingData), using: parallel))
  }

  @Test func prefersItemsWithTheAttributesOfTheHistory() throws {
    let data = Shelves.interactions()
    let model = try model(data)
    let history = try History(items: [#require(data.position(of: "toy 0"))], values: [1])
    let scores = model.scores(history)
    for item in 0..<45 {
      guard let position = data.position(of: "toy \(item)"), let other = data.position(of: "toy 1") else { continue }
      if item % 3 == 0 { #expect(scores[Int(position)] > scores[Int(other)]) }
    }
  }

  @Test func explanationsSumToTheScore() throws {
    let data = Shelves.interactions()
    let model = try model(data)
    let history = data.histories[4]
    for explanation in model.explanations(of: [0, 7, 20], for: history) {
      #expect(isClose(explanation.baseline, 0))
      #expect(explanation.parts.count == history.count)
    }
  }

  @Test func namesTheAttributesThatSuitTheHistory() throws {
    let data = Shelves.interactions()
    let model = try model(data)
    let history = try History(
      items: ["toy 0", "toy 3", "toy 1"].map { try #require(data.position(of: $0)) }, values: [1, 1, 1])
    let item = try #require(data.position(of: "toy 6"))
    let reasons = model.reasons(for: [item], history: history, limit: 50)[0]
    let genre = try #require(reasons.first { $0.attribute == "genre: Board games" })
    #expect(genre.itemCount == 2)
    #expect(reasons.allSatisfy { $0.itemCount > 0 && $0.share > 0 } && isClose(reasons.reduce(0) { $0 + $1.share }, 1))
    #expect(zip(reasons, reasons.dropFirst()).allSatisfy { $0.share >= $1.share })
    #expect(model.reasons(for: [item], history: History(), limit: 2) == [[]])
    #expect(model.reasons(for: [item], history: history, limit: 1)[0].count == 1)
  }

  @Test func isTheSameAtAnyNumberOfThreads() throws {
    let data = PreparedData(Shelves.interactions().trainingData)
    let one = try #require(try AttributeRegression().model(data, using: Parallel(threads: 1)))
    for threads in [2, 5] {
      let other = try #require(try AttributeRegression().model(data, using: Parallel(threads: threads)))
      #expect(one.weights == other.weights && one.rows == other.rows)
    }
  }

  /// W as it is defined, from dense matrices, on data with a single user per item pair.
  @Test func weightsSolveTheirEquations() throws {
    let data = PreparedData(Shelves.interactions().trainingData)
    var regression = AttributeRegression()
    regression.keptWeights = 1000
    let model = try #require(try regression.model(data, using: parallel))
    let (count, rows) = (model.features.count, model.rows)
    func dense(_ row: Int) -> [Float] {
      var out = [Float](repeating: 0, count: count)
      for cell in rows.cells(ofRow: row) { out[Int(rows.columns[cell])] = rows.values[cell] }
      return out
    }
    var (profiles, items) = (
      [[Double]](repeating: Array(repeating: 0, count: count), count: count),
      [[Double]](repeating: Array(repeating: 0, count: count), count: count)
    )
    func add(_ vector: [Double], to matrix: inout [[Double]]) {
      for i in 0..<count { for j in 0..<count { matrix[i][j] += vector[i] * vector[j] } }
    }
    for history in data.histories where history.count > 0 {
      var sum = [Double](repeating: 0, count: count)
      for item in history.items { for (i, value) in dense(Int(item)).enumerated() { sum[i] += Double(value) } }
      add(sum.map { $0 / Double(history.count).squareRoot() }, to: &profiles)
    }
    for item in 0..<data.itemCount where data.itemCounts[item] > 0 { add(dense(item).map(Double.init), to: &items) }
    let penalty = 2 * (0..<count).reduce(0) { $0 + profiles[$1][$1] } / Double(count)
    // (PᵀP + ρ) W (TᵀT + λ) = PᵀP
    let weights = (0..<count).map { row in
      var out = [Double](repeating: 0, count: count)
      for cell in model.weights.cells(ofRow: row) {
        out[Int(model.weights.columns[cell])] = Double(model.weights.values[cell])
      }
      return out
    }
    for i in 0..<count {
      for j in 0..<count {
        var sum = 0.0
        for k in 0..<count {
          let left = profiles[i][k] + (i == k ? penalty : 0)
          if left == 0 { continue }
          for l in 0..<count { sum += left * weights[k][l] * (items[l][j] + (l == j ? 1 : 0)) }
        }
        #expect(abs(sum - profiles[i][j]) < 1e-3 * max(1, abs(profiles[i][j])), "\(i), \(j)")
      }
    }
  }

  @Test func withoutSharedAttributesThereIsNothingToLearn() async throws {
    var data = Shelves.interactions()
    data.itemCatalog = Catalog()
    #expect(try AttributeRegression().model(PreparedData(data.trainingData), using: parallel) == nil)
    data.itemCatalog["toy 0"] = Shelves.entry(0)
    #expect(try AttributeRegression().model(PreparedData(data.trainingData), using: parallel) == nil)
    let recommender = try await Recommender.train(on: data, ranking: Blend.small, threads: 2)
    #expect(!recommender.placesItems)
  }

  @Test func numbersThatAreCloseShareALabel() {
    let labels = { (price: String) in Catalog.Entry(title: "", attributes: ["price": price]).labels.last }
    #expect(labels("10") == labels("11"))
    #expect(labels("10") != labels("20"))
    let words = ["year: 1977", "decade: 1970s", "title: star", "title: wars"]
    #expect(Catalog.Entry(title: "Star Wars (1977)").labels == words)
  }
}

@Suite struct PlacingTests {
  private func recommender() async throws -> Recommender<Int, String> {
    try await Recommender.train(on: Shelves.interactions(), ranking: Blend.small, threads: 2)
  }

  @Test func aNewItemIsInTheListsOfThoseItSuits() async throws {
    let recommender = try await recommender()
    #expect(recommender.placesItems)
    let placed = recommender.placing([(id: "new", entry: Shelves.entry(3)), (id: "toy 1", entry: Shelves.entry(0))])
    #expect(placed.itemCount == recommender.itemCount + 1)
    let place = { (user: Int) in
      placed.recommendations(for: user, limit: placed.itemCount).firstIndex { $0.item == "new" } ?? .max
    }
    #expect(place(0) < place(1) && place(3) < place(2))
    let listed = placed.recommendations(for: 0, limit: placed.itemCount)
    #expect(listed.first { $0.item == "new" }?.isExplored == true)
    #expect(listed.filter(\.isExplored).count == 1)
  }

  @Test func placingLeavesTheScoresOfOtherItemsAlone() async throws {
    let recommender = try await recommender()
    let placed = recommender.placing((0..<30).map { (id: "new \($0)", entry: Shelves.entry($0)) })
    for user in 0..<9 {
      let before = recommender.recommendations(for: user, limit: 100).map { ScoredItem(item: 0, score: $0.score) }
      let after = placed.recommendations(for: user, limit: 100).filter { !$0.isExplored }
      #expect(before == after.map { ScoredItem(item: 0, score: $0.score) })
    }
  }

  @Test func aNewItemCanBeTakenAndHasSimilarItems() async throws {
    let placed = try await recommender().placing([(id: "new", entry: Shelves.entry(1))])
    let list = placed.recommendations(forHistory: ["new": 1], limit: 5)
    #expect(list.basis == .history)
    #expect(list.allSatisfy { $0.item.split(separator: " ").last.flatMap { Int($0) }.map { $0 % 3 == 1 } ?? false })
    let similar = placed.items(similarTo: "new", limit: 3)
    #expect(similar.count == 3)
    #expect(similar.allSatisfy { $0.id.split(separator: " ").last.flatMap { Int($0) }.map { $0 % 3 == 1 } ?? false })
  }

  @Test func explanationsOfANewItemSumToItsScore() async throws {
    let placed = try await recommender().placing([(id: "new", entry: Shelves.entry(1))])
    let position = try #require(placed.position(of: "new"))
    let history = try #require(placed.history(of: 1))
    let explanation = placed.rankingModel.explanation(of: position, for: history)
    #expect(isClose(explanation.score, placed.rankingModel.scores(history)[Int(position)]))
    #expect(!placed.reasons(for: "new", history: history).isEmpty)
  }

  @Test func aShareOfPlacesIsForNewItems() async throws {
    let placed = try await recommender().placing((0..<9).map { (id: "new \($0)", entry: Shelves.entry($0)) })
    var rules = ListRules<String>()
    let count = { (share: Float?) in
      rules.explore = share
      return placed.recommendations(for: [placed.history(of: 2) ?? History()], limit: 10, rules: rules)[0]
        .filter(\.isExplored).count
    }
    #expect(count(0) == 0)
    #expect(count(0.2) == 2)
    #expect(count(1) == 9)
  }

  @Test func isReadBackFromAFile() async throws {
    let placed = try await recommender().placing([(id: "new", entry: Shelves.entry(1))])
    try withFolder { folder in
      let path = folder + "/model.kindred"
      try placed.write(to: path)
      let read = try Recommender<Int, String>(contentsOf: path)
      #expect(Array(read.recommendations(for: 1, limit: 50)) == Array(placed.recommendations(for: 1, limit: 50)))
    }
  }

  @Test func catalogItemsWithoutInteractionsArePlaced() async throws {
    var data = Shelves.interactions()
    data.itemCatalog["unsold"] = Shelves.entry(2)
    let recommender = try await Recommender.train(on: data, ranking: Blend.small, threads: 2)
    #expect(recommender.knows(item: "unsold"))
    #expect(recommender.ratingCount(of: "unsold") == 0)
  }
}

@Suite struct ColdItemTests {
  @Test func warmAndColdItemsAreMeasuredApart() async throws {
    let folds = Shelves.interactions().evaluationFolds(.random(holdingOut: 0.2), holdingOutItems: 0.3, seed: 1)
    let fold = try #require(folds.first)
    let trained = Set(fold.train.map(\.item))
    let cold = Set(fold.test.map(\.item)).subtracting(trained)
    #expect(!cold.isEmpty)
    let evaluation = try await Evaluator(cutoffs: [5], threads: 2).evaluation(of: Blend.small, on: folds)
    let parts = try #require(evaluation.itemParts)
    let random = 5 / Double(cold.count)
    #expect(try #require(parts.cold.mean(.recall, at: 5)) > 1.5 * min(1, random))
    #expect(try #require(parts.coldAmongAll.mean(.recall, at: 5)) > 0)
  }

  @Test func aSplitByTimeTestsNoColdItemOfThePast() {
    let data = Synthetic.ratings(users: 30, items: 40)
    let fold = data.evaluationFolds(.time(holdingOut: 0.2), holdingOutItems: 0.3, seed: 1)[0]
    let latest = fold.train.compactMap(\.time).max() ?? 0
    #expect(fold.test.allSatisfy { $0.time ?? 0 >= latest })
    #expect(Set(fold.train.map(\.item)).isDisjoint(with: Set(fold.test.map(\.item))) == false)
  }
}
