import Foundation
import Kindred

/// Prints a line of results. If the write fails, ends the process, because a truncated result must not look complete.
func printLine(_ text: String = "") {
  let bytes = Array((text + "\n").utf8)
  var done = 0
  while done < bytes.count {
    let count = bytes[done...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if count >= 0 {
      done += count
    } else if errno != EINTR {
      let reason = errno == ENOSPC ? "the disk is full" : String(cString: strerror(errno))
      Failure.exit(with: Failure(.cannotWrite, "cannot write the result: \(reason)"))
    }
  }
}

/// Prints a sentence, wrapped to the width of the window.
func printSentence(_ text: String) { for line in text.wrapped() { printLine(line) } }

/// Throws unless a file can be written at the path. Call it before work that takes minutes.
func checkWritable(_ path: String) throws {
  let replacement = try FileReplacement(of: path)
  _ = consume replacement
}

/// Writes lines to standard output, or to a file that is replaced atomically.
struct LineSink: ~Copyable {
  private var replacement: FileReplacement?

  init(_ path: String?) throws {
    if let path { replacement = try FileReplacement(of: path) }
  }

  mutating func write(_ line: String) throws {
    if replacement == nil { return printLine(line) }
    try replacement?.write(line + "\n")
  }

  consuming func finish() throws {
    if let replacement = replacement.take() { try replacement.finish() }
  }
}
