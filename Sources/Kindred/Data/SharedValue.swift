import Synchronization

/// A value that is computed on first use; concurrent callers wait for the computation, and copies of the owner share
/// it.
final class SharedValue<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    made.withLock { made in
      if let made { return made }
      let value = make()
      made = value
      return value
    }
  }

  func release() { made.withLock { $0 = nil } }
}
