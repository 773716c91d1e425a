/// The training of a blend under way: a part an epoch.
struct BlendSession: TrainingSession {
  private let trainer: Blend
  private let data: PreparedData
  private let seed: UInt64
  private var waiting: [BlendPart]
  private(set) var parts: [BlendPart: any Scorer] = [:]

  var isFinished: Bool { waiting.isEmpty }

  init(_ trainer: Blend, _ data: PreparedData, seed: UInt64) {
    self.trainer = trainer
    self.data = data
    self.seed = seed
    waiting = BlendPart.allCases.filter { trainer.weight(of: $0) > 0 }
  }

  /// Trains the next part; there is no loss, and it returns 0.
  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    guard let part = waiting.first else { return 0 }
    parts[part] = try trainer.train(part, on: data, seed: seed, using: parallel)
    waiting.removeFirst()
    return 0
  }

  func makeModel(using parallel: Parallel) -> BlendModel {
    BlendModel(
      BlendPart.allCases.compactMap { part in
        parts[part].map { BlendModel.Part(weight: trainer.weight(of: part), scorer: $0) }
      })
  }
}
