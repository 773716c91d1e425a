/// A training of item-item weights: a closed form, done after one epoch.
struct ItemSession: TrainingSession {
  private let train: @Sendable (Parallel) throws(TrainingError) -> ItemModel
  private var model: ItemModel?

  var isFinished: Bool { model != nil }

  init(_ train: @escaping @Sendable (Parallel) throws(TrainingError) -> ItemModel) { self.train = train }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let trained = try train(parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    model = trained
    return 0
  }

  func makeModel(using parallel: Parallel) -> ItemModel {
    guard let model else { preconditionFailure("the one epoch comes before the model") }
    return model
  }
}

/// A training that is done after one epoch.
struct ClosedFormSession<Model: Scorer>: TrainingSession {
  private let model: @Sendable () -> Model
  private(set) var isFinished = false

  init(_ model: @escaping @Sendable () -> Model) { self.model = model }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    isFinished = true
    return 0
  }

  func makeModel(using parallel: Parallel) -> Model { model() }
}
