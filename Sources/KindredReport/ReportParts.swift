import Kindred

/// The classes of users and items in a report.
extension EvaluationReport {
  /// The classes of users by activity, from the first algorithm with lists.
  var activityParts: [Evaluation.ActivityClass] { results.first { $0.ranking != nil }?.byActivity ?? [] }

  /// The classes of items by popularity, with their names, from the first algorithm with lists.
  var popularityParts: [(name: String, items: Int, relevant: Int)] {
    let parts = results.first { $0.ranking != nil }?.ranking?.byPopularity ?? []
    return zip(["tail", "middle", "head"], parts).map { (name: $0, items: $1.itemCount, relevant: $1.relevantCount) }
  }
}

extension RankingMetrics.ItemClass {
  /// The share of the test items that were in their user's list; nil if there are no test items.
  package var recall: Double? { relevantCount > 0 ? Double(hitCount) / Double(relevantCount) : nil }
}

extension Evaluation {
  private static let mostSteps = 60

  /// The epochs of the validation if there was one, else of the training. More than `mostSteps` are thinned out; the
  /// last and the best stay.
  var shownCurve: [TrainingProgress] {
    let validating = curve.filter { $0.stage == .validating }
    let steps = validating.isEmpty ? curve : validating
    let stride = (steps.count + Self.mostSteps - 1) / Self.mostSteps
    guard stride > 1 else { return steps }
    let best = steps.indices.min { steps[$0].validationError ?? .infinity < steps[$1].validationError ?? .infinity }
    return steps.indices.filter { $0 % stride == 0 || $0 == steps.count - 1 || $0 == best }.map { steps[$0] }
  }
}
