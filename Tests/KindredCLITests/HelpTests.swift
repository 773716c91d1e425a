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

  /// What a command needs comes first, and the other options follow in groups.
  @Test func isInGroups() throws {
    let groups = [
      (["train"], "DATA", "--ratings", "MODEL"), (["train", "sgd"], "DATA", "--ratings", "ALGORITHM"),
      (["evaluate"], "DATA", "--ratings", "MEASURING"), (["recommend"], "MODEL AND OUTPUT", "--model", "LIST"),
      (["serve"], "STORE AND ADDRESS", "--store", "TRAINING"),
      (["help"], "TRAINING SUBCOMMANDS", "train", "SERVER SUBCOMMANDS"),
    ]
    for (verb, first, option, later) in groups {
      let lines = try Command(verb == ["help"] ? verb : verb + ["--help"]).finish().lines
      let start = try #require(lines.firstIndex(of: first + ":"), "\(verb)")
      #expect(lines[start + 1].hasPrefix("  \(option) "), "\(lines)")
      #expect(lines[start...].contains(later + ":"), "\(verb)")
      // The others are last.
      let options = try #require(lines.firstIndex(of: "OPTIONS:"))
      #expect(verb == ["help"] || options > start)
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completesInAShell(_ shell: String) throws {
    let script = try kindred("--generate-completion-script", shell)
    #expect(script.status == 0 && script.output.contains("recommend") && script.output.contains("half-life"))
  }

  @Test func namesTheAlgorithmsThatAreBuilt() throws {
    let help = try kindred("evaluate", "--help").output
    for name in Fixtures.algorithms { #expect(help.contains(name)) }
    #expect(help.contains("blend"))
  }
}
