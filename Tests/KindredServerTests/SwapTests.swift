import Foundation
import Kindred
import KindredStore
import NIOConcurrencyHelpers
import Testing

@testable import KindredServer

/// Models come and go under load.
@Suite struct SwapTests {
  @Test func twentySwapsUnderLoad() async throws {
    let test = try await TestServer()
    let load = Load()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<3 {
        group.addTask {
          var number = 0
          while !load.isDone {
            let user = "p\((worker * 8 + number) % 24)"
            let answer = try await test.ask(.get, "/v1/users/\(user)/recommendations?limit=20")
            try #require(answer.status == 200)
            let list = try answer.json(ListAnswer.self)
            let model = try #require(list.model)
            if number % 5 == 0 { load.note(user, list, model) }
            number += 1
            // What is in memory is answered without a pause, and the training needs its turn.
            await Task.yield()
          }
        }
      }
      group.addTask {
        for swap in 0..<20 {
          let started = try await test.ask(.post, "/v1/train", body: "{\"seed\":\(swap)}")
          try #require(started.status == 202)
          let events = try await test.ask(.get, "/v1/train").text
          try #require(events.contains(#""current":true"#), "\(events)")
        }
        load.finish()
      }
      try await group.waitForAll()
    }
    #expect(test.server.service.model?.name == "21")
    try await checkScores(load.seen, test)
  }

  @Test func worseModelIsKeptAndNotServed() async throws {
    let test = try await TestServer(users: 120)
    #expect(test.server.service.model?.name == "1")
    let metrics = try #require(try await test.store.model(1)).metrics
    #expect(try #require(metrics["ndcg@10"]) > #require(metrics["popularity.ndcg@10"]) && metrics["rmse"] != nil)
    // The mean rating of a film says nothing of taste.
    _ = try await test.ask(.post, "/v1/train", body: #"{"algorithm":"bias"}"#)
    let events = try await test.ask(.get, "/v1/train").text
    #expect(events.contains(#""model":"2","current":false,"reason":"its NDCG@10 of"#), "\(events.suffix(300))")
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self).model == "1")
    #expect(try await test.ask(.put, "/v1/models/2/current").status == 204)
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self).model == "2")
  }

  @Test func keptModelsAnswerForOneUserSideBySide() async throws {
    let test = try await TestServer()
    #expect(try await test.ask(.post, "/v1/train", body: #"{"algorithm":"popularity"}"#).status == 202)
    try await test.ready()
    let lists = test.server.service.figures.figures["lists"]
    var answers: [ListAnswer] = []
    for number in 1...2 {
      let path = "/v1/models/\(number)/users/p0/recommendations?limit=20"
      answers.append(try await test.ask(.get, path).json(ListAnswer.self))
    }
    #expect(answers.map(\.model) == ["1", "2"] && answers[0].ids != answers[1].ids)
    #expect(test.server.service.figures.figures["lists"] == lists, "a list to look at is none that was served")
    let served = try await test.ask(.get, "/v1/users/p0/recommendations?limit=20").json(ListAnswer.self)
    #expect(served.model == "2" && served.ids == answers[1].ids)
    #expect(try await test.ask(.put, "/v1/models/1/current").status == 204)
    let former = try await test.ask(.get, "/v1/users/p0/recommendations?limit=20").json(ListAnswer.self)
    #expect(former.model == "1" && former.ids == answers[0].ids)
    // What the store no longer has is in no list.
    #expect(try await test.ask(.delete, "/v1/items/\(answers[1].ids[0])").status == 204)
    let without = try await test.ask(.get, "/v1/models/2/users/p0/recommendations?limit=20").json(ListAnswer.self)
    #expect(without.ids == Array(answers[1].ids.dropFirst()))
    #expect(try await test.ask(.get, "/v1/models/9/users/p0/recommendations").code == "unknown_model")
  }

  /// Scores recomputed from a model's file are those that were answered in its name.
  private func checkScores(_ seen: [String: [(user: String, list: ListAnswer)]], _ test: TestServer) async throws {
    var checked = 0
    for version in try await test.store.models() {
      let recommender = try await test.store.recommender(of: version)
      for (user, list) in seen["\(version.number)"] ?? [] {
        let history = UserView(try #require(try await test.store.history(of: user)), of: recommender).history
        let again = recommender.recommendations(for: [history], limit: 20)[0]
        #expect(again.map(\.item) == list.ids)
        #expect(again.map(\.score) == list.items.map(\.score))
        checked += 1
      }
    }
    #expect(checked > 0)
  }
}

/// The lists that were answered under load, by the model they named.
private final class Load: Sendable {
  private let state = NIOLockedValueBox((seen: [String: [(user: String, list: ListAnswer)]](), isDone: false))

  var isDone: Bool { state.withLockedValue { $0.isDone } }
  var seen: [String: [(user: String, list: ListAnswer)]] { state.withLockedValue { $0.seen } }

  func note(_ user: String, _ list: ListAnswer, _ model: String) {
    state.withLockedValue { $0.seen[model, default: []].append((user, list)) }
  }

  func finish() { state.withLockedValue { $0.isDone = true } }
}
