@testable import Kindred

/// Data that is prepared anew where a test looks at one part of it alone.
extension TrainingData {
  var prepared: PreparedData { PreparedData(self) }
  var itemCounts: [Int32] { prepared.itemCounts }
  func rowsByUser() -> SparseMatrix { prepared.byUser }
  func rowsByItem() -> SparseMatrix { prepared.byItem }
}

extension Trainer {
  func makeSession(for data: TrainingData, seed: UInt64, using parallel: Parallel) throws(TrainingError) -> Session {
    try makeSession(for: data.prepared, seed: seed, using: parallel)
  }

  func fit(
    on data: TrainingData, seed: UInt64, using parallel: Parallel, checkpoint: Checkpoint? = nil,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws(TrainingError) -> FittedTrainer<Self> {
    try await fit(on: data.prepared, seed: seed, using: parallel, checkpoint: checkpoint, progress: progress)
  }

  func epochs(on data: TrainingData, seed: UInt64, using parallel: Parallel) -> Epochs<Self> {
    epochs(on: data.prepared, seed: seed, using: parallel)
  }
}

extension EASE {
  func dense(_ data: TrainingData, _ sweep: BlockSweep, using parallel: Parallel) throws(TrainingError) -> ItemModel {
    try dense(data.prepared, sweep, using: parallel)
  }
}

extension GraphFilter {
  func spectralPart(
    _ data: TrainingData, _ basis: SpectralBasis, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> (from: Factors, to: Factors) {
    try spectralPart(data.prepared, basis, seed: seed, using: parallel)
  }
}

extension RatingMetrics {
  init<Known: RandomAccessCollection<History> & Sendable>(
    of model: some RatingPredictor, histories: Known, test: TrainingData, using parallel: Parallel
  ) where Known.Index == Int {
    self.init(of: model, histories: histories, test: test.prepared, using: parallel)
  }
}

extension RankingMetrics {
  init(
    of scorer: some Scorer, known: TrainingData, test: TrainingData, cutoffs: [Int], using parallel: Parallel
  ) {
    self.init(
      of: scorer, on: RankingQueries(known: known.prepared, test: test), counts: known.itemCounts, cutoffs: cutoffs,
      using: parallel)
  }
}
