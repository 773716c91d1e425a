/// A training of a blend under way: each epoch trains one part.
struct BlendSession: TrainingSession {
  private let trainer: Blend
  private let data: PreparedData
  private let seed: UInt64
  private var waiting: [BlendPart]
  private(set) var parts: [BlendPart: any Scorer] = [:]
  /// What EASE is solved from; nil if it solves for all items at once, or is not a part.
  private(set) var nearestItems: EASE.NearestItems?

  /// The expected seconds of each part.
  private let times: [BlendPart: Double]

  static var hasLoss: Bool { false }
  var isFinished: Bool { waiting.isEmpty }
  var workDone: Double? {
    let left = waiting.reduce(0) { $0 + (times[$1] ?? 0) }
    return 1 - left / max(1e-9, times.values.reduce(0, +))
  }

  init(_ trainer: Blend, _ data: PreparedData, seed: UInt64) {
    self.trainer = trainer
    self.data = data
    self.seed = seed
    // EASE comes last: the sums that it keeps for trials need much memory, and so does the training of other parts.
    waiting = (BlendPart.allCases.filter { $0 != .items } + [.items]).filter { trainer.trains($0, on: data) }
    times = Dictionary(uniqueKeysWithValues: waiting.map { ($0, trainer.time(of: $0, on: data, threads: 1)) })
  }

  /// Trains the next part. Returns 0, as there is no loss.
  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    guard let part = waiting.first else { return 0 }
    if part == .items, let count = trainer.ease.neighborCount(items: data.itemCount) {
      let nearest = try trainer.ease.nearestItems(in: data, count, using: parallel)
      parts[part] = try trainer.ease.model(from: nearest, using: parallel)
      if data.isForTrials { nearestItems = nearest }
    } else {
      parts[part] = try trainer.train(part, on: data, seed: seed, using: parallel)
    }
    waiting.removeFirst()
    return 0
  }

  func makeModel(using parallel: Parallel) -> BlendModel {
    BlendModel(
      BlendPart.allCases.compactMap { part in
        parts[part].map { BlendModel.Part(weight: trainer[part], scorer: $0) }
      })
  }
}
