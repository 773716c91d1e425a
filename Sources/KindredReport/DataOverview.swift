import Foundation
import Kindred

/// What a data set holds, as the page and the command `info` show it.
package struct DataOverview {
  package let statistics: Statistics
  /// The share of all pairs of user and item that occur.
  package let density: Double
  /// Whether each row has a value of its own.
  let hasValues: Bool
  /// A hash of the data; nil where none is shown.
  let fingerprint: String?
  /// The number of rows.
  let count: Int
  private let userCount, itemCount: Int

  /// Creates an overview.
  ///
  /// - Parameters:
  ///   - interactions: The data set.
  ///   - pairCount: The number of distinct pairs of user and item; nil counts them.
  ///   - hasValues: Whether each row has a value of its own.
  ///   - fingerprint: A hash of the data; nil shows none.
  /// - Complexity: O(count).
  package init(
    _ interactions: Interactions<String, String>, pairCount: Int? = nil, hasValues: Bool, fingerprint: String? = nil
  ) {
    (self.hasValues, self.fingerprint) = (hasValues, fingerprint)
    (count, userCount, itemCount) = (interactions.count, interactions.userCount, interactions.itemCount)
    statistics = interactions.statistics
    let pairs = pairCount ?? (interactions.keepsRepeats ? interactions.histories.reduce(0) { $0 + $1.count } : count)
    density = Double(pairs) / Double(max(1, userCount)) / Double(max(1, itemCount))
  }

  private static func ratings(_ count: Int) -> String { "\(count.grouped) rating\(count == 1 ? "" : "s")" }

  /// The name and the text of each figure.
  package var rows: [(name: String, text: String)] {
    let counts = [
      ("ratings", count.grouped),
      ("users", "\(userCount.grouped), half with \(Self.ratings(statistics.typicalUser)) or more"),
      ("items", "\(itemCount.grouped), half with \(Self.ratings(statistics.typicalItem)) or more"),
      ("known cells", String(format: "%.2f %%", density * 100)),
    ]
    return counts + (statistics.times.map { [("time", "\(day($0.lowerBound)) to \(day($0.upperBound))")] } ?? [])
  }
}
