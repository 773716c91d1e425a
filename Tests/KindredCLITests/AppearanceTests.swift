import Foundation
import Kindred
import KindredReport
import Testing

@testable import KindredCLI

/// What users see.
@Suite struct AppearanceTests {
  static let verbs: [[String]] = [
    ["info", Fixtures.ratingsFile], ["info", Fixtures.model], ["recommend", "--model", Fixtures.model, "p1"],
    ["recommend", "--model", Fixtures.model, "p1", "--explain"],
    ["similar", "--model", Fixtures.model, "--item", "f1"], ["similar", "--model", Fixtures.model, "--user", "p1"],
    ["groups", "--model", Fixtures.model, "--count", "3"],
    ["predict", "--model", Fixtures.model, "--user", "p1", "--item", "f1"],
    ["evaluate", "bias", "--ratings", Fixtures.ratingsFile],
  ]

  @Test(arguments: verbs, ["40", "80", "160"])
  func fitsTheWindow(_ arguments: [String], _ columns: String) throws {
    let outcome = try Command(arguments, environment: ["COLUMNS": columns, "TERM": "xterm-256color"]).finish()
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("\u{1B}") && !outcome.errors.contains("\u{1B}"))
    let width = try #require(Int(columns))
    // A path that is longer than the window stands alone on its line.
    let lines = outcome.lines.filter { !$0.contains(Fixtures.folder.path) }
    #expect(!lines.isEmpty)
    for line in lines { #expect(line.count <= width, "\(line)") }
    for line in outcome.errorLines where !line.contains(Fixtures.folder.path) {
      #expect(line.count <= width, "\(line)")
    }
    #expect(!outcome.lines.contains { $0.hasSuffix(" ") })
  }

  @Test func resultsAndProgressGoSeparateWays() throws {
    let folder = Folder()
    let files = ["--ratings", Fixtures.ratingsFile, "--model", folder["m.kindred"]]
    let training = try Command(["train", "als"] + files).finish()
    #expect(training.lines.count >= 2 && training.output.hasPrefix("Trained als in "))
    #expect(training.output.contains(": 360 ratings, 30 users, 20 items.\nThe model is in "))
    #expect(training.errorLines.dropFirst().allSatisfy { $0.hasPrefix("als: ") })
    let evaluation = try kindred("evaluate", "als", "--ratings", Fixtures.ratingsFile)
    #expect(evaluation.errorLines.count >= 1)
    // What was read and how it is split come first.
    #expect(evaluation.errorLines.dropFirst(2).allSatisfy { $0.hasPrefix("als") })
    #expect(!evaluation.output.contains(" of 15"))
  }

  @Test func tablesGiveWay() {
    var cut = Table([("item", .left), ("title", .left), ("score", .right)], .cut(1))
    cut.append(["1", "A very long title that does not fit", "0.5"])
    #expect(cut.lines(width: 30) == ["item  title              score", "1     A very long titl…    0.5"])
    var wrapped = Table([("", .left), ("", .left)], .wrapped(1))
    wrapped.append(["what", "one two three four"])
    wrapped.append(["more", "x"])
    #expect(wrapped.lines(width: 18) == ["what  one two", "      three four", "more  x"])
    var parted = Table([("", .left), ("first", .right), ("second", .right)])
    parted.append(["a", "1", "2"])
    #expect(parted.lines(width: 12) == ["   first", "a      1", "", "   second", "a       2"])
    #expect(parted.lines(width: 80) == ["   first  second", "a      1       2"])
    parted.append(["b", "–", "3"])
    parted.removeEmptyColumns()
    #expect(parted.lines(width: 80)[0] == "   first  second")
    var empty = Table([("", .left), ("none", .right), ("some", .right)])
    empty.append(["a", "–", "1"])
    empty.append(["b", "", "–"])
    empty.removeEmptyColumns()
    #expect(empty.lines(width: 80) == ["   some", "a     1", "b     –"])
  }

  @Test func textFits() {
    #expect("Amélie".fitting(6) == "Amélie" && "Amélie!".fitting(6) == "Améli…")
    #expect("千と千尋".columns == 8 && "千と千尋".fitting(5) == "千と…")
    #expect("a\u{1B}[31m\tb".fitting(20) == "a [31m b")
    #expect("one two three".wrapped(7) == ["one two", "three"] && "long-word x".wrapped(4) == ["long-word", "x"])
    #expect("a,\"b\"\n".csv == "\"a,\"\"b\"\"\n\"" && "plain".csv == "plain")
    #expect(stars(3.6, on: 1...5) == "3.6 ★★★½" && stars(3.6, on: 1...10) == "3.6" && stars(0.2, on: nil) == "0.2")
    #expect([5, 4.5, -1, 1e20].map(plain) == ["5", "4.5", "-1", "1e+20"])
    #expect([0.5, 1.25, 59, 7200].map(duration) == ["0.50 s", "1.2 s", "59 s", "120 min"])
    #expect((-1234567).grouped == "-1,234,567" && 12.grouped == "12")
  }

  @Test func progressIsABarOnATerminalAlone() {
    var line = ProgressLine()
    let bar = line.text("sgd", 5, 10, "loss 1", isTerminal: true) ?? ""
    #expect(bar.hasPrefix("\r\u{1B}[Ksgd ━━━━━━━━━━──────────") && bar.contains("5/10"))
    let wasShown = [line.clear(), line.clear()]
    #expect(wasShown == [true, false])
    let lines = [1, 2, 9].map { line.text("als", $0, 9, "loss 1", isTerminal: false) }
    #expect(lines == ["als: 1 of 9, loss 1\n", nil, "als: 9 of 9, loss 1\n"])
  }

  @Test func aTrainingIsOneBarWithTheTimeLeft() {
    var progress = TrainingProgress(stage: .choosing, epoch: 2, epochs: 8)
    (progress.fraction, progress.secondsLeft) = (0.5, 30)
    var line = ProgressLine()
    let bar = line.text("blend", progress, "2 of 8", isTerminal: true) ?? ""
    #expect(bar == "\r\u{1B}[K━━━━━━━━━━────────── 50 %  blend  2 of 8")
    #expect(line.tick()?.contains("50 %") == true)
    var lines = ProgressLine()
    let texts = [0.5, 0.51, 0.9].map { fraction in
      progress.fraction = fraction
      return lines.text("blend", progress, "", isTerminal: false)
    }
    #expect(texts == ["blend: 50 %, about 30 s left\n", nil, nil])
  }
}
