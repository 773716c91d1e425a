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

  @Test func namesTheAlgorithmsThatAreBuilt() throws {
    let help = try kindred("evaluate", "--help").output
    for name in Fixtures.algorithms { #expect(help.contains(name)) }
    #expect(help.contains("blend"))
  }
}
