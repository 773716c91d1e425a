import Foundation
import Kindred
import KindredStore
import Testing

@testable import KindredServer

/// Trainings end: by themselves, when they are cancelled, or after a while.
@Suite struct TrainingTests {
  /// Runs for about a minute, were it not for its end.
  private static let long = #"{"algorithm":"sgd","settings":{"plain":true,"epochs":100000}}"#

  private func lastEvent(_ test: TestServer) async -> TrainingJobs.Event? {
    var last: TrainingJobs.Event?
    for await event in await test.server.jobs.listen() { last = event }
    return last
  }

  @Test func theFirstModelIsTheDefault() async throws {
    let test = try await TestServer()
    let recommender = try #require(test.server.service.model).recommender
    #expect(recommender.provenance.ranking?.algorithm == "blend" && recommender.provenance.rating?.algorithm == "sgd")
    #expect(recommender.rule.positive == .liked && recommender.rule.reference != nil)
    // A further model keeps the rule.
    #expect(try await test.ask(.post, "/v1/train", body: #"{"algorithm":"popularity"}"#).status == 202)
    #expect(await lastEvent(test)?.name == "done")
    #expect(test.server.service.model?.recommender.rule == recommender.rule)
  }

  @Test func countsHaveNoStars() async throws {
    let test = try await TestServer(users: 0)
    let plays = TestServer.feedback(users: 24).enumerated().map { place, one in
      var one = one
      one.value = Float(1 << (place % 17))
      return one
    }
    try await test.store.add(plays, unknownItems: .made)
    let server = TestServer(sharing: test, try await Server(test.store, logger: TestServer.logger))
    #expect(await lastEvent(server)?.name == "done")
    let recommender = try #require(server.server.service.model).recommender
    #expect(recommender.ratingModel == nil && recommender.rule.dampsCounts)
    let list = try await server.ask(.get, "/v1/users/p0/recommendations").json(ListAnswer.self)
    #expect(list.basis == "history" && !list.items.isEmpty && list.items.allSatisfy { $0.rating == nil })
  }

  /// A figure of a random cut is no bound for one of a cut in time.
  @Test(arguments: [0.0, 1]) func aModelIsComparedWithinCutsOfOneKind(cut: Double) async throws {
    let test = try await TestServer(users: 120)
    let version = try #require(try await test.store.currentModel())
    let kind = try #require(version.metrics["cut_in_time"])
    let recommender = try await test.store.recommender(of: version)
    let best = try await test.store.add(
      recommender, trainedOn: test.store.snapshot().mark,
      metrics: ["ndcg@10": 1, "cut_in_time": kind + 1 - cut])
    #expect(try await test.ask(.post, "/v1/train", body: "{}").status == 202)
    let last = try #require(await lastEvent(test))
    #expect(last.data["current"]?.text() == (cut == 1 ? "false" : "true"), "\(last.data) after \(best.number)")
  }

  @Test func theProgressIsOneOfTheWholeTraining() async throws {
    let test = try await TestServer(users: 120)
    #expect(try await test.ask(.post, "/v1/train", body: #"{"algorithm":"ease"}"#).status == 202)
    var steps: [(algorithm: String, stage: String, fraction: Double)] = []
    for await event in await test.server.jobs.listen() where event.name == "progress" {
      let left = try #require(event.data["seconds_left"]?.text())
      #expect(try #require(Double(left)) >= 0)
      let fraction = try #require(Double(event.data["fraction"]?.text() ?? ""))
      steps.append((event.data["algorithm"]?.text() ?? "", event.data["stage"]?.text() ?? "", fraction))
    }
    let fractions = steps.filter { $0.stage != "\"comparing\"" }.map(\.fraction)
    #expect(fractions == fractions.sorted() && fractions.allSatisfy { (0...1).contains($0) })
    // The ranking and the ratings are measured, and then trained.
    #expect(Set(steps.map(\.algorithm)) == ["\"ease\"", "\"sgd\""])
    #expect(steps.contains { $0.stage == "\"validating\"" } && steps.contains { $0.stage == "\"training\"" })
  }

