import Foundation
import Testing

@testable import KindredCLI

@Suite struct TrainTests {
  @Test(arguments: Fixtures.algorithms)
  func trainsEachAlgorithm(_ algorithm: String) throws {
    let folder = Folder()
    let outcome = try kindred("train", algorithm, "--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("Trained \(algorithm) in "))
    #expect(folder.names == ["m.kindred"])
    let list = try kindred("recommend", "--model", folder["m.kindred"], "p1", "--json")
    #expect(list.status == 0)
    #expect(try list.objects().isEmpty == false)
  }

  @Test func saysWhatItTrained() throws {
    let folder = Folder()
    let outcome = try kindred("train", "--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"], "--json")
    let object = try #require(try outcome.objects().first)
    #expect(
      fields(object) == [
        "bytes", "codes", "columns", "header", "items", "model", "ndcg@10", "ranking", "rating", "ratings", "seconds",
        "time_unit", "unused_columns", "users", "validation_ndcg@10", "validation_rmse",
      ])
    #expect(object["ranking"] as? String == "blend")
    #expect(object["rating"] as? String == "sgd")
    #expect(object["users"] as? Int == Fixtures.users)
    #expect(outcome.errors.contains("sgd: ") && outcome.errors.contains(" %, loss "))
    #expect(!outcome.errorLines.contains { $0.hasPrefix("blend") && $0.contains("loss") })
  }

  @Test func plainDescentPrintsEachLoss() throws {
    let folder = Folder()
    let outcome = try kindred(
      "train", "sgd", "--plain", "--epochs", "4", "--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"])
    // The first line says what the file was taken for.
    #expect(outcome.errorLines.count == 5)
    let losses = outcome.errorLines.dropFirst().enumerated().compactMap { number, line -> Double? in
      let start = "sgd: pass \(number + 1), loss "
      return line.hasPrefix(start) ? Double(line.dropFirst(start.count)) : nil
    }
    #expect(losses.count == 4)
    #expect(losses == losses.sorted(by: >))
  }

  @Test func thousandsOfPassesPrintTensOfLines() {
    let shown = (1...5000).filter { TrainingOutput.isShown(pass: $0, of: 5000) }
    #expect(shown == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000])
    #expect((1...20).allSatisfy { TrainingOutput.isShown(pass: $0, of: 20) })
  }

  @Test func warnsOfValuesThatDoNotDiffer() throws {
    let folder = Folder()
    let bought = folder.write((0..<60).map { "u\($0 % 12),i\($0 * 7 % 10)\n" }.joined(), to: "bought.csv")
    for (algorithm, warns) in [("sgd", true), ("implicit-als", false)] {
      let outcome = try kindred("train", algorithm, "--ratings", bought, "--model", folder["m.kindred"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("Warning: the values do not differ, so sgd has no ratings to learn") == warns)
    }
  }

  @Test(arguments: [[], ["als"], ["sgd", "--rank", "4"]])
  func theSameSeedGivesTheSameBytes(_ algorithm: [String]) throws {
    let folder = Folder()
    for threads in ["1", "2", "5"] {
      let arguments = [
        "--threads", threads, "--seed", "7", "--ratings", Fixtures.ratingsFile, "--model", folder[threads],
      ]
      #expect(try Command(["train"] + algorithm + arguments).finish().status == 0)
    }
    #expect(folder.bytes(of: "1").count > 1000)
    #expect(folder.bytes(of: "1") == folder.bytes(of: "2"))
    #expect(folder.bytes(of: "1") == folder.bytes(of: "5"))
    let other = ["--seed", "8", "--ratings", Fixtures.ratingsFile, "--model", folder["other"]]
    #expect(try Command(["train"] + algorithm + other).finish().status == 0)
    #expect(folder.bytes(of: "1") != folder.bytes(of: "other"))
  }

  @Test func fillsTheNotebook() throws {
    let folder = Folder()
    let settings = ["--rank", "3", "--epochs", "5000", "--learning-rate", "0.0002", "--regularization", "0.02"]
    let files = ["--ratings", Fixtures.notebook, "--model", folder["m.kindred"]]
    let training = try Command(["train", "sgd", "--plain"] + settings + files).finish()
    #expect(training.status == 0)
    #expect(training.errorLines.count == 19)
    let outcome = try kindred("complete", "--model", folder["m.kindred"], "--output", folder["matrix.csv"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "")
    #expect(try kindred("complete", "--model", folder["m.kindred"]).output == folder.text(of: "matrix.csv"))

    let rows = folder.text(of: "matrix.csv").split(separator: "\n").map { $0.split(separator: ",").map { String($0) } }
    let header = try #require(rows.first)
    #expect(header == ["user", "film1", "film2", "film4", "film3"])
    #expect(rows.count == 7 && rows.allSatisfy { $0.count == 5 })
    var filled: [String: Double] = [:]
    for row in rows.dropFirst() {
      for (film, value) in zip(header, row).dropFirst() { filled["\(row[0]),\(film)"] = Double(value) }
    }
    #expect(filled.count == 24)
    let known = try String(contentsOfFile: Fixtures.notebook, encoding: .utf8).split(separator: "\n").dropFirst()
    let errors = try known.map { line in
      let parts = line.split(separator: ",")
      return abs(try #require(filled["\(parts[0]),\(parts[1])"]) - (try #require(Double(parts[2]))))
    }
    #expect(errors.count == 16)
    #expect(errors.reduce(0, +) / 16 <= 0.14)
  }

  @Test func leavesOutWhatItIsToldTo() throws {
    let folder = Folder()
    let files = ["--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"], "--json"]
    let all = try Command(["train", "mean"] + files).finish().object()
    let high = try Command(["train", "mean", "--minimum-value", "4"] + files).finish().object()
    #expect(high["ratings"] as? Int ?? 0 > 0)
    #expect(high["ratings"] as? Int ?? 0 < all["ratings"] as? Int ?? 0)
    let none = try Command(["train", "mean", "--core", "1000"] + files).finish()
    #expect(none.status == 65)
    #expect(none.errors.hasSuffix("kindred: no rating is left after --minimum-value and --core\n"))
  }
}
