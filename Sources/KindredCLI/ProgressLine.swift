import Kindred
import KindredReport

/// Progress of a task: on a terminal a bar with the time left, otherwise a line now and then.
struct ProgressLine {
  private var label = ""
  private var start = ContinuousClock.now
  private var lastLine = ContinuousClock.now
  private var isShown = false
  private var training: TrainingLine?

  /// The text to write for a task of known length; nil if the last line is too recent.
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
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let left = done > 0 ? seconds / Double(done) * Double(total - done) : 0
    let share = total > 0 ? Double(done) / Double(total) : 0
    return drawn("\(label) \(Self.bar(share)) \(done)/\(total)", Self.words(secondsLeft: left, after: seconds), detail)
  }

  /// The text to write for a task of unknown length.
  mutating func text(_ activity: String) -> String {
    isShown = true
    return "\r\u{1B}[K" + "\(activity) …".fitting(Terminal.errorWidth - 1)
  }

  /// The text to write for a training; nil if the last line is too recent.
  mutating func text(_ label: String, _ progress: TrainingProgress, _ detail: String, isTerminal: Bool) -> String? {
    let line = TrainingLine(
      label: label, detail: detail, fraction: progress.fraction, secondsLeft: progress.secondsLeft)
    if isTerminal {
      training = line
      return tick()
    }
    // Lines become rarer: one per second at first, in the end one per twentieth of the work.
    let isNew = label != self.label
    let isFar = line.fraction - (training?.fraction ?? -1) >= 0.05
    guard isNew || isFar, isNew || .now - lastLine >= .seconds(1) else { return nil }
    (self.label, lastLine, training) = (label, .now, line)
    let left = Self.words(secondsLeft: line.secondsLeft, after: 1)
    let share = "\(label): \(Int(line.fraction * 100)) %"
    return [share, left, detail].filter { !$0.isEmpty }.joined(separator: ", ") + "\n"
  }

  /// The text to write while a training takes its time; nil without one.
  mutating func tick() -> String? {
    guard let training else { return nil }
    let (fraction, left) = training.now
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    return drawn(
      "\(Self.bar(fraction)) \(Int(fraction * 100)) %", training.label, Self.words(secondsLeft: left, after: elapsed),
      training.detail)
  }

  private mutating func drawn(_ parts: String...) -> String {
    isShown = true
    return "\r\u{1B}[K" + parts.filter { !$0.isEmpty }.joined(separator: "  ").fitting(Terminal.errorWidth - 1)
  }

  private static func bar(_ share: Double) -> String {
    let length = Terminal.errorWidth < 60 ? 8 : 20
    let filled = max(0, min(length, Int(Double(length) * share)))
    return String(repeating: "━", count: filled) + String(repeating: "─", count: length - filled)
  }

  /// The time left in words; empty in the first second of a task and in the last.
  private static func words(secondsLeft: Double, after elapsed: Double) -> String {
    elapsed >= 1 && secondsLeft.isFinite && secondsLeft >= 1 ? "about \(duration(secondsLeft)) left" : ""
  }

  /// Marks the bar as removed; returns whether one was shown.
  mutating func clear() -> Bool {
    defer { (isShown, training) = (false, nil) }
    return isShown
  }
}

/// The last word of a training about its progress.
private struct TrainingLine {
  let label: String
  let detail: String
  let fraction: Double
  let secondsLeft: Double
  let start = ContinuousClock.now

  /// The share of the work and the time left by now. Without news the time left falls ever more slowly, so that the
  /// bar never claims an end that has not come.
  var now: (fraction: Double, secondsLeft: Double) {
    let waited = (ContinuousClock.now - start) / .seconds(1)
    guard secondsLeft > 0 else { return (fraction, 0) }
    let left = secondsLeft * secondsLeft / (secondsLeft + waited)
    return (1 - (1 - fraction) * left / secondsLeft, left)
  }
}
