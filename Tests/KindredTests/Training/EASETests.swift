import Testing

@testable import Kindred

/// A plain way to solve A x = b: Gauss's elimination in doubles, with pivots.
func solution(of matrix: [[Double]], _ right: [Double]) -> [Double] {
  var rows = zip(matrix, right).map { $0 + [$1] }
  for column in rows.indices {
    let pivot = (column..<rows.count).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
    rows.swapAt(column, pivot)
    for row in rows.indices where row != column {
      let factor = rows[row][column] / rows[column][column]
      for cell in column...rows.count { rows[row][cell] -= factor * rows[column][cell] }
    }
  }
  return rows.indices.map { rows[$0][rows.count] / rows[$0][$0] }
}

@Suite struct EASETests {
  static let data = Synthetic.ratings(users: 90, items: 40).data

  /// XᵀX in doubles.
  static func gram(_ data: TrainingData) -> [[Double]] {
    var gram = [[Double]](repeating: Array(repeating: 0, count: data.itemCount), count: data.itemCount)
    let rows = data.rowsByUser()
    for user in 0..<data.userCount {
      let items = rows.cells(ofRow: user).map { Int(rows.columns[$0]) }
      for item in items { for other in items { gram[item][other] += 1 } }
    }
    return gram
  }

  /// Each column as the regression of its item on the others, which is what the closed form comes to.
  private func isRegression(_ model: ItemModel, _ trainer: EASE, on neighbors: (Int) -> [Int]) -> Bool {
    let gram = Self.gram(Self.data)
    let (p, lambda) = (Double(trainer.dropout), Double(trainer.regularization))
    return (0..<40).allSatisfy { item in
      let others = neighbors(item)
      let matrix = others.map { row in
        others.map { gram[row][$0] + (row == $0 ? p / (1 - p) * gram[row][row] + lambda : 0) }
      }
      let weights = solution(of: matrix, others.map { gram[$0][item] })
      return (0..<40).allSatisfy { other in
        let expected = others.firstIndex(of: other).map { Float(weights[$0]) } ?? 0
        return isClose(model.weights.weight(from: Int32(other), to: Int32(item)), expected, tolerance: 1e-5)
      }
    }
  }

  private func model(_ trainer: EASE, threads: Int = 2) throws -> ItemModel {
    var session = try trainer.makeSession(for: Self.data, seed: 0, using: Parallel(threads: threads))
    #expect(!session.isFinished)
    _ = try session.runEpoch(using: Parallel(threads: threads))
    #expect(session.isFinished)
    return session.makeModel(using: Parallel(threads: threads))
  }

  @Test(arguments: [(8, 0), (250, 0), (3, 0.25)] as [(Float, Float)])
  func everyColumnIsARidgeRegressionOnAllOthers(_ regularization: Float, _ dropout: Float) throws {
    var trainer = EASE(regularization: regularization)
    trainer.dropout = dropout
    #expect(isRegression(try model(trainer), trainer) { item in (0..<40).filter { $0 != item } })
    // And so in tiles that do not divide the matrix.
    let tiled = try trainer.dense(Self.data, BlockSweep(rowsOfBlock: 7), using: Parallel(threads: 3))
    #expect(isRegression(tiled, trainer) { item in (0..<40).filter { $0 != item } })
  }

  @Test(arguments: [(1, 0), (6, 0), (38, 0), (9, 0.25)] as [(Int, Float)])
  func localColumnsAreRegressionsOnTheNearest(_ nearest: Int, _ dropout: Float) throws {
    var trainer = EASE(regularization: 8)
    trainer.dropout = dropout
    trainer.neighbors = nearest
    let gram = Self.gram(Self.data)
    let order = (0..<40).sorted { (gram[$1][$1], $0) < (gram[$0][$0], $1) }
    let local = try model(trainer)
    #expect(
      isRegression(local, trainer) { item in
        let cosine = { (other: Int) in
          Float(gram[item][other]) / (Float(gram[item][item]) * Float(gram[other][other])).squareRoot()
        }
        let ranked = order.filter { $0 != item && gram[item][$0] > 0 }.enumerated()
          .sorted { (cosine($1.element), $0.offset) < (cosine($0.element), $1.offset) }
        return ranked.prefix(nearest).map(\.element)
      })
    guard case .sparse = local.weights else {
      Issue.record("local weights are sparse")
      return
    }
  }

  @Test func threadsChangeNothing() throws {
    let tiles = try [1, 2, 5].map { threads in
      var file = ModelFile()
      let trainer = EASE(regularization: 8)
      try file.set(trainer.dense(Self.data, BlockSweep(rowsOfBlock: 5), using: Parallel(threads: threads)), at: "")
      return file.bytes()
    }
    #expect(tiles[0] == tiles[1] && tiles[0] == tiles[2])
  }

  @Test func valuesDoNotMatter() throws {
    var likes = Self.data
    likes.values = likes.values.map { _ in 1 }
    let parallel = Parallel(threads: 1)
    let rated = try EASE().dense(Self.data, BlockSweep(), using: parallel)
    #expect(rated.weights == (try EASE().dense(likes, BlockSweep(), using: parallel)).weights)
  }

  @Test func saysWhatItTakesAndRefusesWhatDoesNotFit() throws {
    // 20,000² floats, and two panels of 79 blocks.
    #expect(EASE.memoryEstimate(items: 20_000) == 1_600_000_000 + 2 * 79 * 256 * 256 * 4)
    #expect(EASE.memoryEstimate(items: 20_000).asMemory == "1.7 GB")
    try MemoryDemand.check(6_000_000_000, of: 10_000_000_000, for: "x", cure: "y")
    let refusal = #expect(throws: TrainingError.self) {
      try MemoryDemand.check(6_100_000_000, of: 10_000_000_000, for: "the weights", cure: "take less")
    }
    #expect(
      refusal?.description == "the weights take 6.1 GB of memory, and this machine has 10 GB in all; take less")
    var whole = EASE()
    whole.neighbors = 50_000_000
    let large = TrainingData(userCount: 1, itemCount: 10_000_000, users: [0], items: [0], values: [1])
    #expect(throws: TrainingError.self) { try whole.makeSession(for: large, seed: 0, using: Parallel(threads: 1)) }
    #expect(throws: Never.self) { try EASE().makeSession(for: large, seed: 0, using: Parallel(threads: 1)) }
  }

  @Test(arguments: [0, 6]) func givesUpWhenCancelled(_ neighbors: Int) async throws {
    var trainer = EASE(regularization: 8)
    trainer.neighbors = neighbors
    let session = try trainer.makeSession(for: Self.data, seed: 0, using: Parallel(threads: 2))
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return await Parallel(threads: 2).detached { (parallel) throws(TrainingError) in
        var session = session
        return try session.runEpoch(using: parallel)
      }
    }
    task.cancel()
    await #expect(throws: TrainingError(.cancelled)) { try await task.value.get() }
  }
}
