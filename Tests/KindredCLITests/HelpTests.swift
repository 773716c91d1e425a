import Testing

@Suite struct HelpTests {
  static let verbs = [
    "train", "evaluate", "predict", "complete", "recommend", "similar", "together", "groups", "info", "import",
    "export",
  ]

  @Test(arguments: verbs.map { [$0] } + Fixtures.algorithms.map { ["train", $0] } + [[]])
  func showsAnExample(of verb: [String]) throws {
    let outcome = try Command(verb + ["--help"]).finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    #expect(outcome.output.contains("EXAMPLE"))
    #expect(outcome.output.contains("  kindred \(verb.joined(separator: " "))"))
    #expect(outcome.lines.allSatisfy { $0.count <= 100 }, "\(outcome.lines.filter { $0.count > 100 })")
  }

  @Test(arguments: [["train"], ["recommend"], ["export"], ["tune"]])
  func fitsANarrowWindow(_ verb: [String]) throws {
    let outcome = try Command(verb + ["--help"], environment: ["COLUMNS": "60"]).finish()
    let usage = outcome.lines.drop { !$0.hasPrefix("USAGE: ") }.prefix { !$0.isEmpty }
    #expect(usage.count > 1 && usage.allSatisfy { $0.count <= 60 }, "\(usage)")
    #expect(!outcome.output.contains("(default: --defaults) (default"))
  }

  @Test func namesTheAlgorithmsThatAreBuilt() throws {
    let help = try kindred("evaluate", "--help").output
    for name in Fixtures.algorithms { #expect(help.contains(name)) }
    #expect(help.contains("blend"))
  }
}
