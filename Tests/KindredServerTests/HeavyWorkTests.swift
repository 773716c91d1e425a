import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import KindredServer

/// Costly requests keep no others waiting.
@Suite struct HeavyWorkTests {
  @Test func costlyRequestsLeaveTheOthersAThread() async throws {
    let test = try await TestServer(users: 0)
    let heavyWork = test.server.service.heavyWork
    let isOver = NIOLockedValueBox(false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<(2 * ProcessInfo.processInfo.activeProcessorCount) {
        group.addTask {
          try await heavyWork.run { while !isOver.withLockedValue({ $0 }) { Thread.sleep(forTimeInterval: 0.001) } }
        }
      }
      try await Task.sleep(for: .milliseconds(50))
      #expect(try await test.ask(.get, "/health/live").status == 200)
      #expect(try await test.ask(.get, "/v1").status == 200)
      isOver.withLockedValue { $0 = true }
      try await group.waitForAll()
    }
  }

  @Test func moreThanTheBoundAreRefused() async throws {
    var settings = Server.Settings()
    settings.limits.costlyRequests = 1
    let test = try await TestServer(settings: settings)
    let isOver = NIOLockedValueBox(false)
    let list = "/v1/users/p0/recommendations?explain=true"
    async let busy: Void = test.server.service.heavyWork.run {
      while !isOver.withLockedValue({ $0 }) { Thread.sleep(forTimeInterval: 0.001) }
    }
    try await Task.sleep(for: .milliseconds(50))
    let refused = try await test.ask(.get, list)
    #expect(refused.status == 503 && refused.code == "overloaded" && refused.headers[.retryAfter] == "1")
    #expect(try await test.ask(.get, "/v1/users/p0/recommendations").status == 200, "a plain list is cheap")
    isOver.withLockedValue { $0 = true }
    try await busy
    #expect(try await test.ask(.get, list).status == 200)
  }

  @Test func theReasonsOfAListCostLittleMoreThanThoseOfAnItem() async throws {
    let test = try await TestServer()
    let settings = #"{"budget":0,"factorWeight":1,"graphWeight":0.5}"#
    _ = try await test.ask(.post, "/v1/train", body: #"{"algorithm":"blend","settings":\#(settings)}"#)
    for await _ in await test.server.jobs.listen() {}
    let history = (1...10).map { #"{"item":"\#($0)","value":5}"# }.joined(separator: ",")
    let time = { (limit: Int) async throws -> Duration in
      let clock = ContinuousClock()
      return try await clock.measure {
        let answer = try await test.ask(
          .post, "/v1/recommendations?explain=true&limit=\(limit)", body: #"{"history":[\#(history)]}"#)
        #expect(try answer.json(ListAnswer.self).items.count == limit)
      }
    }
    // In turn, since other tests run beside this one.
    var (one, ten) = (try await time(1), try await time(10))
    for _ in 0..<20 { (one, ten) = (min(one, try await time(1)), min(ten, try await time(10))) }
    #expect(ten < one * 4, "one item \(one), ten \(ten)")
  }
}
