import NIOConcurrencyHelpers
import NIOPosix

/// Work of answers that takes longer than a few milliseconds: reasons, diversity, groups.
///
/// Answers are made on Swift's cooperative threads, of which there is one per core. Heavy work runs on threads besides
/// them, one per core too, so that whatever is cheap, such as `/health/live`, never waits for it. What exceeds the
/// bound is refused, because it would only be answered when nobody waits for it any more.
final class HeavyWork: Sendable {
  private let most: Int
  private let underWay = NIOLockedValueBox(0)

  /// - Parameter most: The most pieces of work at a time, those that wait included.
  init(most: Int) { self.most = most }

  /// Runs a piece of work, after those that came before it.
  ///
  /// - Throws: ``ServerError/overloaded`` if too many wait already; `CancellationError` if the task was cancelled
  ///   before its turn.
  func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws -> Value {
    let isAdmitted = underWay.withLockedValue { count in
      guard count < most else { return false }
      count += 1
      return true
    }
    guard isAdmitted else { throw ServerError.overloaded }
    defer { underWay.withLockedValue { $0 -= 1 } }
    return try await NIOThreadPool.singleton.runIfActive { work() }
  }
}
