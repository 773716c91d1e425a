import Foundation
import Kindred

/// Trains, evaluates, tunes, saves, loads, recommends and explains with algorithms that the library does not know.
@main struct OwnAlgorithm {
  /// Something came out otherwise than it should.
  struct Difference: Error { var what: String }

  static func main() async throws {
    let ratings = twoTastes(users: 300, items: 60)
    print("\(ratings.count) ratings of \(ratings.userCount) users and \(ratings.itemCount) items")

    let trials = try await Tuner(trials: 6, seed: 1).search(DampedCosine(), on: ratings)
    guard let best = trials.trials.first, best.score != nil else { throw Difference(what: "no trial has a score") }
    let tuned = try DampedCosine().setting(best.settings)
    print("best of \(trials.trials.count) trials by \(trials.metric): damping \(tuned.damping)")

    let folds = ratings.evaluationFolds(.random(holdingOut: 0.1), seed: 2)
    var ndcg: [String: Double] = [:]
    for trainer in [tuned, SmallDescent(), Popularity(), BiasRating(), MeanRating()] as [any Trainer] {
      let evaluation = try await Evaluator(cutoffs: [10], seed: 3).evaluation(of: trainer, on: folds)
      let error = evaluation.ratings.map { "RMSE \($0.rootMeanSquaredError)" }
      let lists = evaluation.ranking?.mean(.ndcg, at: 10).map { "NDCG@10 \($0)" }
      ndcg[evaluation.algorithm] = evaluation.ranking?.mean(.ndcg, at: 10)
      print(evaluation.algorithm, [error, lists].compactMap { $0 }.joined(separator: ", "))
    }
    try check(
      ndcg["DampedCosine"] ?? 0 > ndcg["popularity"] ?? 1, "DampedCosine orders lists no better than popularity")

    let recommender = try await Recommender.train(on: ratings, ranking: tuned, rating: SmallDescent(), seed: 4)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("own-algorithm-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("own.kindred").path
    try recommender.write(to: path)
    let loaded = try Recommender<Int, String>(contentsOf: path, models: [DampedCosineModel.self])
    print(loaded)

    for user in ratings.userIDs {
      try check(answers(of: loaded, for: user) == answers(of: recommender, for: user), "user \(user) gets another list")
    }
    try checkThatItIsNotReadWithoutItsType(path)
    try show(loaded)
  }

  /// Ratings of two groups of users, each of which likes its own half of the items.
  private static func twoTastes(users: Int, items: Int) -> Interactions<Int, String> {
    var ratings = Interactions<Int, String>()
    for user in 0..<users {
      var stream = RandomStream(seed: 7, user)
      for item in 0..<items where stream.uniform() < 0.2 {
        let isLiked = item % 2 == user % 2
        if !isLiked, stream.uniform() < 0.6 { continue }
        let value = (isLiked ? 4.2 : 2) + 0.6 * stream.normal()
        ratings.append(
          Interaction(user: user, item: "item \(item)", value: Float(min(5, max(1, value.rounded())))))
      }
    }
    for item in 0..<items {
      ratings.itemCatalog["item \(item)"] = Catalog.Entry(
        title: "\(item % 2 == 0 ? "Even" : "Odd") \(item)", genres: [])
    }
    return ratings
  }

  /// All that a recommender says to a user.
  private static func answers(of recommender: Recommender<Int, String>, for user: Int) -> [String] {
    let list = recommender.recommendations(for: user, limit: 5)
    let history = recommender.history(of: user) ?? History()
    let reasons = recommender.reasons(for: list.map(\.item), history: history)
    return zip(list, reasons).map { next, reasons in
      "\(next.item) \(next.title ?? "") \(next.score) \(next.rating?.value ?? 0) \(reasons)"
    }
  }

  private static func checkThatItIsNotReadWithoutItsType(_ path: String) throws {
    do {
      _ = try Recommender<Int, String>(contentsOf: path)
    } catch {
      try check(error.reason == .unknownKind("damped-cosine"), "it is refused for another reason: \(error)")
      return
    }
    throw Difference(what: "a file with a model of an unknown type was read")
  }

  /// A list for a stranger, before and after a rating, and why.
  private static func show(_ recommender: Recommender<Int, String>) throws {
    var history = recommender.history(["item 0": 5, "item 2": 4])
    guard let position = recommender.position(of: "item 4") else { throw Difference(what: "an item is not known") }
    history.set(5, forItemAt: position)
    for next in recommender.recommendations(for: [history], limit: 3)[0] {
      let reasons = recommender.reasons(for: next.item, history: history).map(\.item).joined(separator: ", ")
      print("\(next.title ?? next.item): rated \(next.rating?.value ?? 0), because of \(reasons)")
      try check(next.title?.hasPrefix("Even") == true, "a stranger with one taste is shown the other")
      try check(!reasons.isEmpty, "a recommendation has no reason")
    }
  }

  private static func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw Difference(what: what()) }
  }
}

extension Interactions {
  /// The users' ids, in order of their positions.
  fileprivate var userIDs: [UserID] { (0..<Int32(userCount)).map { user(at: $0) } }
}
