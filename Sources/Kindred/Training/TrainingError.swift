/// Why training stopped without a model.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Sendable, Equatable {
    /// The numbers grew beyond all bounds.
    case diverged(epoch: Int, cure: String)
    /// Whoever waited for the training gave it up.
    case cancelled
    /// The data holds nothing this algorithm can learn from.
    case unsuitableData(String)
    /// A hyperparameter that the algorithm does not have, or a value it cannot take.
    case invalidSetting(String)
  }

  /// The reason.
  public let reason: Reason

  /// Creates an error.
  public init(_ reason: Reason) { self.reason = reason }

  /// A sentence a user can act on.
  public var description: String {
    switch reason {
    case .diverged(let epoch, let cure): "training diverged at epoch \(epoch): the loss is no longer finite; \(cure)"
    case .cancelled: "training was interrupted"
    case .unsuitableData(let sentence), .invalidSetting(let sentence): sentence
    }
  }
}

/// Throws an error about hyperparameters unless `condition` holds.
func require(_ condition: Bool, _ sentence: String) throws(TrainingError) {
  if !condition { throw TrainingError(.invalidSetting(sentence)) }
}
