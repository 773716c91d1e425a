import ArgumentParser
import Foundation

@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kindred-bench",
    abstract: "Measure Kindred's engines on this machine.",
    discussion: "CASES:\n" + Case.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))

  @Argument(help: "The cases to run; none runs all.") var cases: [String] = []
  @Option(help: "The data: 1m, 18m or 90m ratings, made when first needed, or a folder with train.txt and test.txt.")
  var data = "18m"
  @Option(help: "Where made data are kept.") var directory = ".data/bench"
  @Option(help: "How many threads.") var threads = 2
  @Option(help: "How often each figure is taken.") var repeats = 5
  @Flag(help: "Print one JSON object a figure, for programs.") var json = false
  @Flag(help: "Make the data and measure nothing.") var onlyMakeData = false

  func validate() throws {
    for name in cases where Case.all.allSatisfy({ $0.name != name }) {
      throw ValidationError("there is no case '\(name)'; there are \(Case.all.map(\.name).joined(separator: ", "))")
    }
    if threads < 1 || repeats < 1 { throw ValidationError("threads and repeats are 1 or more") }
  }

  func run() async throws {
    let set = try RatingSet(named: data, in: directory)
    if onlyMakeData { return }
    let machine = Machine(threads: threads)
    if !json { print(machine.description + "; data: \(set.name)") }
    let context = Context(set: set, threads: threads, repeats: repeats, machine: machine)
    var table = FigureTable(machine: machine)
    for item in Case.all where cases.isEmpty || cases.contains(item.name) {
      for figure in try await item.run(context) {
        if json { print(try figure.json(of: item.name, machine)) } else { table.add(figure, of: item.name) }
      }
    }
    if !json { print(table.text) }
  }
}

/// Something to measure.
struct Case: Sendable {
  let name: String
  let summary: String
  let run: @Sendable (Context) async throws -> [Figure]

  /// All there are, in the order in which they run: memory first, before another case has left anything behind.
  static let all: [Case] = [memory, reading, sgd, text, implicit, wide, lists, bayesian]
}

/// What a case measures on.
struct Context: Sendable {
  let set: RatingSet
  let threads: Int
  let repeats: Int
  let machine: Machine

  /// Seconds that `work` takes, once for each repeat.
  func seconds<Value>(_ work: () async throws -> Value) async rethrows -> (samples: [Double], last: Value) {
    var samples: [Double] = []
    let clock = ContinuousClock()
    while true {
      let start = clock.now
      let value = try await work()
      samples.append((clock.now - start) / .seconds(1))
      if samples.count == repeats { return (samples, value) }
    }
  }
}
