import Foundation
import Kindred
import KindredStore
import Testing

@testable import KindredServer

/// What is answered while no model may answer.
@Suite struct FirstModelTests {
  private struct Health: Decodable {
    var model: String?
    var training: Bool
    var note: String?
  }

  /// Ratings without any taste: the first model is worse than what is popular.
  private static func noise(seed: Int) -> [Feedback] {
    var state = UInt64(seed)
    let next = { (below: Int) -> Int in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % below
    }
    return (0..<200).flatMap { user in
      (0..<25).map { _ in
        // The product of two numbers makes some items popular.
        let item = next(60) * next(60) / 60
        return Feedback(user: "u\(user)", item: "\(item)", value: Float(1 + next(5)))
      }
    }
  }

  /// A server whose first model was refused.
  private func refused() async throws -> TestServer {
    for seed in 1...3 {
      let test = try await TestServer(users: 0)
      try await test.store.add(Self.noise(seed: seed), unknownItems: .made)
      let server = try await Server(test.store, logger: TestServer.logger)
      for await _ in await server.jobs.listen() {}
      if server.service.model == nil { return TestServer(sharing: test, server) }
    }
    throw NoneRefused()
  }

  private struct NoneRefused: Error {}

  /// How many users gave each item at least their damped mean, with five values at the mean of all.
  private static func likes(_ ratings: Interactions<String, String>) -> [String: Int] {
    let sum = { (rows: [Interaction<String, String>]) -> Float in rows.map(\.value).reduce(0, +) }
    let mean: Float = sum(Array(ratings)) / Float(ratings.count)
    var likes: [String: Int] = [:]
    for own in Dictionary(grouping: ratings, by: \.user).values {
      let least: Float = (sum(own) + 5 * mean) / Float(own.count + 5) - 1e-5
      for one in own where one.value >= least { likes[one.item, default: 0] += 1 }
    }
    return likes
  }

  @Test func whatIsPopularAnswersInPlaceOfARefusedModel() async throws {
    let test = try await refused()
    let health = try await test.ask(.get, "/health/ready").json(Health.self)
    #expect(health.model == nil && !health.training)
    #expect(health.note == "There is no model yet; lists show what is popular.")
    let list = try await test.ask(.get, "/v1/users/u1/recommendations?limit=5").json(ListAnswer.self)
    #expect(list.model == nil && list.basis == "popularity" && list.items.count == 5)
    let likes = Self.likes(try await test.store.snapshot().interactions)
    let scores: [Float] = list.items.map(\.score)
    let counts: [Float] = list.ids.map { Float(likes[$0] ?? 0) }
    #expect(scores == counts)
    #expect(scores == scores.sorted(by: >))
    #expect(try await test.ask(.get, "/api/recommend/u1?n=5").json([String].self) == list.ids)
    let stranger = try await test.ask(.post, "/v1/recommendations?limit=5", body: #"{"history":[]}"#)
      .json(ListAnswer.self)
    #expect(stranger.basis == "popularity" && stranger.items.count == 5)
  }

  @Test func aRefusedModelIsNotMadeAgainAtEveryRating() async throws {
    let test = try await refused()
    let background = BackgroundWork(
      service: test.server.service, jobs: test.server.jobs, accessControl: test.server.accessControl, schedule: .init())
    let before = try await test.store.models().count
    let work = Task { try await background.run() }
    for item in 1...5 {
      _ = try await test.ask(.put, "/v1/users/new/ratings/\(item)", body: #"{"value":4}"#)
      try await Task.sleep(for: .milliseconds(1100))
    }
    work.cancel()
    _ = await work.result
    #expect(try await test.store.models().count == before)
  }

  @Test func aTrainingThatFailsLeavesWhatIsPopular() async throws {
    let test = try await TestServer(users: 0)
    // Squares of such values overflow, so that the training diverges.
    try await test.store.add(
      TestServer.feedback(users: 24).map { one in
        var one = one
        one.value *= 1e30
        return one
      }, unknownItems: .made)
    let server = try await Server(test.store, logger: TestServer.logger)
    for await _ in await server.jobs.listen() {}
    try #require(server.service.model == nil)
    let list = try await TestServer(sharing: test, server).ask(.get, "/v1/users/p0/recommendations")
      .json(ListAnswer.self)
    #expect(list.basis == "popularity" && !list.items.isEmpty)
  }
}
