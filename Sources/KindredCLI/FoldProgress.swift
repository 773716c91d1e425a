import Kindred
import Synchronization

/// The progress of trainings on several folds, side by side, as that of one training.
final class FoldProgress: Sendable {
  private let fractions: Mutex<[Double]>
  private let start = ContinuousClock.now

  init(folds: Int) { fractions = Mutex(Array(repeating: 0, count: folds)) }

  /// Returns the progress of a fold with the share and the time left of all folds.
  ///
  /// - Parameter fold: The number of the fold, from 1.
  func joined(_ progress: TrainingProgress, ofFold fold: Int) -> TrainingProgress {
    let done = fractions.withLock { fractions in
      fractions[fold - 1] = progress.fraction
      return fractions.reduce(0, +) / Double(fractions.count)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var joined = progress
    joined.fraction = done
    joined.secondsLeft = done > 0 ? seconds / done * (1 - done) : 0
    return joined
  }
}
