import Kindred
import KindredStore

/// What a training shows on a part of the data that it does not see: the split by which algorithms are compared.
struct ModelValidation: Sendable {
  /// What was measured, by name; empty where there is too little to measure on.
  private(set) var metrics: [String: Double] = [:]
  private let data: Interactions<String, String>
  private let rule: FeedbackRule
  private let seed: UInt64

  /// Below this many interactions a part of them says nothing.
  private static let leastInteractions = 1000

  init(_ data: Interactions<String, String>, rule: FeedbackRule, seed: UInt64) {
    self.data = data
    self.rule = rule
    self.seed = seed
  }

  /// Trains on one part and measures on the rest, the baselines too.
  func measure(
    _ ranking: any Trainer, _ rating: (any Trainer)?, _ progress: @escaping @Sendable (String, TrainingProgress) -> Void
  ) async throws(TrainingError) -> ModelValidation {
    guard data.count >= Self.leastInteractions else { return self }
    var evaluator = Evaluator(cutoffs: [10], seed: seed)
    evaluator.rule = rule
    let (fold, split) = await Parallel(threads: 1).detached { [data, seed] (_) throws(Never) in
      let split = data.defaultSplit.split
      return (data.evaluationFolds(split, seed: seed), split)
    }.get()
    var result = self
    result.metrics[Self.cutKey] = split.followsTime ? 1 : 0
    for (prefix, trainer) in [("", ranking), ("", rating), ("popularity.", Popularity()), ("bias.", BiasRating())] {
      guard let trainer else { continue }
      let name = type(of: trainer).name
      let evaluation = try await evaluator.evaluation(of: trainer, on: fold) { _, step in
        var step = step
        step.stage = .validating
        if prefix.isEmpty { progress(name, step) }
      }
      let isRanking = !(prefix.isEmpty && rating != nil && type(of: trainer).predictsRatings)
      result.note(evaluation, prefix, isRanking: isRanking)
    }
    return result
  }

  /// The name of the figure that tells a cut in time, 1, from a random one, 0. Figures of different cuts say nothing of
  /// each other.
  private static let cutKey = "cut_in_time"

  private mutating func note(_ evaluation: Evaluation, _ prefix: String, isRanking: Bool) {
    let intervals = evaluation.intervals(seed: seed)
    func note(_ name: String, _ value: Double, _ interval: ClosedRange<Double>?) {
      metrics[prefix + name] = value
      metrics[prefix + name + "_low"] = interval?.lowerBound
      metrics[prefix + name + "_high"] = interval?.upperBound
    }
    if isRanking, let ranking = evaluation.ranking {
      note("ndcg@10", ranking.mean(.ndcg, at: 10) ?? 0, intervals.ndcg(at: 10))
      note("recall@10", ranking.mean(.recall, at: 10) ?? 0, intervals.recall(at: 10))
      metrics[prefix + "coverage@10"] = ranking.coverage(at: 10)
    }
    if let ratings = evaluation.ratings {
      note("rmse", ratings.rootMeanSquaredError, intervals.rootMeanSquaredError)
    }
  }

  /// Why a model with these figures should not take the place of the current one; nil if it may.
  ///
  /// It is refused where even the upper end of its interval is below the list of what is popular, or below the current
  /// model's figure. That one was measured on a cut of its own, so it counts only where the cut was of the same kind
  /// and there was about as much to learn from.
  func refusal(against current: ModelVersion?) -> String? {
    guard let now = metrics["ndcg@10"] else { return nil }
    let most = metrics["ndcg@10_high"] ?? now
    let figure = "its NDCG@10 of \(now.rounded4) on a validation cut is below"
    if let popular = metrics["popularity.ndcg@10"], most < popular {
      return "\(figure) the \(popular.rounded4) of the list of what is popular"
    }
    guard let current, let before = current.metrics["ndcg@10"], most < before else { return nil }
    guard current.metrics[Self.cutKey] == metrics[Self.cutKey] else { return nil }
    guard abs(Double(current.interactions) / Double(data.count) - 1) <= 0.2 else { return nil }
    return "\(figure) the \(before.rounded4) of model \(current.number)"
  }
}

extension Double {
  fileprivate var rounded4: Double { (self * 10_000).rounded() / 10_000 }
}
