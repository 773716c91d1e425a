import Foundation
import Synchronization

/// The number of steps that each column has taken.
final class Pipeline: @unchecked Sendable {
  private let condition = NSCondition()
  private var taken: [Int]
  private var isAbandoned = false

  init(columns: Int) { taken = Array(repeating: 0, count: columns) }

  /// Waits until a column has taken a step; false if the pipeline was abandoned.
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

  /// Ends all waits, because the work was cancelled.
  func abandon() {
    condition.lock()
    isAbandoned = true
    condition.broadcast()
    condition.unlock()
  }
}
