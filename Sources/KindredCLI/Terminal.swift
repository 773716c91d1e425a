import Foundation
import Kindred
import Synchronization

/// What goes to the screen: results on standard output, progress and warnings on standard error.
enum Terminal {
  private static let progress = Mutex(ProgressLine())
  private static let isErrorTerminal = isatty(STDERR_FILENO) == 1

  /// Whether results may be coloured.
  static let hasColor =
    isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// The columns of the window, 80 where there is none.
  static var width: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 { return Int(size.ws_col) }
    return ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init).map { max(40, $0) } ?? 80
  }

  static func bold(_ text: String) -> String { hasColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  static func dim(_ text: String) -> String { hasColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
  static func accent(_ text: String) -> String { hasColor ? "\u{1B}[33m\(text)\u{1B}[0m" : text }

  static func error(_ sentence: String) { write("kindred: \(sentence)\n") }

  static func note(_ sentence: String) {
    endProgress()
    write("\(sentence)\n")
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// Shows how far a piece of work is: a bar with the time left on a terminal, else a line now and then.
  static func show(_ label: String, done: Int, of total: Int, detail: String) {
    let text = progress.withLock { $0.text(label, done, total, detail, isTerminal: isErrorTerminal) }
    if let text { write(text) }
  }

  /// Takes the bar off the screen.
  static func endProgress() {
    if progress.withLock({ $0.clear() }), isErrorTerminal { write("\r\u{1B}[K") }
  }
}

/// The bar on standard error.
private struct ProgressLine {
  private var label = ""
  private var start = ContinuousClock.now
  private var isShown = false

  mutating func text(_ label: String, _ done: Int, _ total: Int, _ detail: String, isTerminal: Bool) -> String? {
    if label != self.label {
      self.label = label
      start = .now
    }
    guard isTerminal else { return "\(label): \(done) of \(total)\(detail.isEmpty ? "" : ", ")\(detail)\n" }
    isShown = true
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let left = done > 1 ? seconds / Double(done) * Double(total - done) : .nan
    let filled = total > 0 ? min(20, 20 * done / total) : 0
    let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: 20 - filled)
    let time = left.isFinite && left >= 1 ? "at most \(duration(left)) left" : ""
    let parts = ["\(label) \(bar) \(done)/\(total)", detail, time].filter { !$0.isEmpty }
    return "\r\u{1B}[K" + String(parts.joined(separator: "  ").prefix(Terminal.width - 1))
  }

  mutating func clear() -> Bool {
    defer { isShown = false }
    return isShown
  }
}

/// A length of time as people say it.
func duration(_ seconds: Double) -> String {
  seconds < 1 ? String(format: "%.2f s", seconds)
    : seconds < 120 ? String(format: "%.0f s", seconds) : String(format: "%.0f min", seconds / 60)
}
