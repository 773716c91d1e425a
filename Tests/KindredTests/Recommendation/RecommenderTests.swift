import Foundation
import Testing

@testable import Kindred

@Suite struct RecommenderTests {
  static let ratings: Interactions<Int, String> = {
    var ratings = Synthetic.ratings(users: 120, items: 60)
    for item in 0..<60 {
      ratings.itemCatalog["item \(item)"] = Catalog.Entry(
        title: "Film \(item)", genres: [item % 2 == 0 ? "Drama" : "Comedy"])
    }
    return ratings
  }()

  private func recommender(_ threads: Int = 2) async throws -> Recommender<Int, String> {
    var rating = SGD(rank: 4)
    rating.epochs = 8
    return try await Recommender.train(on: Self.ratings, ranking: ImplicitALS.small, rating: rating, threads: threads)
  }

  @Test func listsAreOrderedAndLeaveOutWhatIsKnown() async throws {
    let recommender = try await recommender()
    let list = recommender.recommendations(for: 3, limit: 10)
    #expect(list.count == 10 && list.basis == .history)
    #expect(zip(list, list.dropFirst()).allSatisfy { $0.score >= $1.score })
    let seen = Set(Self.ratings.filter { $0.user == 3 }.map(\.item))
    #expect(list.allSatisfy { !seen.contains($0.item) })
    #expect(list.allSatisfy { ($0.rating?.value).map { (1...5).contains($0) } ?? false })
    let all = recommender.recommendations(for: 3, limit: 1000, excludingObserved: false)
    #expect(all.count == 60)
    #expect(recommender.recommendations(for: 3, limit: 0).isEmpty)
    #expect(recommender.recommendations(for: 3, limit: -1).isEmpty)
  }

  @Test func filtersAreKept() async throws {
    let recommender = try await recommender()
    let some: Set<String> = ["item 1", "item 2", "item 3", "no such item"]
    let restricted = recommender.recommendations(forHistory: ["item 9": 5], restrictingTo: some, excluding: ["item 2"])
    #expect(Set(restricted.map(\.item)) == ["item 1", "item 3"])
  }

  @Test func strangersAreServedFromTheirHistory() async throws {
    let recommender = try await recommender()
    let first = recommender.recommendations(forHistory: ["item 4": 5, "item 5": 1])
    let second = recommender.recommendations(forHistory: ["item 7": 5, "item 8": 1])
    #expect(first.basis == .history)
    #expect(first.map(\.item) != second.map(\.item))
    // A user's own history as a stranger's gives the user's own list.
    let known = Dictionary(uniqueKeysWithValues: Self.ratings.filter { $0.user == 8 }.map { ($0.item, $0.value) })
    #expect(
      recommender.recommendations(forHistory: known).map(\.item) == recommender.recommendations(for: 8).map(\.item))
  }

  @Test func keptFoldInsAreOfTheHistoryAsItIs() async throws {
    let recommender = try await recommender()
    func list(_ history: History) -> [Recommendation<String>] { Array(recommender.recommendations(for: [history])[0]) }
    let plain = recommender.history(["item 4": 5, "item 5": 1, "item 6": 4])
    var kept = plain.keepingFoldIns()
    for _ in 0..<2 { #expect(list(kept) == list(plain) && kept == plain) }
    var edited = plain
    for history in [0, 1] {
      if history == 0 { edited.set(5, forItemAt: 20) } else { edited.remove(itemAt: 4) }
      if history == 0 { kept.set(5, forItemAt: 20) } else { kept.remove(itemAt: 4) }
      #expect(list(kept) == list(edited) && list(kept) != list(plain))
      kept = kept.keepingFoldIns()
      #expect(list(kept) == list(edited))
    }
    // Another model has factors of its own.
    let other = try await Recommender.train(on: Self.ratings, ranking: ImplicitALS.small, rating: ALS(), seed: 9)
    #expect(Array(other.recommendations(for: [kept])[0]) == Array(other.recommendations(for: [edited])[0]))
  }

  @Test func withoutAHistoryTheListIsWhatMostUsersHad() async throws {
    let recommender = try await recommender()
    for list in [recommender.recommendations(for: 99_999), recommender.recommendations(forHistory: [:])] {
      #expect(list.basis == .popularity)
      var counts: [String: Int] = [:]
      for rating in Self.ratings { counts[rating.item, default: 0] += 1 }
      #expect(counts[list[0].item] == counts.values.max())
    }
    #expect(recommender.rating(of: "item 1", by: 99_999) == nil)
    #expect(recommender.rating(of: "no such item", by: 1) == nil)
  }

  @Test func similarItemsAndUsers() async throws {
    let board = try await Recommender.train(on: Synthetic.checkerboard(20), ranking: ImplicitALS.small)
    #expect(board.items(similarTo: 4, limit: 9).allSatisfy { $0.id % 2 == 0 && $0.id != 4 })
    #expect(board.users(similarTo: 7, limit: 9).allSatisfy { $0.id % 2 == 1 && $0.id != 7 })
    #expect(board.items(similarTo: 999).isEmpty && board.users(similarTo: 999).isEmpty)
  }

  @Test func groupsAreThoseOfTheCheckerboard() async throws {
    let board = try await Recommender.train(on: Synthetic.checkerboard(20), ranking: ImplicitALS.small)
    let groups = board.groups(count: 2)
    #expect(groups.count == 2)
    #expect(Set(groups.map { Set($0.users.map { $0 % 2 }) }) == [[0], [1]])
    for group in groups {
      #expect(group.items.allSatisfy { $0 % 2 == group.users[0] % 2 })
    }
    #expect(board.groups(count: 0).isEmpty)
    #expect(board.groups(count: 500).map(\.users.count).reduce(0, +) == 20)
  }

  @Test func groupsAreTheSameEveryTimeAndLabelled() async throws {
    let recommender = try await recommender()
    let groups = recommender.groups(count: 4)
    #expect(groups.map(\.users) == recommender.groups(count: 4).map(\.users))
    #expect(Set(groups.flatMap(\.users)).count == 120)
    #expect(groups.allSatisfy { recommender.label(of: $0).contains("Film") })
  }

  @Test func aFileOfOtherIdsIsRefused() async throws {
    let path = NSTemporaryDirectory() + "kindred-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await recommender().write(to: path)
    #expect(try Recommender<Int, String>(contentsOf: path).recommendations(for: 3).count == 10)
    #expect(throws: ModelFileError.self) { try Recommender<Int, Int>(contentsOf: path) }
  }

  @Test func dataWithoutRatingsHasNoStars() async throws {
    let views = Interactions((0..<400).map { Interaction(user: $0 % 20, item: ($0 * $0 / 20) % 17) })
    let recommender = try await Recommender.train(on: views)
    #expect(recommender.ratingModel == nil)
    #expect(recommender.recommendations(for: 1).allSatisfy { $0.rating == nil })
  }
}
