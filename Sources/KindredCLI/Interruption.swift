import Foundation
import Kindred

/// Ctrl-C, and a polite request to end: work is cancelled; what does not listen within half a second is left, files whole.
enum Interruption {
  nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

  static func cancels(_ work: Task<Void, Never>) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        work.cancel()
        DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: .now() + 0.5) {
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
