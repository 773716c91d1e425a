import Testing

@testable import Kindred

@Suite struct ItemModelTests {
  static let count = 150

  /// Weights, a fifth of them not zero, and factors.
  static let (dense, sparse, from, to): (Factors, SparseMatrix, Factors, Factors) = {
    var stream = RandomStream(seed: 4, .data)
    var dense = Factors(count: count, rank: count)
    var (rows, columns, values) = ([Int32](), [Int32](), [Float]())
    for row in 0..<count {
      for column in 0..<count where stream.uniform() < 0.2 {
        dense[row, column] = Float(stream.normal())
        rows.append(Int32(row))
        columns.append(Int32(column))
        values.append(dense[row, column])
      }
    }
    var (from, to) = (Factors(count: count, rank: 5), Factors(count: count, rank: 5))
    for row in 0..<count {
      from[row] = (0..<5).map { _ in Float(stream.normal()) }
      to[row] = (0..<5).map { _ in Float(stream.normal()) }
    }
    let sparse = SparseMatrix(rowCount: count, columnCount: count, rows: rows, columns: columns, values: values)
    return (dense, sparse, from, to)
  }()

  static let models = [
    ItemModel(.dense(dense)), ItemModel(.sparse(sparse)), ItemModel(.dense(dense), spectral: (from, to)),
    ItemModel(.sparse(sparse), spectral: (from, to)),
  ]

  static let histories = (0..<19).map { user in
    History(
      items: (0..<user).map { Int32(($0 * 37 + user * 11) % count) }, values: (0..<user).map { Float($0) - 3 })
  }

  @Test(arguments: models.indices) func scoresAreSumsOfWeights(_ index: Int) {
    let model = Self.models[index]
    for history in Self.histories {
      for (item, score) in model.scores(history).enumerated() {
        var expected = 0.0
        for other in history.items {
          expected += Double(Self.dense[Int(other), item])
          if index >= 2 {
            expected += zip(Self.from[Int(other)], Self.to[item]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
          }
        }
        #expect(isClose(score, Float(expected), tolerance: 1e-5))
        let explanation = model.explanation(of: Int32(item), for: history)
        #expect(isClose(explanation.score, score, tolerance: 1e-5) && explanation.baseline == 0)
        #expect(explanation.parts.map(\.item) == history.items)
      }
    }
  }

  @Test(arguments: models.indices) func anyOrderAndCompanyGivesTheSameBits(_ index: Int) {
    let model = Self.models[index]
    var block = [Float](repeating: 0, count: Self.histories.count * Self.count)
    var span = block.mutableSpan
    model.score(Self.histories[...], into: &span)
    for (row, history) in Self.histories.enumerated() {
      let backwards = History(items: history.items.reversed(), values: history.values.reversed())
      #expect(model.scores(history) == Array(block[(row * Self.count)..<((row + 1) * Self.count)]))
      #expect(model.scores(history) == model.scores(backwards))
    }
    let selection = TopSelection(limit: 7, excluded: Self.histories.map { $0.items.sorted() })
    for (history, list) in zip(Self.histories, model.topItems(Self.histories[...], selection: selection)) {
      let scores = model.scores(history)
      let best = (0..<Int32(Self.count)).filter { !history.items.contains($0) }
        .sorted { (scores[Int($1)], $0) < (scores[Int($0)], $1) }.prefix(7)
      #expect(list.map(\.item) == Array(best))
    }
  }

  @Test func denseAndSparseAgree() {
    for history in Self.histories {
      let (dense, sparse) = (Self.models[0].scores(history), Self.models[1].scores(history))
      #expect(zip(dense, sparse).allSatisfy { isClose($0, $1, tolerance: 1e-6) })
    }
  }

  @Test(arguments: models.indices) func comesBackFromAFile(_ index: Int) throws {
    var file = ModelFile()
    try file.set(Self.models[index], at: "ranking.")
    let read = try ModelFile(bytes: file.bytes()).scorer(at: "ranking.")
    var again = ModelFile()
    try again.set(read, at: "ranking.")
    #expect(again.bytes() == file.bytes())
    #expect(read.scores(Self.histories[5]) == Self.models[index].scores(Self.histories[5]))
  }

  @Test func filesThatMakeNoSenseAreRefused() throws {
    let spoil: [(inout ModelFile) -> Void] = [
      { $0.set("items", to: Self.count + 1) }, { $0.set("items", to: -1) }, { $0.set("weights", to: "sparse") },
      { $0.set("weights", to: "none") }, { $0.set("rank", to: 4) }, { $0.set("rank", to: 100_000) },
      { $0.set("from", to: Factors(count: 3, rank: 5)) },
      { $0.set("weights", to: Buffer([Float](repeating: .nan, count: 150 * 160)), shape: [150, 160]) },
    ]
    for change in spoil {
      var file = ModelFile()
      try file.set(Self.models[2], at: "")
      change(&file)
      let bytes = file.bytes()
      #expect(throws: ModelFileError.self) { try ModelFile(bytes: bytes).scorer(at: "") }
    }
  }

  @Test func similaritiesAreTheScoresOfTheItemAlone() {
    for model in Self.models {
      var scores = [Float](repeating: 0, count: Self.count)
      var span = scores.mutableSpan
      model.similarities(to: 9, into: &span)
      #expect(scores == model.scores(History(items: [9], values: [1])))
    }
  }
}
