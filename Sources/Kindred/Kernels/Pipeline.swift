import Foundation
import Synchronization

/// How many steps each column has taken.
final class Pipeline: @unchecked Sendable {
  private let condition = NSCondition()
  private var taken: [Int]
  private var isAbandoned = false

  init(columns: Int) { taken = Array(repeating: 0, count: columns) }

  /// Returns once a column has taken a step; false where it never will.
  func waits(for column: Int, toTake step: Int) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while column >= 0, taken[column] <= step, !isAbandoned { condition.wait() }
    return !isAbandoned
  }

  func advance(_ column: Int) {
    condition.lock()
    taken[column] += 1
    condition.broadcast()
    condition.unlock()
  }

  /// The work was cancelled, and nobody may wait for what will not come.
  func abandon() {
    condition.lock()
    isAbandoned = true
    condition.broadcast()
    condition.unlock()
  }
}
