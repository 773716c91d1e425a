/// A training with a closed form: one epoch makes the model.
struct ClosedFormSession<Model: Scorer>: TrainingSession {
  private let train: @Sendable (Parallel) throws(TrainingError) -> Model
  private var model: Model?

  static var hasLoss: Bool { false }
  var isFinished: Bool { model != nil }

  init(_ train: @escaping @Sendable (Parallel) throws(TrainingError) -> Model) { self.train = train }

  mutating func runEpoch(using parallel: Parallel) throws(TrainingError) -> Float {
    let trained = try train(parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    model = trained
    return 0
  }

  func makeModel(using parallel: Parallel) -> Model {
    guard let model else { preconditionFailure("the model is made after the only epoch") }
    return model
  }
}
