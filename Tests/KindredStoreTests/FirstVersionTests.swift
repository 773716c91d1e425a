import Foundation
import Kindred
import KindredJSON
import Testing

@testable import KindredStore

/// A store that the first version filled holds for later versions what it held for the first.
///
/// `Tests/Fixtures/make-v1.sh` made it, and wrote down what the first version's server and command said of it.
@Suite struct FirstVersionTests {
  private let folder = Folder()
  private let store: any Store

  /// Opens a copy, since opening a store may change it.
  init() async throws {
    for name in ["films.sqlite", "films.models"] {
      try FileManager.default.copyItem(atPath: Self.source + name, toPath: folder[name])
    }
    store = try await openStore(at: folder["films.sqlite"])
  }

  private static let source = URL(filePath: #filePath).deletingLastPathComponent().path + "/../Fixtures/v1/store/"

  private func text(_ name: String) throws -> String { try String(contentsOfFile: Self.source + name, encoding: .utf8) }

  private func answer<Answer: Decodable>(_ name: String, as type: Answer.Type) throws -> Answer {
    try JSON(parsing: text(name)).decoded(as: type)
  }

  @Test func theDumpIsTheSame() async throws {
    var lines: [String] = []
    try await store.dump { lines.append($0) }
    #expect(lines.count > 100)
    #expect(lines == (try text("dump.jsonl").split(separator: "\n").map(String.init)))
  }

  @Test func theItemsAreTheSame() async throws {
    struct Items: Decodable {
      struct Item: Decodable, Equatable {
        var item: String
        var title: String?
        var genres: [String]
        var attributes: JSON
        var hidden: Bool
        var time: Timestamp?
      }
      var items: [Item]
    }
    func rows(_ page: StorePage<StoredItem>) -> [Items.Item] {
      page.elements.map {
        Items.Item(
          item: $0.id, title: $0.title, genres: $0.genres, attributes: $0.attributes.json, hidden: $0.isHidden,
          time: $0.time.map { $0 / 1_000_000 })
      }
    }
    let expected = try answer("items.json", as: Items.self).items
    #expect(expected.count == 17 && expected.filter(\.hidden).map(\.item) == ["i13", "i4", "i7"])
    #expect(rows(try await store.items(after: nil, limit: 100)) == expected)
    let found = try answer("search.json", as: Items.self).items
    #expect(found.count == 8)
    #expect(rows(try await store.items(matching: "dra", after: nil, limit: 100)) == found)
  }

  @Test func theUsersAreTheSame() async throws {
    struct Users: Decodable {
      struct User: Decodable, Equatable {
        var user: String
        var attributes: JSON
        var comment: String
      }
      var users: [User]
    }
    let expected = try answer("users.json", as: Users.self).users
    #expect(expected.count == 13 && !expected.contains { $0.user == "u12" })
    let users = try await store.users(after: nil, limit: 100).elements
    #expect(users.map { Users.User(user: $0.id, attributes: $0.attributes.json, comment: $0.comment) } == expected)
  }

  @Test func theModelsAreTheSame() async throws {
    struct Models: Decodable {
      struct Model: Decodable, Equatable {
        var model: String
        var current: Bool
        var made: Timestamp
        var algorithms: [String]
        var parameters: [String: String]
        var seed: String
        var ratings: Int
        var seconds: Double?
      }
      var models: [Model]
    }
    let expected = try answer("models.json", as: Models.self).models
    #expect(expected.map(\.model) == ["3", "2", "1"] && expected[0].seconds != nil)
    let models = try await store.models()
    let rows = models.map {
      Models.Model(
        model: "\($0.number)", current: $0.isCurrent, made: $0.made / 1_000_000,
        algorithms: $0.trainer.split(separator: ", ").map(String.init), parameters: $0.parameters, seed: $0.seed,
        ratings: $0.interactions, seconds: $0.metrics["seconds"])
    }
    #expect(rows == expected)
    #expect(try await store.currentModel()?.number == 2)
    // What a server trains holds no user; the deleted one is in no model.
    var users: [Int] = []
    for model in models {
      let recommender = try await store.recommender(of: model)
      users.append(recommender.users.count)
      #expect(!recommender.knows(user: "u12"))
    }
    #expect(users == [0, 12, 12])
  }

  @Test func theKeysOpenIt() async throws {
    let keys = try text("keys.txt").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(keys.count == 2)
    for key in keys { #expect(try await store.key(key[1])?.role.rawValue == key[0]) }
    #expect(try await store.keys().map(\.role.rawValue) == keys.map { $0[0] })
    #expect(try await store.key("kindred_0") == nil)
  }

  /// Rows are added where the first version left off: no number of a deleted user or model is used again.
  @Test func itTakesMore() async throws {
    try await store.add([Feedback(user: "later", item: "i2", value: 4, time: 1_700_000_000_000_000)])
    let snapshot = try await store.snapshot()
    let trainer = try Algorithm.popularity.trainer()
    let recommender = try await Recommender.train(on: snapshot.interactions, ranking: trainer)
    #expect(try await store.add(recommender, trainedOn: snapshot.mark).number == 4)
    #expect(try await store.deleteUser("u1")?.models == [1, 2, 4])
    #expect(try await store.history(of: "later")?.map(\.value) == [4])
  }
}
