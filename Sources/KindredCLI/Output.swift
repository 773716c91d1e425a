import Foundation
import Kindred

/// Prints a line of results. Where that fails the process ends, since a result that is cut short must not look whole.
func printLine(_ text: String = "") {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  } catch {
    let isFull = (error as? CocoaError)?.code == .fileWriteOutOfSpace
    let reason = isFull ? "the disk is full" : error.localizedDescription
    Failure.exit(with: Failure(.cannotWrite, "cannot write the result: \(reason)"))
  }
}

/// Prints a sentence, broken to fit the window.
func printSentence(_ text: String) { for line in text.wrapped() { printLine(line) } }

/// Throws unless a file can be written at the path: to be asked before minutes of work.
func checkWritable(_ path: String) throws {
  let replacement = try FileReplacement(of: path)
  _ = consume replacement
}

/// Lines that go to standard output, or to a file that appears whole or not at all.
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
