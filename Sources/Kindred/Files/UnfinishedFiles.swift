import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The temporary files that are being written, so that they can be removed when the process is interrupted.
///
/// Removing them takes no lock and no memory: a slot is an atomic pointer to a path, and whoever exchanges it for nil owns it.
final class UnfinishedFiles: @unchecked Sendable {
  static let shared = UnfinishedFiles()

  /// A place in the table; nil in a `FileReplacement` that found the table full.
  typealias Slot = Int
  private static let capacity = 256
  private let slots: UnsafeMutablePointer<Atomic<UnsafeMutablePointer<CChar>?>>

  init() {
    slots = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { (slots + slot).initialize(to: Atomic(nil)) }
  }

  deinit {
    for slot in 0..<Self.capacity { release(slot) }
    slots.deinitialize(count: Self.capacity)
    slots.deallocate()
  }

  /// Notes a path. A file that finds no free slot is written all the same, and only an interruption leaves it behind.
  func note(_ path: String) -> Slot? {
    guard let copy = strdup(path) else { return nil }
    for slot in 0..<Self.capacity
    where slots[slot].compareExchange(expected: nil, desired: copy, ordering: .acquiringAndReleasing).exchanged {
      return slot
    }
    free(copy)
    return nil
  }

  /// Forgets a path; harmless if `removeAll` came first.
  func release(_ slot: Slot) {
    free(slots[slot].exchange(nil, ordering: .acquiringAndReleasing))
  }

  /// Removes every file noted. Safe in a signal handler; the few bytes of the paths are left to the end of the process.
  func removeAll() {
    for slot in 0..<Self.capacity {
      if let path = slots[slot].exchange(nil, ordering: .acquiringAndReleasing) { unlink(path) }
    }
  }
}
