import Kindred

/// The parts of the figures of lists that a report shows apart.
extension EvaluationReport {
  /// A column of figures of lists at the first cutoff.
  package struct ListPart {
    package let title: String
    package let value: (Evaluation) -> Double?
  }

  /// NDCG of all users, of those with and those without a training event, and of histories in a random order; and the
  /// share of disliked test items that was listed. What applies to no algorithm is left out.
  package var listParts: [ListPart] {
    let cutoff = cutoffs[0]
    let parts = [
      ListPart(title: "NDCG@\(cutoff)") { $0.ranking?.mean(.ndcg, at: cutoff) },
      ListPart(title: "warm") { $0.ranking?.mean(.ndcg, at: cutoff, ofWarm: true) },
      ListPart(title: "cold") { $0.ranking?.mean(.ndcg, at: cutoff, ofWarm: false) },
      ListPart(title: "shuffled") { $0.ranking?.shuffledNDCG(at: cutoff) },
      ListPart(title: "disliked@\(cutoff)") { $0.ranking?.disliked(at: cutoff) },
    ]
    let hasBoth = parts[1...2].allSatisfy { part in results.contains { part.value($0) != nil } }
    return parts.filter { part in
      results.contains { part.value($0) != nil } && (hasBoth || !["warm", "cold"].contains(part.title))
    }
  }

  /// What ``listParts`` tell apart, such as "Users, order and dislikes".
  var listPartsTitle: String {
    let titles = listParts.map(\.title)
    let subjects = [("warm", "users"), ("shuffled", "order"), ("disliked@\(cutoffs[0])", "dislikes")]
      .filter { titles.contains($0.0) }.map(\.1)
    let last = subjects.last ?? "users"
    let text = (subjects.count > 1 ? subjects.dropLast().joined(separator: ", ") + " and " : "") + last
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  /// What the columns of ``listParts`` mean.
  package var listPartsNote: String {
    let meanings = [
      "warm": "warm: users with a training event", "cold": "cold: users without one",
      "shuffled": "shuffled: the same model on histories in a random order, which shows what their order is worth",
      "disliked@\(cutoffs[0])":
        "disliked: of a user's test items below the middle of the scale, the share that was listed; lower is better",
    ]
    return listParts.compactMap { meanings[$0.title] }.joined(separator: "; ") + "."
  }

  /// A sentence on whether the order of histories matters to the best algorithm; nil if it was not measured.
  package var orderVerdict: String? {
    let cutoff = cutoffs[0]
    let measured = results.compactMap { result -> (name: String, ordered: Double, shuffled: Double)? in
      guard let ordered = result.ranking?.mean(.ndcg, at: cutoff),
        let shuffled = result.ranking?.shuffledNDCG(at: cutoff)
      else { return nil }
      return (result.algorithm, ordered, shuffled)
    }
    guard let most = measured.max(by: { $0.ordered - $0.shuffled < $1.ordered - $1.shuffled }) else { return nil }
    guard most.ordered > 1.02 * most.shuffled else {
      return "The order of histories matters to none of these algorithms: NDCG@\(cutoff) is the same in a random order."
    }
    return "The order of histories matters: \(most.name) has an NDCG@\(cutoff) of \(figure(most.ordered)), and "
      + "\(figure(most.shuffled)) with the same histories in a random order."
  }

  /// The lists that are measured apart where items were held out whole, with their titles.
  package static var itemLists: [(title: String, lists: KeyPath<Evaluation.ItemParts, RankingMetrics>)] {
    [("warm items", \.warm), ("cold items", \.cold), ("cold among all", \.coldAmongAll)]
  }

  /// What ``itemLists`` mean.
  package static var itemListsNote: String {
    "Cold items have no training ratings. Lists of warm items, lists of cold items, and cold items in lists of all."
  }

  /// A sentence on the lists: how many were measured, and of whom; nil if there are none.
  package var listSummary: String? {
    guard let ranking = results.lazy.compactMap(\.ranking).first else { return nil }
    func count(_ count: Int, _ noun: String) -> String { "\(count.grouped) \(noun)\(count == 1 ? "" : "s")" }
    let (warm, cold) = (ranking.userCount(ofWarm: true), ranking.userCount(ofWarm: false))
    let users = "\(count(ranking.userCount, "user")): \(warm.grouped) warm, \(cold.grouped) cold"
    guard next != nil else { return "Lists are measured on \(users)." }
    let rest = ranking.unpredictedCount
    let unpredicted =
      "\(count(rest, "event")) of users without an earlier one \(rest == 1 ? "is" : "are") not predicted."
    return "Predicted \(count(ranking.users.count, "event")) of \(users)." + (rest == 0 ? "" : " " + unpredicted)
  }

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

  /// The epochs of the validation if there was one, else of the training; none without a loss. More than `mostSteps`
  /// are thinned out; the last and the best stay.
  var shownCurve: [TrainingProgress] {
    let curve = curve.filter { $0.loss != nil || $0.validationError != nil }
    let validating = curve.filter { $0.stage == .validating }
    let steps = validating.isEmpty ? curve : validating
    let stride = (steps.count + Self.mostSteps - 1) / Self.mostSteps
    guard stride > 1 else { return steps }
    let best = steps.indices.min { steps[$0].validationError ?? .infinity < steps[$1].validationError ?? .infinity }
    return steps.indices.filter { $0 % stride == 0 || $0 == steps.count - 1 || $0 == best }.map { steps[$0] }
  }
}
