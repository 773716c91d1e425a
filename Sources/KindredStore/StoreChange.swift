/// What another process changed in a store.
public enum StoreChange: Sendable, Equatable {
  /// What a user did; how much of it is new.
  case user(String, newFeedback: Int)
  /// An item.
  case item(String)
  /// The models that are kept, or which of them is current.
  case models
  /// Keys.
  case keys
  /// Settings.
  case settings
  /// Anything.
  case everything
  /// A training ended without a model, because its process did.
  case trainingAbandoned
  /// Changes cannot be followed at present; `everything` is told once they can.
  case unknown(StoreError)
}

/// The right to train a model of a store, which one process has at a time. It ends with the process.
public struct TrainingClaim: Sendable {
  private let end: @Sendable () async -> Void

  package init(end: @escaping @Sendable () async -> Void = {}) {
    self.end = end
  }

  /// Gives the right back.
  public func release() async { await end() }
}
