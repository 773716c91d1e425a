import Foundation
import Testing

@testable import Kindred
@testable import KindredCLI

@Suite struct TuneTests {
  @Test func tunesAndNamesTheCommand() throws {
    let arguments = ["--trials", "4", "--rank", "3", "--epochs", "3", "--ratings", Fixtures.ratingsFile]
    let outcome = try Command(["tune", "als"] + arguments).finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(#/\n(Trial \d is the best|The defaults are the best): rmse 0?\.?\d/#))
    let command = try #require(outcome.output.range(of: "kindred train als"))
    let folder = Folder()
    let words = outcome.output[command.lowerBound...].split { " \\\n".contains($0) }.dropFirst().map {
      $0 == "FILE" ? folder["best.kindred"] : String($0)
    }
    #expect(try Command(words).finish().status == 0)
    // A window is wide enough for each line of the command but that of the path.
    #expect(outcome.lines.allSatisfy { $0.count <= 80 || $0.contains(Fixtures.folder.path) })
  }

  @Test func saysTheGainOverTheDefaults() {
    func trial(_ number: Int, _ cuts: Int, _ score: Double?) -> Tuner.Trial {
      Tuner.Trial(number: number, settings: [:], epochs: 1, cuts: cuts, score: score)
    }
    func verdict(_ trials: [Tuner.Trial]) -> String {
      Tune.verdict(on: trials[0], trials[0].score ?? 0, Tuner.Result(trials: trials, metric: "rmse"))
    }
    #expect(
      verdict([trial(3, 3, 0.9), trial(0, 3, 0.95)])
        == "Trial 3 is the best: rmse 0.9000, 0.0500 better than the defaults.")
    #expect(verdict([trial(3, 3, 0.9), trial(0, 1, 0.95)]) == "Trial 3 is the best: rmse 0.9000.")
    #expect(verdict([trial(0, 3, 0.9)]) == "The defaults are the best: rmse 0.9000.")
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
