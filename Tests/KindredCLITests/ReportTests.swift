import Foundation
import Kindred
import Testing

@testable import KindredCLI
@testable import KindredReport

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The page that `evaluate --report` writes.
@Suite struct ReportTests {
  /// Runs an evaluation that writes a page, and reads the page.
  private func page(
    _ arguments: String..., ratings: String = Fixtures.ratingsFile, in folder: Folder = Folder()
  ) throws -> Page {
    let outcome = try Command(
      ["evaluate"] + arguments + ["--ratings", ratings, "--report", folder["report.html"]]
    ).finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.last == "The report is in \(folder["report.html"]).")
    #expect(folder.names.filter { $0.hasSuffix(".tmp") } == [])
    return try Page(folder.text(of: "report.html"))
  }

  /// Enough ratings for a validation cut.
  private static let manyRatings = (0..<3000).map { "p\($0 / 40),f\($0 * 7 % 61),\(1 + ($0 * 5 + $0 / 40) % 5)\n" }
    .joined()

  @Test func holdsEverySection() throws {
    let folder = Folder()
    let ratings = folder.write(Self.manyRatings, to: "r.csv")
    let page = try page("als", "implicit-als", "--cutoffs", "3,7", "--details", ratings: ratings)
    #expect(
      page.texts(of: "h2") == [
        "Results", "Cost and quality", "Dislikes", "Uncertainty", "Learning",
        "Activity and popularity", "Calibration", "Users and their lists", "Data", "Reproduction",
      ])
    #expect(page.texts(of: "h1") == ["r.csv"] && page.count(of: "main") == 1)
    #expect(page.attributes(of: "html") == [["lang": "en"]])
    let captions = page.texts(of: "caption").map { $0.trimmingCharacters(in: .whitespaces) }
    for caption in [
      "Rating errors, and MRR of whole lists", "Lists of 3", "Lists of 7", "NDCG@3 by activity",
      "Recall@3 by popularity", "Parameters, epochs and times",
    ] { #expect(captions.contains(caption), "\(captions)") }
    for title in [
      "RMSE of ratings", "NDCG@3 of lists", "NDCG@3 by time of training", "als: validation RMSE", "als: loss",
      "implicit-als: loss", "Ratings by value",
    ] { #expect(page.drawings.contains { $0.hasPrefix(title + ": ") }, "\(page.drawings)") }
    #expect(page.texts(of: "summary").starts(with: ["Lists of 7", "als", "als, per epoch", "implicit-als"]))
    let maker = #/made by Kindred [0-9.]+ with [0-9]+ threads? on .*[0-9]+ cores?, .* of memory/#
    #expect(page.texts(of: "p").contains { $0.contains(maker) })
    #expect(page.texts(of: "pre").first?.hasPrefix("kindred evaluate als implicit-als \\\n  --cutoffs 3,7 ") == true)
  }

  @Test func showsTheFiguresOfTheEvaluation() throws {
    let folder = Folder()
    let arguments = ["evaluate", "als", "--rank", "3", "--epochs", "2", "--ratings", Fixtures.ratingsFile, "--json"]
    let outcome = try Command(arguments + ["--report", folder["report.html"]]).finish()
    let objects = try outcome.objects()
    #expect(objects.count == 5 && outcome.lines.count == 5)
    let cells = try Page(folder.text(of: "report.html")).texts(of: "td")
    for object in objects {
      for name in ["rmse", "mae", "mrr", "ndcg@10", "recall@20", "recall_min@20", "map@10", "coverage@10", "gini@20"] {
        guard let value = object[name] as? Double else { continue }
        #expect(cells.contains { $0.hasPrefix(String(format: "%.4f", value)) }, "\(name) \(value)")
      }
    }
  }

  @Test func showsItemsThatWereHeldOutWhole() throws {
    let folder = Folder()
    let items = folder.write(
      "item,title,genres\n" + (0..<61).map { "f\($0),Film \($0),\(["war", "love", "space"][$0 % 3])\n" }.joined(),
      to: "items.csv")
    let ratings = folder.write(Self.manyRatings, to: "r.csv")
    let page = try page(
      "blend", "--items", items, "--cold-items", "0.2", "--cutoffs", "5", ratings: ratings, in: folder)
    #expect(page.texts(of: "h2").contains("New items"))
    let titles = page.texts(of: "th")
    for title in ["warm items: NDCG@5", "cold items: NDCG@5", "cold among all: NDCG@5"] {
      #expect(titles.contains(title), "\(titles)")
    }
  }

  @Test func showsWhatTheDataHolds() throws {
    let page = try page("bias")
    let cells = page.texts(of: "td")
    for cell in [
      "360", "30, half with 12 ratings or more", "20, half with 18 ratings or more", "60.00 %",
      "1998-07-09 to 1998-07-10",
    ] { #expect(cells.contains(cell), "\(cells)") }
    let training = try kindred("info", Fixtures.model, "--json").object()["training"] as? [String: String]
    let fingerprint = try #require(training?["fingerprint"])
    #expect(cells.contains("\(fingerprint), equal for equal ratings"))
    #expect(page.drawings.contains { $0.hasPrefix("Ratings by value: 360 ratings: 1 ") })
  }

  @Test func showsTheListsOfThreeUsers() async throws {
    let ratings = try InteractionReader().read([Fixtures.ratingsFile]).0 as Interactions<String, String>
    let folds = ratings.evaluationFolds(try Split(parsing: "random:0.2"), seed: 0)
    var results: [Evaluation] = []
    for algorithm in [Algorithm.mean, .ease, .popularity] {
      results.append(try await Evaluator(cutoffs: [5]).evaluation(of: algorithm.trainer(), on: folds))
    }
    let users = ExampleUser.all(in: results, of: folds[0])
    #expect(Set(users.map(\.name)).count == 3)
    for user in users {
      let known = folds[0].train.filter { $0.user == user.name }
      #expect(user.history == known.reversed().map { "\($0.item) (\(Int($0.value)))" })
      #expect(Set(user.relevant) == Set(folds[0].test.filter { $0.user == user.name }.map(\.item)))
      #expect(user.lists.map(\.algorithm) == ["ease", "popularity"])
      for list in user.lists {
        #expect(list.items.count == 5 && Set(list.items.map(\.title)).isDisjoint(with: known.map(\.item)))
        #expect(list.items.allSatisfy { $0.isHit == user.relevant.contains($0.title) })
      }
    }
    let report = EvaluationReport(split: "random:0.2", cutoffs: [5], results: results, seed: 0, threads: nil)
    #expect(report.gainOverPopularity?.hasPrefix("The lists of ease have ") == true)
    let page = try Page(
      HTMLReport(report: report, dataSet: "r", command: ["kindred"], version: "1", examples: users).page())
    #expect(page.texts(of: "h3").filter { $0.hasPrefix("User ") } == users.map { "User \($0.name)" })
    let hits = users.flatMap { $0.lists.flatMap { $0.items.filter(\.isHit) } }
    #expect(page.texts(of: "strong").filter { $0.hasSuffix(" held out") } == hits.map { "\($0.title) held out" })
  }

  @Test func flatCurvesAreNotDrawn() {
    let report = EvaluationReport(split: "random:0.2", cutoffs: [5], results: [], seed: 0, threads: nil)
    let steps = { (loss: Float) in
      (1...3).map { TrainingProgress(stage: .training, epoch: $0, epochs: 3, loss: loss * Float($0)) }
    }
    #expect(ReportFigures(report: report).curves(steps(0), of: "als").isEmpty)
    #expect(ReportFigures(report: report).curves(steps(1), of: "als").count == 1)
  }

  @Test func isAccessible() throws {
    let page = try page("als", "--epochs", "2")
    let header = page.attributes(of: "th")
    #expect(!header.isEmpty && header.allSatisfy { ["row", "col"].contains($0["scope"]) })
    let drawings = page.attributes(of: "svg")
    #expect(drawings.count >= 4)
    #expect(drawings.allSatisfy { $0["role"] == "img" && ($0["aria-label"] ?? "").count > 20 })
    #expect(page.count(of: "caption") == page.count(of: "table") && page.count(of: "table") >= 6)
  }

  @Test func needsNothingElse() throws {
    let page = try page("als", "--epochs", "2")
    for word in ["http", "src=", "<script", "url(", "@import", "onload"] { #expect(!page.text.contains(word)) }
    #expect(page.attributes(of: "link") == [["rel": "icon", "href": "data:,"]])
    for value in ["nan", "inf", "-0."] {
      #expect(!page.text.contains("\"\(value)") && !page.text.contains(">\(value)"))
    }
    #expect(page.text.utf8.count < 60_000)
  }

  @Test(arguments: [
    "<img src=x onerror=alert(1)>.csv", "a\" onmouseover=\"x.csv", "it's & <b>$(x) `y` \\.csv", "\u{1}\u{1B}[31m.csv",
    "]]>--><!--.csv", "{{\u{202E}}}\u{7F}é🎬.csv",
  ])
  func showsHostileTextAsText(_ name: String) throws {
    let folder = Folder()
    let page = try page("bias", ratings: folder.write(Fixtures.ratings, to: name))
    let shown = String(
      String.UnicodeScalarView(name.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "\u{FFFD}" : $0 }))
    #expect(page.texts(of: "h1") == [shown])
    #expect(page.count(of: "img") == 0 && page.count(of: "b") == page.count(of: "caption") + page.count(of: "figure"))
    #expect(!page.names.contains { $0.hasPrefix("on") })
    #expect(page.texts(of: "pre").first?.contains(shellCommand([folder[name]])) == true)
  }

  @Test func commandsCanBePasted() throws {
    let words = ["kindred", "a b", "it's", "$HOME", "", "--x", "--", "-y", "a\nb\t'\\", "é", "*", "~"]
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    let pasted = shellCommand(words)
    #expect(pasted.hasPrefix("kindred 'a b' 'it'\\''s' '$HOME' '' \\\n  --x -- -y $'a\\x0ab"))
    shell.arguments = ["-c", "printf '%s\\0' " + pasted]
    let pipe = Pipe()
    shell.standardOutput = pipe
    try shell.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(output.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map { String($0) } == words)
  }

  @Test func doesWithoutRatings() throws {
    let folder = Folder()
    let pairs = Fixtures.ratings.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").prefix(2).joined(separator: ",") + "\n"
    }
    let page = try page("implicit-als", "--epochs", "3", ratings: folder.write(pairs.joined(), to: "pairs.csv"))
    #expect(
      page.texts(of: "h2") == [
        "Results", "Cost and quality", "Uncertainty", "Learning", "Activity and popularity", "Users and their lists",
        "Data", "Reproduction",
      ])
    #expect(!page.drawings.contains { $0.contains("RMSE") || $0.contains("by value") })
    #expect(page.texts(of: "dt") == ["Orders lists best"])
    #expect(page.texts(of: "td").contains("–"))
  }

  @Test(arguments: [Algorithm.mean, .popularity, .als])
  func doesWithOneAlgorithm(_ algorithm: Algorithm) async throws {
    let ratings = try InteractionReader().read([Fixtures.ratingsFile]).0 as Interactions<String, String>
    let folds = ratings.evaluationFolds(try Split(parsing: "random:0.2"), seed: 0)
    let result = try await Evaluator(cutoffs: [5]).evaluation(of: algorithm.trainer(), on: folds)
    let report = EvaluationReport(split: "random:0.2", cutoffs: [5], results: [result], seed: 0, threads: nil)
    let html = HTMLReport(report: report, dataSet: "r", command: ["kindred"], version: "1", warnings: ["x < y"]).page()
    let page = try Page(html)
    #expect(page.texts(of: "dl") == [] && page.texts(of: "h3") == [] && page.count(of: "strong") == 0)
    #expect(page.texts(of: "p").contains("Warning: x < y."))
    #expect(page.texts(of: "h2").contains("Calibration") == (algorithm == .als))
    #expect(page.texts(of: "h2").contains("Activity and popularity") == (algorithm != .mean))
  }

  @Test func warnsOfALeak() throws {
    let folder = Folder()
    let train = folder.write("a,1,5\na,2,5\nb,1,5\nc,1,5\nc,2,1\n", to: "train.csv")
    let test = folder.write("a,1,5\nb,2,5\n", to: "test.csv")
    let page = try page("bias", "--test", test, ratings: train)
    let warning = "Warning: pairs of user and item in both the test and the training data: 1;"
    #expect(page.texts(of: "p").contains { $0.hasPrefix(warning) })
  }

  @Test func isTheSameEachTime() throws {
    let folder = Folder()
    let pages = try (0..<2).map { _ in
      try page("als", "--epochs", "3", in: folder).text
        .replacing(#/<td class="time">[^<]*</#, with: "<").replacing(#/<time.*?time>/#, with: "")
        .replacing(#/<figure class="time">.*?figure>/#.dotMatchesNewlines(), with: "")
    }
    #expect(pages[0] == pages[1] && pages[0].count > 10_000)
  }

  @Test func saysBeforeItStartsThatThePageCannotBeWritten() throws {
    let folder = Folder()
    for path in [folder["missing/report.html"], folder.path] {
      let outcome = try kindred("evaluate", "als", "--ratings", Fixtures.ratingsFile, "--report", path)
      #expect(outcome.status == 73)
      #expect(outcome.output == "" && outcome.errorLines.count == 1)
      #expect(outcome.errors.hasPrefix("kindred: cannot write "))
    }
    #expect(folder.names == [])
  }

  @Test func scalesHoldTheirValues() {
    let scale = Scale(holding: [0.881, 1.163], from: 100, to: 300, steps: 3)
    #expect(scale.ticks.map(scale.label) == ["0.8", "0.9", "1.0", "1.1", "1.2"])
    #expect(abs(scale(1.0) - 200) < 1e-9)
    for values in [[], [0], [3, 3], [-1e-9, 1e-9], [-5, 12_000]] as [[Double]] {
      let scale = Scale(holding: values, from: 0, to: 10)
      #expect((2...12).contains(scale.ticks.count), "\(scale.ticks)")
      for value in values { #expect((-1e-6...10.000_001).contains(scale(value)), "\(values) \(scale.ticks)") }
    }
    let seconds = Scale(holdingSeconds: [0.001, 12], from: 0, to: 100)
    #expect(seconds.ticks.map(seconds.label) == ["0.01 s", "0.10 s", "1.0 s", "10 s", "100 s"])
    #expect(seconds(0.001) == 0 && abs(seconds(1) - 50) < 1e-9)
    #expect(Scale(holdingSeconds: [1, 1], from: 0, to: 1).ticks.count == 2)
    #expect(fixed(-0.00001, 4) == "0.0000" && fixed(-0.5, 1) == "−0.5" && chance(0.0004) == "< 0.001")
  }

  @Test func labelsOfDotsAreApart() {
    var plot = Plot(height: 200)
    let dots = [(100.0, 50.0), (120, 52), (140, 48), (300, 50), (350, 54)]
    var taken = dots.map { Plot.Box(aroundX: $0.0, y: $0.1) }
    for (x, y) in dots { plot.label("recent", besideX: x, y: y, above: 190, "", avoiding: &taken) }
    let labels = taken[5...]
    #expect(labels.allSatisfy { label in taken.count { $0.overlaps(label) } == 1 }, "\(labels)")
    #expect(labels.allSatisfy { $0.x.lowerBound >= 0 && $0.x.upperBound <= plot.width })
  }
}

/// A page taken apart as XML, so that what is not well-formed does not pass.
private struct Page {
  let text: String
  private let elements: [Element]

  struct Element {
    var name: String
    var attributes: [String: String]
    var text = ""
  }

  init(_ text: String) throws {
    let reader = Reader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    let isWellFormed = parser.parse()
    #expect(isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    self.text = text
    elements = reader.elements
    try #require(text.hasPrefix("<!DOCTYPE html>\n"))
  }

  func texts(of name: String) -> [String] { elements.filter { $0.name == name }.map(\.text) }
  func attributes(of name: String) -> [[String: String]] { elements.filter { $0.name == name }.map(\.attributes) }
  func count(of name: String) -> Int { elements.count { $0.name == name } }
  var names: [String] { elements.flatMap(\.attributes.keys) }
  var drawings: [String] { attributes(of: "svg").compactMap { $0["aria-label"] } }

  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    private var open: [Int] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      open.append(elements.count)
      elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) {
      for index in open { elements[index].text += characters }
    }
  }
}
