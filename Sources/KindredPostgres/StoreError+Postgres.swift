import KindredStore

extension StoreError {
  /// The sentence for whatever a session throws; our own errors pass as they are.
  init(_ error: any Error, store: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseFailure: self.init(Self.reason(of: error), store: store)
    case is CancellationError: self.init(.cancelled, store: store)
    default: self.init(.other("\(error)"), store: store)
    }
  }

  private static func reason(of error: DatabaseFailure) -> Reason {
    switch error.code {
    // Of a connection that was refused only the words are known.
    case "" where error.message.hasSuffix("does not exist"): .missing
    case _ where error.isLost: .unavailable(error.message)
    // It starts, ends, or recovers.
    case "57P01", "57P02", "57P03", "53300", "25P03": .unavailable(error.message)
    case "53100": .diskFull
    case "25006", "42501": .readOnly
    case "57014": .cancelled
    case "55P03", "40P01", "40001": .locked
    case "22021": .invalid("a text holds a zero byte")
    case "XX001", "XX002": .damaged(error.message)
    default: .other(error.message)
    }
  }
}
