import Foundation
import NIOConcurrencyHelpers

/// What the server did in the running minute, for the overview; the store keeps the minutes before.
///
/// All figures are sums, so that those of several minutes and servers add up. The times of lists are counted in
/// buckets, each a fifth wider than the one before it.
final class MinuteFigures: Sendable {
  private static let leastMilliseconds = 0.05
  private static let bucketsPerDoubling = 4.0
  private static let bucketCount = 100
  private let counted = NIOLockedValueBox([String: Double]())
  /// What tells this server apart from others over the same store.
  let server = UUID().uuidString

  /// The minutes since 1970.
  static var minute: Int { Int(Date().timeIntervalSince1970 / 60) }

  /// Adds to a sum: `personal`, `ratings`.
  func add(_ number: Int = 1, to name: String) {
    counted.withLockedValue { $0[name, default: 0] += Double(number) }
  }

  /// Takes note of an answer.
  ///
  /// - Parameters:
  ///   - duration: The time that it took.
  ///   - status: Its status code.
  ///   - isList: Whether it is a list of recommendations, if nothing went wrong.
  func noteAnswer(in duration: Duration, status: Int, isList: Bool) {
    counted.withLockedValue { sums in
      sums["requests", default: 0] += 1
      if status >= 500 { sums["errors", default: 0] += 1 }
      if (400..<500).contains(status) { sums["refused", default: 0] += 1 }
      guard isList, status < 300 else { return }
      sums["lists", default: 0] += 1
      sums[Self.bucketName(Self.bucket(duration / .milliseconds(1))), default: 0] += 1
    }
  }

  private static func bucket(_ milliseconds: Double) -> Int {
    let place = log2(max(1, milliseconds / leastMilliseconds)) * bucketsPerDoubling
    return min(bucketCount - 1, Int(place))
  }

  private static func bucketName(_ bucket: Int) -> String { "list_time_\(bucket)" }

  private static func lowerBound(_ bucket: Int) -> Double {
    bucket == 0 ? 0 : leastMilliseconds * exp2(Double(bucket) / bucketsPerDoubling)
  }

  /// The time within which a part of the lists were answered, in milliseconds; nil if there were none.
  static func quantile(_ part: Double, of figures: [String: Double]) -> Double? {
    let counts = (0..<bucketCount).map { figures[bucketName($0)] ?? 0 }
    let wanted = part * counts.reduce(0, +)
    guard wanted > 0 else { return nil }
    var below = 0.0
    for (bucket, count) in counts.enumerated() where count > 0 {
      if below + count >= wanted {
        let bounds = (least: lowerBound(bucket), most: lowerBound(bucket + 1))
        return bounds.least + (bounds.most - bounds.least) * (wanted - below) / count
      }
      below += count
    }
    return nil
  }

  /// What was counted so far; nothing if nothing was.
  var figures: [String: Double] { counted.withLockedValue { $0 } }

  /// Ends the minute.
  func take() -> [String: Double] {
    counted.withLockedValue { sums in
      defer { sums = [:] }
      return sums
    }
  }
}
