import Foundation
import Kindred

/// Item neighbors by a cosine whose damping of popular items is a hyperparameter.
///
/// The weight from item i to item j is c / (nᵢ¹⁻ᵈ · nⱼᵈ), for c users who have both (Deshpande, Karypis 2004,
/// <https://doi.org/10.1145/963770.963776>).
struct DampedCosine: Trainer {
  /// d: 0.5 is the cosine; a larger one damps popular items more.
  var damping: Float = 0.5

  static let predictsRatings = false
  static let searchSpace = [Hyperparameter("damping", in: 0.2...0.9)]

  func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> CountingSession {
    guard (0...1).contains(damping) else {
      throw TrainingError(.invalidSetting("the damping must be between 0 and 1"))
    }
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return CountingSession(damping: damping, data: data)
  }
}

/// One pass over the data, which counts the pairs of items that users have.
struct CountingSession: TrainingSession {
  let damping: Float
  let data: PreparedData
  var weights: [Float] = []

  var isFinished: Bool { !weights.isEmpty }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let (itemCount, damping) = (data.itemCount, damping)
    let histories = data.histories
    let counts = data.itemCounts.map { Float($0) }
    var usersOfItem = [[Int]](repeating: [], count: itemCount)
    for (user, history) in histories.enumerated() {
      for item in history.items { usersOfItem[Int(item)].append(user) }
    }
    let usersOf = usersOfItem
    // Each block is an item: what a block computes does not depend on the number of threads.
    let rows = parallel.map(itemCount) { item in
      var row = [Float](repeating: 0, count: itemCount)
      for user in usersOf[item] { for other in histories[user].items { row[Int(other)] += 1 } }
      for other in 0..<itemCount where row[other] > 0 {
        row[other] /= pow(counts[item], 1 - damping) * pow(counts[other], damping)
      }
      row[item] = 0
      return row
    }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    weights = rows.flatMap { $0 }
    return 0
  }

  func makeModel(using parallel: Parallel) -> DampedCosineModel {
    DampedCosineModel(itemCount: data.itemCount, weights: weights)
  }
}

extension ModelKind {
  static let dampedCosine = ModelKind(rawValue: "damped-cosine")
}

/// The sum of the weights from the items of a history.
struct DampedCosineModel: Scorer {
  static let kind = ModelKind.dampedCosine
  let itemCount: Int
  /// A row per item of a history, a column per item that is scored.
  let weights: [Float]

  init(itemCount: Int, weights: [Float]) {
    self.itemCount = itemCount
    self.weights = weights
  }

  private func weight(from item: Int32, to other: Int32) -> Float { weights[Int(item) * itemCount + Int(other)] }

  func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    for (row, history) in histories.enumerated() {
      // In one order, whatever the order of the history: a history gets the same bits each time.
      let items = history.items.sorted()
      for other in 0..<itemCount {
        scores[row * itemCount + other] = items.reduce(0) { $0 + weight(from: $1, to: Int32(other)) }
      }
    }
  }

  func explanations(of items: [Int32], for history: History) -> [Explanation] {
    let scores = scores(history)
    return items.map { item in
      let parts = history.items.map { own in
        Explanation.Part(item: own, contribution: weight(from: own, to: item), effect: weight(from: own, to: item))
      }
      return Explanation(score: scores[Int(item)], parts: parts)
    }
  }

  func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    for other in 0..<itemCount { scores[other] = weight(from: item, to: Int32(other)) }
  }

  init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    itemCount = try file.integer("\(prefix)items", in: 1...100_000)
    weights = try file.array("\(prefix)weights", of: Float.self, shape: [itemCount, itemCount])
  }

  func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)items", to: itemCount)
    file.set("\(prefix)weights", to: weights, shape: [itemCount, itemCount])
  }
}
