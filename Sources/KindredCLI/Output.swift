import Foundation
import Kindred

/// Prints a line of results. If the write fails, ends the process, because a truncated result must not look complete.
func printLine(_ text: String = "") {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  } catch {
    let isFull = (error as? CocoaError)?.code == .fileWriteOutOfSpace
    let reason = isFull ? "the disk is full" : error.localizedDescription
    Failure.exit(with: Failure(.cannotWrite, "cannot write the result: \(reason)"))
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
