import Foundation
import Kindred
import Synchronization

/// Cancels work on SIGINT and SIGTERM. Work that outlasts the grace period is stopped; no partial file is left.
enum Interruption {
  /// The grace period in milliseconds; the server has a longer one, to finish open requests.
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
