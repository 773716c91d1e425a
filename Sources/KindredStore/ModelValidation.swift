import Kindred

/// What a training shows on a part of the data that it does not see: the split by which algorithms are compared. Where
/// it follows time, each later event is predicted from those before it, as when the settings of a ranker are chosen.
package struct ModelValidation: Sendable {
  /// Called after each epoch with the name of the algorithm.
  package typealias Report = @Sendable (_ algorithm: String, TrainingProgress) -> Void

  /// What was measured, by name; empty where there is too little to measure on.
  package private(set) var metrics: [String: Double] = [:]
  private let data: Interactions<String, String>
  private let rule: FeedbackRule
  private let seed: UInt64
  private let threads: Int?

  /// Below this many interactions a part of them says nothing.
  private static let leastInteractions = 1000

  package init(_ data: Interactions<String, String>, rule: FeedbackRule, seed: UInt64, threads: Int? = nil) {
    self.data = data
    self.rule = rule
    self.seed = seed
    self.threads = threads
  }

  /// Trains on one part and measures on the rest, the baselines too.
  package func measure(
    _ ranking: any Trainer, _ rating: (any Trainer)?, _ report: @escaping Report
  ) async throws(TrainingError) -> ModelValidation {
    try await measure([("", ranking), ("", rating), ("popularity.", Popularity()), ("bias.", BiasRating())], report)
  }

  /// Trains a model's algorithms again, on the part of the data that another was measured with.
  ///
  /// - Returns: The figures of the model on the cut of this data; nil if its algorithms are unknown here.
  private func measure(
    again model: ModelVersion, _ report: @escaping Report
  ) async throws(TrainingError) -> ModelValidation? {
    let provenance = Provenance(entries: model.parameters)
    let trainers = try [provenance.ranking, provenance.rating].map { training throws(TrainingError) in
      try training.flatMap { training throws(TrainingError) in
        try Algorithm(rawValue: training.algorithm)?.trainer(setting: training.settings)
      }
    }
    guard let ranking = trainers[0] else { return nil }
    return try await measure([("", ranking), ("", trainers[1])], report)
  }

  private func measure(
    _ trainers: [(prefix: String, trainer: (any Trainer)?)], _ report: @escaping Report
  ) async throws(TrainingError) -> ModelValidation {
    guard data.count >= Self.leastInteractions else { return self }
    var evaluator = Evaluator(cutoffs: [10], seed: seed, threads: threads)
    evaluator.rule = rule
    let (fold, split) = await Parallel(threads: 1).detached { [data, seed] (_) throws(Never) in
      let split = data.validationSplit
      return (data.evaluationFolds(split, seed: seed), split)
    }.get()
    var result = self
    if split.followsTime { evaluator.next = .all }
    evaluator.mostLists = 10_000
    result.metrics[Self.cutKey] = split.followsTime ? 2 : 0
    let hasRating = trainers.count > 1 && trainers[1].trainer != nil
    for (prefix, trainer) in trainers {
      guard let trainer else { continue }
      let name = type(of: trainer).name
      let evaluation = try await evaluator.evaluation(of: trainer, on: fold) { _, step in
        var step = step
        step.stage = .validating
        if prefix.isEmpty { report(name, step) }
      }
      let isRanking = !(prefix.isEmpty && hasRating && type(of: trainer).predictsRatings)
      result.note(evaluation, prefix, isRanking: isRanking)
    }
    return result
  }

  /// The name of the figure that tells what was asked: 2 for each later event, 1 for a list of all later events, 0 for
  /// a list of a random part. Different figures say nothing of each other.
  private static let cutKey = "cut_in_time"

  /// What was held back to measure on.
  package var cut: String {
    metrics[Self.cutKey] == 0
      ? "a fifth of each user's events that it had not seen"
      : "the latest events, each predicted from what its user did before"
  }

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

  /// Why a model with these figures should not take the place of the current one of a store; nil if it may.
  ///
  /// A model without figures takes no place of one that has some. A measured one is refused where even the upper end of
  /// its interval is below the list of what is popular, or below the current model's figure. If the current model has
  /// no figure of such a cut, it is measured first, and the store keeps what was measured of it.
  package func refusal(in store: any Store, _ report: @escaping Report) async throws -> String? {
    let current = try await store.currentModel()
    guard let now = metrics["ndcg@10"] else {
      guard let current, current.metrics["ndcg@10"] != nil else { return nil }
      return "it could not be measured, and model \(current.number) was"
    }
    let most = metrics["ndcg@10_high"] ?? now
    let figure = "its NDCG@10 of \(now.rounded4) on a validation cut is below"
    if let popular = metrics["popularity.ndcg@10"], most < popular {
      return "\(figure) the \(popular.rounded4) of the list of what is popular"
    }
    guard var current else { return nil }
    if !isComparable(current) {
      guard let again = try await measure(again: current, report) else { return nil }
      // The baselines are those of this cut.
      current.metrics = current.metrics.merging(metrics.filter { $0.key.contains(".") }) { $1 }
        .merging(again.metrics) { $1 }
      try await store.setMetrics(current.metrics, ofModel: current.number)
    }
    guard let before = current.metrics["ndcg@10"], most < before else { return nil }
    return "\(figure) the \(before.rounded4) of model \(current.number)"
  }

  /// Whether a model's figures are of a cut of the same kind, with about as much to learn from.
  private func isComparable(_ model: ModelVersion) -> Bool {
    model.metrics["ndcg@10"] != nil && model.metrics[Self.cutKey] == metrics[Self.cutKey]
      && abs(Double(model.interactions) / Double(data.count) - 1) <= 0.2
  }

  /// The figures to keep with a model: those measured, the size of the data, and the seconds that it took.
  package func metrics(seconds: Double) -> [String: Double] {
    var metrics = metrics
    metrics["seconds"] = seconds
    metrics["users"] = Double(data.userCount)
    metrics["items"] = Double(data.itemCount)
    return metrics
  }
}

extension Double {
  fileprivate var rounded4: Double { (self * 10_000).rounded() / 10_000 }
}
