#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The number of steps that each column of a pipeline has taken.
final class Pipeline: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var taken: [Int]
  private var isAbandoned = false

  init(columns: Int) {
    taken = Array(repeating: 0, count: columns)
    lock.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    precondition(pthread_mutex_init(lock, nil) == 0 && pthread_cond_init(condition, nil) == 0)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(lock)
    condition.deallocate()
    lock.deallocate()
  }

  /// Returns once a column has taken a step; false where it never will.
  func waits(for column: Int, toTake step: Int) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while column >= 0, taken[column] <= step, !isAbandoned { pthread_cond_wait(condition, lock) }
    return !isAbandoned
  }

  func advance(_ column: Int) { change { taken[column] += 1 } }

  /// Ends all waiting: the work was cancelled, and further steps will not come.
  func abandon() { change { isAbandoned = true } }

  private func change(_ body: () -> Void) {
    pthread_mutex_lock(lock)
    body()
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(lock)
  }
}
