import Foundation
import NIOConcurrencyHelpers

/// What the server did in the running minute, for the overview; the store keeps the minutes before.
final class MinuteFigures: Sendable {
  private struct Counted {
    var sums: [String: Double] = [:]
    var milliseconds: [Double] = []
  }

  /// Beyond this many requests per minute the first ones stand for all in the quantiles.
  private static let mostTimes = 20_000
  private let counted = NIOLockedValueBox(Counted())
  /// What tells this server apart from others over the same store.
  let server = UUID().uuidString

  /// The minutes since 1970.
  static var minute: Int { Int(Date().timeIntervalSince1970 / 60) }

  /// Adds to a sum: `lists`, `personal`, `ratings`.
  func add(_ number: Int = 1, to name: String) {
    counted.withLockedValue { $0.sums[name, default: 0] += Double(number) }
  }

  /// Takes note of an answer.
  func noteAnswer(in duration: Duration, isError: Bool) {
    counted.withLockedValue { counted in
      counted.sums["requests", default: 0] += 1
      if isError { counted.sums["errors", default: 0] += 1 }
      if counted.milliseconds.count < Self.mostTimes { counted.milliseconds.append(duration / .milliseconds(1)) }
    }
  }

  /// What was counted so far; nothing if nothing was.
  var figures: [String: Double] {
    let counted = counted.withLockedValue { $0 }
    guard !counted.sums.isEmpty else { return [:] }
    var figures = counted.sums
    let times = counted.milliseconds.sorted()
    for (name, part) in [("p50_ms", 0.5), ("p99_ms", 0.99)] where !times.isEmpty {
      figures[name] = times[min(times.count - 1, Int(part * Double(times.count)))]
    }
    return figures
  }

  /// Ends the minute.
  func take() -> [String: Double] {
    let figures = figures
    counted.withLockedValue { $0 = Counted() }
    return figures
  }
}
