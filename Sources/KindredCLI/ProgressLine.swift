import Kindred
import KindredReport

/// Progress of a task: on a terminal a bar with the time left, otherwise at most about one line per second.
struct ProgressLine {
  private var label = ""
  private var start = ContinuousClock.now
  private var lastLine = ContinuousClock.now
  private var isShown = false

  /// The text to write; nil if the last line is too recent.
  mutating func text(_ label: String, _ done: Int, _ total: Int, _ detail: String, isTerminal: Bool) -> String? {
    let isNew = label != self.label
    if isNew {
      self.label = label
      start = .now
    }
    guard isTerminal else {
      guard isNew || done == total || .now - lastLine >= .seconds(1) else { return nil }
      lastLine = .now
      return "\(label): \(done) of \(total)\(detail.isEmpty ? "" : ", ")\(detail)\n"
    }
    isShown = true
    return "\r\u{1B}[K" + bar(done, total, detail).fitting(Terminal.errorWidth - 1)
  }

  /// The text to write for a task of unknown length.
  mutating func text(_ activity: String) -> String {
    isShown = true
    return "\r\u{1B}[K" + "\(activity) …".fitting(Terminal.errorWidth - 1)
  }

  private func bar(_ done: Int, _ total: Int, _ detail: String) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let left = done > 1 ? seconds / Double(done) * Double(total - done) : .nan
    let length = Terminal.errorWidth < 60 ? 8 : 20
    let filled = total > 0 ? min(length, length * done / total) : 0
    let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: length - filled)
    let time = left.isFinite && left >= 1 ? "at most \(duration(left)) left" : ""
    return ["\(label) \(bar) \(done)/\(total)", time, detail].filter { !$0.isEmpty }.joined(separator: "  ")
  }

  /// Marks the bar as removed; returns whether one was shown.
  mutating func clear() -> Bool {
    defer { isShown = false }
    return isShown
  }
}
