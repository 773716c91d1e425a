import Foundation
import Testing

@testable import Kindred

@Suite struct ItemKNNTests {
  static let data = Synthetic.ratings(users: 70, items: 45).data

  /// The similarity as its formula stands, over sets of users.
  private func expected(_ trainer: ItemKNN, _ users: [Set<Int>], _ sizes: [Double], _ i: Int, _ j: Int) -> Double {
    let both = users[i].intersection(users[j])
    let weight = { (user: Int) in pow(log(Double(users.count) / sizes[user]), 2) }
    let sum = { (users: Set<Int>) in users.reduce(0) { $0 + weight($1) } }
    let count = Double(both.count)
    let shrunk = trainer.shrinkage > 0 ? count / (count + Double(trainer.shrinkage)) : 1
    let mean = Double(users.reduce(0) { $0 + $1.count }) / Double(users.count)
    let length = { (item: Int) in 2.2 / (1.2 * (0.25 + 0.75 * Double(users[item].count) / mean) + 1) }
    switch trainer.similarity {
    case .cosine: return shrunk * count / sqrt(Double(users[i].count * users[j].count))
    case .jaccard: return shrunk * count / Double(users[i].union(users[j]).count)
    case .tfidf: return shrunk * sum(both) / sqrt(sum(users[i]) * sum(users[j]))
    case .bm25: return shrunk * sum(both) * length(i) * length(j)
    }
  }

  @Test(arguments: ItemKNN.Similarity.allCases, [0, 4] as [Float])
  func keepsTheNearestByTheFormula(_ similarity: ItemKNN.Similarity, _ shrinkage: Float) throws {
    var trainer = ItemKNN()
    trainer.similarity = similarity
    trainer.shrinkage = shrinkage
    trainer.neighbors = 10
    var session = try trainer.makeSession(for: Self.data, seed: 0, using: Parallel(threads: 2))
    _ = try session.runEpoch(using: Parallel(threads: 2))
    let weights = session.makeModel(using: Parallel(threads: 1)).weights
    var users = [Set<Int>](repeating: [], count: 45)
    var sizes = [Double](repeating: 0, count: 70)
    for (user, item) in zip(Self.data.users, Self.data.items) {
      users[Int(item)].insert(Int(user))
      sizes[Int(user)] += 1
    }
    for item in 0..<45 {
      let similarities = (0..<45).map { $0 == item ? 0 : expected(trainer, users, sizes, item, $0) }
      let tenth = similarities.sorted(by: >)[9]
      for other in 0..<45 {
        let weight = weights.weight(from: Int32(other), to: Int32(item))
        if similarities[other] > tenth + 1e-5 || (weight != 0 && similarities[other] > tenth - 1e-5) {
          #expect(isClose(weight, Float(similarities[other]), tolerance: 1e-5))
        } else if similarities[other] < tenth - 1e-5 {
          #expect(weight == 0)
        }
      }
      #expect((0..<45).count { weights.weight(from: $0, to: Int32(item)) != 0 } == 10)
    }
  }

  @Test func tiesGoToTheItemFirstInOrder() throws {
    // All users have all items, so all similarities are 1.
    let data = Interactions((0..<12).map { Interaction(user: $0 / 6, item: $0 % 6) }).data
    var trainer = ItemKNN()
    trainer.similarity = .cosine
    trainer.shrinkage = 0
    trainer.neighbors = 2
    var session = try trainer.makeSession(for: data, seed: 0, using: Parallel(threads: 1))
    _ = try session.runEpoch(using: Parallel(threads: 1))
    let weights = session.makeModel(using: Parallel(threads: 1)).weights
    let kept = (0..<6).map { item in (0..<6).filter { weights.weight(from: $0, to: item) > 0 } }
    #expect(kept == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1], [0, 1]])
  }
}
