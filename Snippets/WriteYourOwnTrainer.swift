// A trainer of your own: it scores an item by how many users had it and one of the items of the history.
import Foundation
import Kindred

// snippet.trainer
/// Counts the users in whose histories two items occur together.
struct Cooccurrence: Trainer {
  /// What a pair adds to the score: 1 counts all alike, 0.5 the root of their number.
  var exponent: Float = 1
  static let predictsRatings = false
  static let searchSpace = [Hyperparameter("exponent", in: 0.25...1)]

  func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> CountingSession {
    CountingSession(data: data, exponent: exponent)
  }
}
// snippet.end

// snippet.session
/// Needs one pass over the data.
struct CountingSession: TrainingSession {
  let data: PreparedData
  let exponent: Float
  var counts: [Float] = []
  var isFinished: Bool { !counts.isEmpty }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    counts = Array(repeating: 0, count: data.itemCount * data.itemCount)
    for history in data.histories {
      for left in history.items {
        for right in history.items where left != right { counts[Int(left) * data.itemCount + Int(right)] += 1 }
      }
    }
    counts = counts.map { pow($0, exponent) }
    return 0
  }

  func makeModel(using parallel: Parallel) -> CountModel { CountModel(itemCount: data.itemCount, counts: counts) }
}
// snippet.end

// snippet.model
extension ModelKind {
  static let counts = ModelKind(rawValue: "cooccurrence-counts")
}

/// A function from a history to scores: the sum of the rows of its items.
struct CountModel: Scorer {
  static let kind = ModelKind.counts
  let itemCount: Int
  let counts: [Float]

  init(itemCount: Int, counts: [Float]) {
    self.itemCount = itemCount
    self.counts = counts
  }

  func score(_ histories: ArraySlice<History>, into scores: inout MutableSpan<Float>) {
    for (row, history) in histories.enumerated() {
      for item in 0..<itemCount {
        scores[row * itemCount + item] = history.items.reduce(0) { $0 + counts[Int($1) * itemCount + item] }
      }
    }
  }

  func similarities(to item: Int32, into scores: inout MutableSpan<Float>) {
    for other in 0..<itemCount { scores[other] = counts[Int(item) * itemCount + other] }
  }

  init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    itemCount = try file.integer("\(prefix)items", in: 1...100_000)
    counts = try file.array("\(prefix)counts", of: Float.self, shape: [itemCount, itemCount])
  }

  func write(to file: inout ModelFile, at prefix: String) {
    file.set("\(prefix)items", to: itemCount)
    file.set("\(prefix)counts", to: counts, shape: [itemCount, itemCount])
  }
}
// snippet.end

// snippet.use
let views = Interactions([
  Interaction(user: "anna", item: "Alien"), Interaction(user: "anna", item: "Aliens"),
  Interaction(user: "ben", item: "Alien"), Interaction(user: "ben", item: "Aliens"),
  Interaction(user: "cleo", item: "Alien"), Interaction(user: "cleo", item: "Heat"),
])
let recommender = try await Recommender.train(on: views, ranking: Cooccurrence())
for recommendation in recommender.recommendations(forHistory: ["Alien": 1]) {
  print(recommendation.item, recommendation.score)  // Aliens 2.0, then Heat 1.0
}
// snippet.end

// snippet.load
try recommender.write(to: "views.kindred")
let loaded = try Recommender<String, String>(contentsOf: "views.kindred", models: [CountModel.self])
print(loaded)  // Recommender: lists by Cooccurrence; 3 users, 3 items
// snippet.end
