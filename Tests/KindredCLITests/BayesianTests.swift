import Foundation
import Testing

@Suite struct BayesianTests {
  private static let settings = ["--rank", "3", "--epochs", "30", "--samples", "6"]

  @Test func deviationsAreShown() throws {
    let folder = Folder()
    let users = folder.write(
      "userId,sex,town\n" + (1...Fixtures.users).map { "p\($0),\($0 % 2 == 0 ? "f" : "m"),t\($0 % 3)\n" }.joined(),
      to: "people.csv")
    let trained = try Command(
      [
        "train", "bayesian", "--probit", "--ratings", Fixtures.ratingsFile, "--items", Fixtures.itemsFile, "--users",
        users,
      ]
        + ["--model", folder["m.kindred"]] + Self.settings
    ).finish()
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("bayesian: "))
    #expect(folder.names == ["input", "m.kindred", "people.csv"] || folder.names == ["m.kindred", "people.csv"])

    let pair = try kindred("predict", "--model", folder["m.kindred"], "--user", "p1", "--item", "f2", "--json").object()
    let deviation = try #require(pair["deviation"] as? Double)
    #expect(deviation > 0.05 && deviation < 2.5)
    let table = try kindred("predict", "--model", folder["m.kindred"], "--user", "p1", "--item", "f2")
    #expect(table.output.contains("±") && table.output.contains("80 % between"))

    let list = try kindred("recommend", "--model", folder["m.kindred"], "p1", "--limit", "2", "--json").objects()
    #expect(list.count == 2 && list.allSatisfy { $0["deviation"] is Double && $0["rating"] is Double })
    let shown = try kindred("recommend", "--model", folder["m.kindred"], "p1", "--limit", "2")
    #expect(shown.output.contains("±"))
    let stranger = try kindred("recommend", "--model", folder["m.kindred"], "--history", "f1:5", "--limit", "2")
    #expect(stranger.output.contains("not sure yet"))
  }

  @Test func killedTrainingGoesOnToTheSameBytes() throws {
    let folder = Folder()
    func arguments(_ model: String) -> [String] {
      ["train", "bayesian", "--ratings", Fixtures.ratingsFile, "--model", folder[model], "--checkpoint-every", "0s"]
        + ["--rank", "3", "--epochs", "400", "--samples", "6"]
    }
    #expect(try Command(arguments("whole.kindred")).finish().status == 0)
    let killed = try Command(arguments("killed.kindred"))
    while !folder.names.contains("killed.kindred.checkpoint") { usleep(500) }
    killed.kill()
    #expect(killed.finish().status == nil)
    #expect(!folder.names.contains("killed.kindred"))
    let resumed = try Command(arguments("killed.kindred")).finish()
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(!resumed.errors.contains("bayesian: 1 of 400"))
    #expect(folder.bytes(of: "killed.kindred") == folder.bytes(of: "whole.kindred"))
    #expect(folder.names.filter { $0.hasPrefix("killed") } == ["killed.kindred"])
  }

  @Test func featuresThatAreNotThereAreNamed() throws {
    let folder = Folder()
    let outcome = try kindred(
      "train", "bayesian", "--features", "user,item,moon", "--ratings", Fixtures.ratingsFile, "--model",
      folder["m.kindred"])
    #expect(outcome.status == 64 && outcome.errors.contains("there is no feature 'moon'"))
  }

  @Test func aFileOfUsersWithoutIdsIsBadData() throws {
    let users = Folder()
    users.write("userId,sex\n,f\n", to: "people.csv")
    let outcome = try kindred(
      "evaluate", "mean", "--ratings", Fixtures.ratingsFile, "--users", users["people.csv"])
    #expect(outcome.status == 65 && outcome.errors.contains("the user id is empty"))
  }
}
