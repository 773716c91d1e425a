import CMachine
import Dispatch
import Foundation
import Synchronization

/// What this machine does at most with so many threads, measured in this run.
struct Machine: Sendable, CustomStringConvertible {
  /// Billions of floating-point operations per second.
  let gigaflops: Double
  /// Billions of bytes per second, read from memory.
  let gigabytes: Double
  private let threads: Int

  init(threads: Int) {
    self.threads = threads
    let rounds: Int64 = 3_000_000
    gigaflops =
      [(few: Int32(0), vectors: 16.0), (few: 1, vectors: 6)].map { shape in
        Self.best(threads) { _ in
          if kindred_machine_multiply(rounds, shape.few).isNaN { print("") }
          return Double(rounds) * shape.vectors * 32 / 1e9
        }
      }.max() ?? 0
    let count = 1 << 25
    let numbers = (0..<threads).map { _ in [Float](repeating: 1, count: count) }
    gigabytes = Self.best(threads) { thread in
      if kindred_machine_read(numbers[thread], Int64(count)).isNaN { print("") }
      return Double(count) * 4 / 1e9
    }
  }

  var description: String {
    String(
      format: "peak with %d threads: %.0f GFLOP/s, %.1f GB/s from memory", threads, gigaflops, gigabytes)
  }

  /// The best of several rounds of what all threads together do in a second.
  private static func best(_ threads: Int, _ work: @Sendable (Int) -> Double) -> Double {
    let clock = ContinuousClock()
    return (0..<5).map { _ in
      let total = Mutex(0.0)
      let start = clock.now
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        let done = work(thread)
        total.withLock { $0 += done }
      }
      return total.withLock { $0 } / ((clock.now - start) / .seconds(1))
    }.max() ?? 0
  }
}

/// The memory that belongs to this process alone: not what is mapped from files.
enum AnonymousMemory {
  /// The peak in megabytes while `work` runs, sampled every few milliseconds; 0 if the system does not tell.
  static func peak<Value>(_ work: () async throws -> Value) async rethrows -> (megabytes: Double, value: Value) {
    let state = Mutex((isRunning: true, peak: 0.0))
    let shared = Watch(state: state)
    let thread = Thread {
      while shared.look(current) { usleep(2000) }
    }
    thread.start()
    defer { shared.stop() }
    let value = try await work()
    _ = shared.look(current)
    return (shared.peak, value)
  }

  private static var current: Double {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") })
    else { return 0 }
    return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Double($0) }.first.map { $0 / 1024 }
      ?? 0
  }
}

private final class Watch: Sendable {
  private let state: Mutex<(isRunning: Bool, peak: Double)>
  init(state: consuming Mutex<(isRunning: Bool, peak: Double)>) { self.state = state }
  func look(_ megabytes: Double) -> Bool {
    state.withLock {
      $0.peak = max($0.peak, megabytes)
      return $0.isRunning
    }
  }
  func stop() { state.withLock { $0.isRunning = false } }
  var peak: Double { state.withLock { $0.peak } }
}
