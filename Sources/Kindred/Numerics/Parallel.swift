import Foundation
import Synchronization

/// How much of the machine a piece of work may use, and whether it should stop.
///
/// This is the one file that starts threads. Work is cut into blocks by the size of the data, never by the number of threads;
/// threads only decide who does which block, so the result is the same bytes at any number of them.
public struct Parallel: Sendable {
  /// The number of threads that share a piece of work, the calling one included; at least 1.
  public let threads: Int
  private let flag: CancellationFlag?

  /// Creates a share of the machine.
  ///
  /// - Parameter threads: how many threads, 1 for any smaller number; `nil` takes one for each core that this process may use.
  public init(threads: Int? = nil) {
    self.init(threads: threads ?? ProcessInfo.processInfo.activeProcessorCount, flag: nil)
  }

  private init(threads: Int, flag: CancellationFlag?) {
    self.threads = max(1, threads)
    self.flag = flag
  }

  /// Whether whoever waits for this work has given it up; long work looks at it at every block.
  public var isCancelled: Bool { flag?.isSet ?? false }

  /// Runs heavy work on a thread of its own and waits for it without holding one of Swift's cooperative threads.
  ///
  /// Cancelling the task makes `isCancelled` true in the `Parallel` that the work is given.
  package func detached<Success: Sendable, Failure: Error>(
    _ work: sending @escaping (Parallel) throws(Failure) -> Success
  ) async -> Result<Success, Failure> {
    let flag = CancellationFlag()
    let parallel = Parallel(threads: threads, flag: flag)
    let work = Unchecked(work)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let thread = Self.startThread {
          do throws(Failure) {
            continuation.resume(returning: .success(try work.value(parallel)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
        guard let thread else { preconditionFailure("the system has no thread to give") }
        pthread_detach(thread)
      }
    } onCancel: {
      flag.set()
    }
  }

  /// Runs `count` long pieces of work, as many at a time as there are threads, and returns their results in order.
  ///
  /// - Parameter finished: called with the number of pieces done, after each.
  /// - Throws: the error of the first piece, by its number, that failed.
  func sideBySide<Value: Sendable, Failure: Error>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws(Failure) -> Value,
    finished: @Sendable (Int) -> Void = { _ in }
  ) async throws(Failure) -> [Value] {
    let atOnce = threads
    let results = await withTaskGroup(of: (Int, Result<Value, Failure>).self) { group in
      var results: [Int: Result<Value, Failure>] = [:]
      for number in 0..<count {
        if number >= atOnce, let (done, result) = await group.next() {
          results[done] = result
          finished(results.count)
        }
        group.addTask {
          do throws(Failure) {
            return (number, .success(try await body(number)))
          } catch {
            return (number, .failure(error))
          }
        }
      }
      for await (done, result) in group {
        results[done] = result
        finished(results.count)
      }
      return results
    }
    var values: [Value] = []
    for number in 0..<count {
      guard let result = results[number] else { preconditionFailure("every piece has a result") }
      values.append(try result.get())
    }
    return values
  }

  /// Calls `body` once for each block number in `0..<count`; blocks may run at the same time and in any order.
  ///
  /// Once the work is cancelled no further block starts.
  func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let next = Atomic(0)
    onEveryThread(atMost: count) {
      while !isCancelled {
        let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if block >= count { return }
        body(block)
      }
    }
  }

  /// Calls `body` for each block number in `0..<count`, a block only once the blocks it depends on are finished.
  ///
  /// - Parameter dependencies: blocks of smaller number that a block must wait for.
  func forEach(
    _ count: Int, after dependencies: @Sendable (Int) -> (Int, Int)?, _ body: @Sendable (Int) -> Void
  ) {
    let board = Board(count: count)
    onEveryThread(atMost: count) {
      while !isCancelled, let block = board.take(after: dependencies) {
        body(block)
        board.finish(block)
      }
      board.wakeAll()
    }
  }

  /// Fills an array of `count` results, one a block.
  func map<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
    let results = Mutex([Value?](repeating: nil, count: count))
    forEach(count) { block in
      let value = body(block)
      results.withLock { $0[block] = value }
    }
    return results.withLock { $0.compactMap { $0 } }
  }

  private func onEveryThread(atMost count: Int, _ body: @Sendable () -> Void) {
    let helpers = min(threads, count) - 1
    guard helpers > 0 else { return body() }
    withoutActuallyEscaping(body) { body in
      let started = (0..<helpers).compactMap { _ in Self.startThread(body) }
      body()
      // A joined thread has let go of `body`, which must not outlive this call.
      for thread in started { pthread_join(thread, nil) }
    }
  }

  /// Starts a thread of low priority; nil where the system has none to give, and then the others do the work.
  private static func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 4 << 20)
    let work = Unmanaged.passRetained(Work(body))
    #if os(Linux)
      var thread = pthread_t()
      let code = pthread_create(&thread, &attributes, { Parallel.run($0) }, work.toOpaque())
    #else
      var thread: pthread_t?
      let code = pthread_create(&thread, &attributes, { Parallel.run($0) }, work.toOpaque())
    #endif
    if code != 0 {
      work.release()
      return nil
    }
    return thread
  }

  private static func run(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      // Threads have a niceness of their own on Linux: training gives way to whatever else the process does.
      setpriority(__priority_which_t(0), 0, 5)
    #else
      pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
    #endif
    if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
    return nil
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

private final class CancellationFlag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

private struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// Which blocks were handed out and which are done.
private final class Board: @unchecked Sendable {
  private let condition = NSCondition()
  private var isFinished: [Bool]
  private var next = 0
  private var isAbandoned = false

  init(count: Int) { isFinished = Array(repeating: false, count: count) }

  func take(after dependencies: (Int) -> (Int, Int)?) -> Int? {
    condition.lock()
    defer { condition.unlock() }
    guard next < isFinished.count, !isAbandoned else { return nil }
    let block = next
    next += 1
    if let (first, second) = dependencies(block) {
      precondition(first < block && second < block)
      while !isAbandoned && !(isFinished[first] && isFinished[second]) { condition.wait() }
    }
    return isAbandoned ? nil : block
  }

  func finish(_ block: Int) {
    condition.lock()
    isFinished[block] = true
    condition.broadcast()
    condition.unlock()
  }

  /// A worker leaves: the blocks are used up, or the work was cancelled and nobody may wait for what will not come.
  func wakeAll() {
    condition.lock()
    if next < isFinished.count { isAbandoned = true }
    condition.broadcast()
    condition.unlock()
  }
}
