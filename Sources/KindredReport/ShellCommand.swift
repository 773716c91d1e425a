import Foundation

/// The arguments as a shell command, with one option per line.
package func shellCommand(_ arguments: [String]) -> String {
  arguments.enumerated().map { index, argument in
    let isOption = argument.hasPrefix("--") && argument.count > 2
    return (index == 0 ? "" : isOption ? " \\\n  " : " ") + shellQuoted(argument)
  }.joined()
}

/// The text quoted as one word for a shell; control characters are written as escapes.
private func shellQuoted(_ text: String) -> String {
  let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")
  if !text.isEmpty, text.allSatisfy({ plain.contains($0) }) { return text }
  guard text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
    return "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
  let spelled = text.unicodeScalars.map { scalar in
    switch scalar {
    case "'", "\\": "\\\(scalar)"
    case _ where scalar.value < 32 || scalar.value == 127: String(format: "\\x%02x", scalar.value)
    default: String(scalar)
    }
  }
  return "$'" + spelled.joined() + "'"
}
