import Kindred
import Synchronization

extension InteractionColumns {
  /// The rows by the numbers that a store gave users and items; those of one pair in their own order, so that the last
  /// of them wins.
  package func order(_ userNumbers: [Int64], _ itemNumbers: [Int64]) -> [Int32] {
    struct Key {
      let pair: UInt64
      let row: Int32
    }
    precondition(count <= Int(Int32.max))
    var keys = (0..<count).map { row in
      let (user, item) = (userNumbers[Int(users[row])], itemNumbers[Int(items[row])])
      return Key(pair: UInt64(user) << 32 | UInt64(item) & 0xFFFF_FFFF, row: Int32(row))
    }
    keys.sort { $0.pair != $1.pair ? $0.pair < $1.pair : $0.row < $1.row }
    return keys.map(\.row)
  }
}

/// Whether a caller gave a change up.
package final class GivenUp: Sendable {
  private let flag = Atomic(false)

  /// Throws `CancellationError` if so.
  package func check() throws { if flag.load(ordering: .relaxed) { throw CancellationError() } }

  fileprivate func set() { flag.store(true, ordering: .relaxed) }
}

/// Runs a body whose work is done on a thread that knows nothing of the caller's task.
package func withGivingUp<Result>(_ body: (GivenUp) async throws -> Result) async throws -> Result {
  let given = GivenUp()
  return try await withTaskCancellationHandler {
    try await body(given)
  } onCancel: {
    given.set()
  }
}
