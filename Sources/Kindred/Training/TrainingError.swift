/// An error that ends a training without a model.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reasons for which a training ends.
  public enum Reason: Sendable, Equatable {
    /// The loss or the parameters are no longer finite, or grew too large.
    ///
    /// - Parameters:
    ///   - epoch: The epoch in which it happened, from 1.
    ///   - cure: Advice for the user, such as "try a larger regularization".
    case diverged(epoch: Int, cure: String)
    /// The task of the training was cancelled.
    case cancelled
    /// The data cannot be trained on by this algorithm, as the sentence says.
    case unsuitableData(String)
    /// The algorithm does not have a hyperparameter, or cannot take its value, as the sentence says.
    case invalidSetting(String)
  }

  /// The reason.
  public let reason: Reason

  /// Creates an error.
  ///
  /// - Parameter reason: The reason.
  public init(_ reason: Reason) { self.reason = reason }

  /// A sentence that says what is wrong and, where possible, what the user can do.
  public var description: String {
    switch reason {
    case .diverged(let epoch, let cure): "training diverged at epoch \(epoch): the loss is no longer finite; \(cure)"
    case .cancelled: "training was interrupted"
    case .unsuitableData(let sentence), .invalidSetting(let sentence): sentence
    }
  }
}

/// The largest numbers that hyperparameters may be: far above what helps, and far below what overflows or never ends.
enum SettingBound {
  static let epochs = 100_000
  static let neighbors = 1_000_000
}

/// Throws an error about hyperparameters unless `condition` is true.
func require(_ condition: Bool, _ sentence: String) throws(TrainingError) {
  if !condition { throw TrainingError(.invalidSetting(sentence)) }
}
