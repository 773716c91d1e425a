import Dispatch
import Synchronization

/// A semaphore that spins for a moment before it sleeps, because in short work the signal arrives sooner than the
/// system can wake a thread.
final class SpinSemaphore: Sendable {
  private static let moment = Duration.microseconds(50)
  /// The signals that nothing has waited for or, if negative, the number of sleeping waiters.
  private let count = Atomic(0)
  private let bed = DispatchSemaphore(value: 0)

  func signal() {
    if count.add(1, ordering: .acquiringAndReleasing).oldValue < 0 { bed.signal() }
  }

  func wait() {
    let start = ContinuousClock.now
    repeat {
      let now = count.load(ordering: .relaxed)
      if now > 0, count.compareExchange(expected: now, desired: now - 1, ordering: .acquiring).exchanged { return }
    } while ContinuousClock.now - start < Self.moment
    if count.subtract(1, ordering: .acquiringAndReleasing).oldValue <= 0 { bed.wait() }
  }
}
