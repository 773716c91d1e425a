import Foundation
import Kindred
import Synchronization

/// Ctrl-C, and a polite request to end: work is cancelled; what does not listen within a grace is left, files whole.
enum Interruption {
  /// How long cancelled work may take, in milliseconds; a server finishes the requests under way.
  static let grace = Atomic(500)
  nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

  static func cancels(_ work: Task<Void, Never>) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        work.cancel()
        DispatchQueue.global(qos: .userInteractive).asyncAfter(
          deadline: .now() + .milliseconds(grace.load(ordering: .relaxed))
        ) {
          Terminal.error("interrupted")
          FileReplacement.removeUnfinished()
          _exit(128 + number)
        }
      }
      source.resume()
      sources.append(source)
    }
  }
}