  @Test func everyAlgorithmIsOffered() async throws {
    struct Models: Decodable {
      struct One: Decodable { var algorithm: String; var settings: [String: String] }
      var algorithms: [One]
    }
    let test = try await TestServer(users: 0)
    let algorithms = try await test.ask(.get, "/v1/models").json(Models.self).algorithms
    #expect(Set(algorithms.map(\.algorithm)) == Set(Algorithm.allCases.map(\.rawValue)))
    #expect(algorithms[0].algorithm == "blend" && algorithms[0].settings["budget"] == "20")
    // What is offered is taken as it is.
    for one in algorithms { _ = try Algorithm(rawValue: one.algorithm)?.trainer(setting: one.settings) }
  }

  @Test func aTrainingCanBeCancelled() async throws {
    let test = try await TestServer()
    #expect(try await test.ask(.delete, "/v1/train").code == "no_training")
    #expect(try await test.ask(.post, "/v1/train", body: Self.long).status == 202)
    #expect(try await test.ask(.post, "/v1/train").status == 409)
    #expect(try await test.ask(.delete, "/v1/train").status == 204)
    let last = try #require(await lastEvent(test))
    #expect(last.name == "failed" && last.data["error"]?.text() == "\"the training was cancelled\"")
    #expect(last.data["cancelled"]?.text() == "true")
    #expect(try await test.ask(.get, "/v1").text.contains(#""model":"1""#), "the former model answers")
    #expect(try await test.ask(.post, "/v1/train", body: #"{"algorithm":"popularity"}"#).status == 202)
    #expect(await lastEvent(test)?.name == "done")
  }

  @Test func aTrainingIsGivenUpAfterAWhile() async throws {
    var settings = Server.Settings()
    settings.limits.trainingTime = .milliseconds(500)
    let test = try await TestServer(users: 0, settings: settings)
    try await test.store.add(TestServer.feedback(users: 24), unknownItems: .made)
    #expect(try await test.ask(.post, "/v1/train", body: Self.long).status == 202)
    let last = try #require(await lastEvent(test))
    #expect(last.name == "failed" && last.data["error"]?.text().contains("longer than this server allows") == true)
  }

  @Test(arguments: [
    #"{"algorithm":"bias","settings":{"epochs":-1}}"#, #"{"algorithm":"bias","settings":{"epochs":1000000000}}"#,
    #"{"algorithm":"blend","settings":{"budget":9223372036854775807}}"#,
    #"{"algorithm":"blend","settings":{"budget":3.4e38}}"#, #"{"algorithm":"blend","settings":{"rank":-1}}"#,
    #"{"algorithm":"implicit-als","settings":{"epochs":2147483648}}"#,
    #"{"algorithm":"als","settings":{"epochs":9000000000000000000}}"#,
    #"{"algorithm":"sgd","settings":{"epochs":9000000000000000000}}"#,
    #"{"algorithm":"bayesian","settings":{"samples":9223372036854775807}}"#,
    #"{"algorithm":"graph-filter","settings":{"rank":9223372036854775807}}"#,
    #"{"algorithm":"ease","settings":{"neighbors":9223372036854775807}}"#,
    #"{"algorithm":"item-knn","settings":{"neighbors":9223372036854775807}}"#,
  ]) func settingsHaveBounds(body: String) async throws {
    let test = try await TestServer(users: 0)
    let answer = try await test.ask(.post, "/v1/train", body: body)
    #expect(answer.status == 400 && answer.code == "invalid_setting", "\(answer.text)")
  }

  @Test func valuesThatOverflowWhenSquaredMakeNoGroupFail() async throws {
    let test = try await TestServer(users: 0)
    var feedback = TestServer.feedback(users: 24)
    feedback[5].value = 1e20
    try await test.store.add(feedback, unknownItems: .made)
    for algorithm in ["sgd", "ease", "popularity"] {
      #expect(try await test.ask(.post, "/v1/train", body: #"{"algorithm":"\#(algorithm)"}"#).status == 202)
      for await _ in await test.server.jobs.listen() {}
      for path in ["/v1/groups?count=3", "/v1/map", "/v1/users/p0/position", "/v1/users/p0/starters"] {
        let answer = try await test.ask(.get, path)
        #expect(answer.status == 200 && !answer.text.contains("nan"), "\(algorithm) \(path): \(answer.text)")
      }
    }
  }
}
