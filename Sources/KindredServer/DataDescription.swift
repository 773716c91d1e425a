import Kindred
import KindredStore

/// What the data of a store are, for those who show them: what users give items, and on which scale.
struct DataDescription: Sendable {
  /// The scale of ratings.
  struct Scale: Sendable, Equatable {
    var range: ClosedRange<Float>
    /// The distance between neighbouring ratings; nil if all values between the ends occur.
    var step: Float?
  }

  /// The kind of feedback that users give.
  var kind = Feedback.rating
  /// The scale of the ratings; nil if users like items, or do not.
  var scale: Scale?
  /// The values of that kind, the least first, with the number of times each occurs.
  var values: [(value: Float, count: Int)] = []

  /// Beyond this much feedback, the values of a part are shown.
  static let valuesRead = 1_000_000

  /// Reads what a store holds.
  ///
  /// - Parameter rule: The rule of the model that answers; nil without one.
  init(of store: any Store, rule: FeedbackRule?) async throws {
    let kinds = try await store.counts().feedback.filter { $0.value > 0 }
    let learned = rule.map { rule in kinds.filter { rule.kinds[$0.key] ?? 0 > 0 } } ?? [:]
    let main = (learned.isEmpty ? kinds : learned).max { ($0.value, $1.key) < ($1.value, $0.key) }
    guard let main else {
      // Before any feedback, users rate from one to five stars.
      scale = Scale(range: 1...5, step: 1)
      return
    }
    kind = main.key
    values = try await store.values(ofKind: kind, limit: Self.valuesRead)
    if kind == Feedback.rating, rule?.kinds.isEmpty ?? true, Self.areRatings(values) { scale = Scale(of: values) }
  }
}

extension DataDescription {
  /// Whether values are ratings, as a training decides it: they differ, and are no counts.
  private static func areRatings(_ values: [(value: Float, count: Int)]) -> Bool {
    let total = values.reduce(0) { $0 + $1.count }
    // As many of each as in a thousand.
    let sample = values.flatMap { Array(repeating: $0.value, count: max(1, $0.count * 1000 / max(1, total))) }
    return Interactions(sample.enumerated().map { Interaction(user: 0, item: $0.offset, value: $0.element) }).hasRatings
  }
}

extension DataDescription.Scale {
  /// The scale of some values, each with the number of times it occurs; nil for a single one.
  init?(of values: [(value: Float, count: Int)]) {
    guard let least = values.first?.value, let greatest = values.last?.value, least < greatest else { return nil }
    let gaps = zip(values.dropFirst(), values).map { $0.value - $1.value }
    let smallest = gaps.min() ?? 0
    // A step that all values are multiples of; halves that lack in the data are ratings too.
    let step = [1, 0.5, 0.25, 0.1].first { step in
      values.allSatisfy { abs(($0.value / step).rounded() * step - $0.value) < 1e-3 } && smallest > step - 1e-3
    }
    self.init(range: least...greatest, step: step)
  }
}
