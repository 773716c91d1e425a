import Foundation
import Kindred
import KindredStore
import Synchronization
import Testing

@testable import KindredServer

/// Models come and go under load.
@Suite struct SwapTests {
  @Test func twentySwapsUnderLoad() async throws {
    let test = try await TestServer()
    let seen = Mutex<[String: [(user: String, list: ListAnswer)]]>([:])
    let isDone = Atomic(false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<3 {
        group.addTask {
          var number = 0
          while !isDone.load(ordering: .relaxed) {
            let user = "p\((worker * 8 + number) % 24)"
            let answer = try await test.ask(.get, "/v1/users/\(user)/recommendations?limit=20")
            try #require(answer.status == 200)
            let list = try answer.json(ListAnswer.self)
            let model = try #require(list.model)
            if number % 5 == 0 { seen.withLock { $0[model, default: []].append((user, list)) } }
            number += 1
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
        isDone.store(true, ordering: .relaxed)
      }
      try await group.waitForAll()
    }
    #expect(test.server.engine.model?.name == "21")
    try await checkScores(seen.withLock { $0 }, test)
  }

  /// Scores recomputed from a model's file are those that were answered in its name.
  private func checkScores(_ seen: [String: [(user: String, list: ListAnswer)]], _ test: TestServer) async throws {
    var checked = 0
    for version in try await test.store.models() {
      let recommender = try Recommender<String, String>(contentsOf: version.path)
      for (user, list) in seen["\(version.number)"] ?? [] {
        let history = recommender.history(of: try #require(try await test.store.history(of: user)))
        let again = recommender.recommendations(for: [history], limit: 20)[0]
        #expect(again.map(\.item) == list.ids)
        #expect(again.map(\.score) == list.items.map(\.score))
        checked += 1
      }
    }
    #expect(checked > 0)
  }
}
