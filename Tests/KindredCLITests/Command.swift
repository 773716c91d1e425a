import Dispatch
import Foundation
import Testing

/// The built `kindred`, run as a user or a script runs it.
struct Command {
  /// What a run left behind.
  struct Outcome {
    var output: String
    var errors: String
    /// The exit status; nil where a signal or the time limit ended the command.
    var status: Int32?

    /// The results, a line each.
    var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) }
    }
    var errorLines: [Substring] { errors.split(separator: "\n") }

    /// The first object of the results.
    func object() throws -> [String: Any] { try #require(objects().first) }

    /// The results as JSON, an object a line.
    func objects() throws -> [[String: Any]] {
      try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }
  }

  private let process = Process()
  private let ended = DispatchSemaphore(value: 0)
  private let folder = Folder()
  private var errorPipe: Pipe?

  /// Starts the command, its results going to a file; `errors` reads what it says meanwhile.
  init(
    _ arguments: [String], input: String = "", environment: [String: String] = [:], output: String? = nil,
    keepsErrors: Bool = true
  ) throws {
    process.executableURL = Self.executable
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    for name in ["COLUMNS", "NO_COLOR", "TERM"] { variables[name] = nil }
    process.environment = variables.merging(environment) { $1 }
    let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.write(input, to: "input")))
    let results = try Self.handle(output ?? folder.write("", to: "output"))
    let errors = try Self.handle(folder.write("", to: "errors"))
    if !keepsErrors { errorPipe = Pipe() }
    process.standardInput = source
    process.standardOutput = results
    process.standardError = errorPipe ?? errors
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
    // The command has its own copies; Foundation would keep these until all tests have run.
    for handle in [source, results, errors] { try handle.close() }
  }

  private static func handle(_ path: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// The executable is built beside the tests.
  static let executable: URL = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    #if os(macOS)
      folder =
        Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent() ?? folder
    #endif
    return folder.appendingPathComponent("kindred")
  }()

  /// Waits until a line of the standard error starts with a text; false if the command ends before.
  func saysInErrors(_ start: String) -> Bool {
    var text = ""
    while !text.split(separator: "\n").contains(where: { $0.hasPrefix(start) }) {
      let more = errorPipe?.fileHandleForReading.availableData ?? Data()
      if more.isEmpty { return false }
      text += String(decoding: more, as: UTF8.self)
    }
    return true
  }

  /// Presses Ctrl-C.
  func interrupt() { process.interrupt() }

  /// Ends the command as `kill -9` does.
  func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

  /// Waits for the end, at most some seconds; what takes longer is ended.
  func finish(within seconds: Double = 60) -> Outcome {
    var status: Int32?
    if ended.wait(timeout: .now() + seconds) == .timedOut {
      Issue.record("kindred \(process.arguments ?? []) did not end within \(seconds) s")
      kill()
      ended.wait()
    } else if process.terminationReason == .exit {
      status = process.terminationStatus
    }
    return Outcome(output: folder.text(of: "output"), errors: folder.text(of: "errors"), status: status)
  }
}

/// Runs the command to its end.
func kindred(
  _ arguments: String..., input: String = "", environment: [String: String] = [:], output: String? = nil,
  within seconds: Double = 60
) throws -> Command.Outcome {
  try Command(arguments, input: input, environment: environment, output: output).finish(within: seconds)
}

/// A folder that lives as long as the value that names it.
final class Folder: Sendable {
  let path: String

  init() {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try! FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  subscript(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult func write(_ text: String, to name: String) -> String { write(Array(text.utf8), to: name) }

  @discardableResult func write(_ bytes: some Sequence<UInt8>, to name: String) -> String {
    _ = FileManager.default.createFile(atPath: self[name], contents: Data(bytes))
    return self[name]
  }

  func bytes(of name: String) -> [UInt8] { Array(FileManager.default.contents(atPath: self[name]) ?? Data()) }
  func text(of name: String) -> String { String(decoding: bytes(of: name), as: UTF8.self) }

  /// The names of all its files, hidden ones too, in order.
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
