// A trainer of your own: it scores an item by how many users had it and one of the items of the history.
import Kindred

// snippet.trainer
/// Counts in how many users's histories two items occur together.
struct Cooccurrence: Trainer {
  var epochs = 1
  static let predictsRatings = false

  func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> CountingSession {
    CountingSession(data: data)
  }
}
// snippet.end

// snippet.session
/// Needs one pass over the data.
struct CountingSession: TrainingSession {
  let data: PreparedData
  var counts: [Float] = []
  var isFinished: Bool { !counts.isEmpty }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    var itemsOfUser = [[Int32]](repeating: [], count: data.userCount)
    for (user, item) in zip(data.columns.users, data.columns.items) { itemsOfUser[Int(user)].append(item) }
    counts = Array(repeating: 0, count: data.itemCount * data.itemCount)
    for items in itemsOfUser {
      for left in items { for right in items { counts[Int(left) * data.itemCount + Int(right)] += 1 } }
    }
    return 0
  }

  func makeModel(using parallel: Parallel) -> CountModel { CountModel(itemCount: data.itemCount, counts: counts) }
}
// snippet.end

// snippet.model
/// A function from a history to scores: the sum of the rows of its items.
struct CountModel: Scorer {
  static let kind = ModelKind.items
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
