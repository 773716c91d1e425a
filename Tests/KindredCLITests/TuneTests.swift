import Foundation
import Testing

@Suite struct TuneTests {
  @Test func tunesAndNamesTheCommand() throws {
    let arguments = ["--trials", "4", "--rank", "3", "--epochs", "3", "--ratings", Fixtures.ratingsFile]
    let outcome = try Command(["tune", "als"] + arguments).finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let command = try #require(outcome.output.split(separator: "\n").last { $0.contains("kindred train als") })
    let folder = Folder()
    let words = command.split(separator: " ").dropFirst().map(String.init).map {
      $0 == "FILE" ? folder["best.kindred"] : $0
    }
    #expect(try Command(words).finish().status == 0)
  }

  @Test func countsTheTrialsThatWereAskedFor() throws {
    let arguments = ["--trials", "4", "--rank", "3", "--epochs", "2", "--ratings", Fixtures.ratingsFile, "--json"]
    let outcome = try Command(["tune", "als"] + arguments).finish()
    #expect(outcome.errorLines.contains("tuning als: 4 of 4"), "\(outcome.errors)")
    #expect(outcome.errorLines.contains("measuring the best: 3 of 3"))
    #expect(!outcome.errors.contains("of 7"))
  }

  @Test func printsAnObjectPerTrial() throws {
    let arguments = ["--budget", "1s", "--rank", "3", "--epochs", "2", "--ratings", Fixtures.ratingsFile, "--json"]
    let objects = try Command(["tune", "implicit-als"] + arguments).finish().objects()
    #expect(!objects.isEmpty)
    for object in objects {
      #expect(Set(object.keys) == ["trial", "algorithm", "settings", "epochs", "cuts", "metric", "score"])
      #expect(object["metric"] as? String == "ndcg@10")
    }
  }

  @Test(arguments: [
    ["tune", "als", "--trials", "0"], ["tune", "als", "--budget", "soon"], ["tune", "mean"], ["tune", "ease-less"],
    ["tune", "als", "--trials", "3", "--budget", "1m"],
  ])
  func refusesWhatMakesNoSense(_ arguments: [String]) throws {
    let outcome = try Command(arguments + ["--ratings", Fixtures.ratingsFile]).finish()
    #expect(outcome.status == 64)
    #expect(outcome.output == "")
  }
}
