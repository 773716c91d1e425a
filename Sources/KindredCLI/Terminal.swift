import Foundation
import Kindred
import Synchronization

/// The terminal: results go to standard output, progress and warnings to standard error.
enum Terminal {
  private static let progress = Mutex(ProgressLine())
  private static let canDraw = ProcessInfo.processInfo.environment["TERM"] != "dumb"
  private static let isErrorTerminal = isatty(STDERR_FILENO) == 1 && canDraw

  private static let wantsColor = ProcessInfo.processInfo.environment["NO_COLOR"].map(\.isEmpty) ?? true

  /// Whether results are coloured.
  static let hasColor = isatty(STDOUT_FILENO) == 1 && canDraw && wantsColor

  /// Whether long texts are cut to the width: on a terminal, or if `COLUMNS` asks for one; a program gets them whole.
  static let cutsText = isatty(STDOUT_FILENO) == 1 || ProcessInfo.processInfo.environment["COLUMNS"] != nil
  /// Whether messages are wrapped to the width: on a terminal, or if `COLUMNS` asks for one; a log gets whole lines.
  private static let wrapsMessages =
    isatty(STDERR_FILENO) == 1 || ProcessInfo.processInfo.environment["COLUMNS"] != nil
  /// The width of standard output in columns: that of the window, else `COLUMNS`, else 80.
  static var width: Int { columns(of: STDOUT_FILENO) }
  /// The width of standard error in columns.
  static var errorWidth: Int { columns(of: STDERR_FILENO) }

  private static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 { return Int(size.ws_col) }
    return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }.map { max(40, $0) } ?? 80
  }

  static func bold(_ text: String) -> String { hasColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  static func dim(_ text: String) -> String { hasColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
  static func accent(_ text: String) -> String { hasColor ? "\u{1B}[33m\(text)\u{1B}[0m" : text }

  /// Prints an error over the current line, which may hold a bar or the terminal's own `^C`.
  static func error(_ sentence: String) {
    _ = progress.withLock { $0.clear() }
    let text = lines("kindred: \(sentence)")
    guard isErrorTerminal else { return write(text) }
    let name = "kindred:"
    write("\r\u{1B}[K" + (wantsColor ? "\u{1B}[1;31m\(name)\u{1B}[0m" + text.dropFirst(name.count) : text))
  }

  static func note(_ sentence: String) {
    endProgress()
    write(lines(sentence))
  }

  private static func lines(_ sentence: String) -> String {
    (wrapsMessages ? sentence.wrapped(errorWidth).joined(separator: "\n") : sentence) + "\n"
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// Shows the progress of a task.
  static func show(_ label: String, done: Int, of total: Int, detail: String) {
    let text = progress.withLock { $0.text(label, done, total, detail, isTerminal: isErrorTerminal) }
    if let text { write(text) }
  }

  /// Shows the progress of a training.
  static func show(_ label: String, _ training: TrainingProgress, detail: String) {
    let text = progress.withLock { $0.text(label, training, detail, isTerminal: isErrorTerminal) }
    if let text { write(text) }
  }

  /// Draws the bar of a training anew from time to time, as long as `body` runs.
  static func ticking<Value>(_ body: () async throws -> Value) async throws -> Value {
    let ticks = Task {
      while isErrorTerminal, !Task.isCancelled {
        try await Task.sleep(for: .milliseconds(250))
        if let text = progress.withLock({ $0.tick() }) { write(text) }
      }
    }
    defer { ticks.cancel() }
    return try await body()
  }

  /// Shows the current activity on a terminal, until a bar or the next line replaces it.
  static func show(_ activity: String) {
    guard isErrorTerminal else { return }
    write(progress.withLock { $0.text(activity) })
  }

  /// Removes the bar.
  static func endProgress() {
    if progress.withLock({ $0.clear() }), isErrorTerminal { write("\r\u{1B}[K") }
  }
}
