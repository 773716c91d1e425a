import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The paths of temporary files under construction, which are removed when the process is interrupted.
///
/// Removal takes no lock and allocates no memory: a slot is an atomic pointer to a path, and the thread that exchanges
/// it for nil owns the path.
final class UnfinishedFiles: @unchecked Sendable {
  static let shared = UnfinishedFiles()

  /// The index of a path in the table.
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

  /// Stores a path; returns nil if the table is full, in which case an interruption leaves the file behind.
  func note(_ path: String) -> Slot? {
    guard let copy = strdup(path) else { return nil }
    for slot in 0..<Self.capacity
    where slots[slot].compareExchange(expected: nil, desired: copy, ordering: .acquiringAndReleasing).exchanged {
      return slot
    }
    free(copy)
    return nil
  }

  /// Removes a path from the table; does nothing if `removeAll` came first.
  func release(_ slot: Slot) {
    free(slots[slot].exchange(nil, ordering: .acquiringAndReleasing))
  }

  /// Removes all files in the table. It is safe in a signal handler; the memory of the paths is not freed.
  func removeAll() {
    for slot in 0..<Self.capacity {
      if let path = slots[slot].exchange(nil, ordering: .acquiringAndReleasing) { unlink(path) }
    }
  }
}
