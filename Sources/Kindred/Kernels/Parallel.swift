import Dispatch
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
        let hasStarted = Helper.start {
          do throws(Failure) {
            continuation.resume(returning: .success(try work.value(parallel)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        } done: {
        }
        precondition(hasStarted, "the system has no thread to give")
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
  /// Cut work by the size of the data, never by the number of threads, and let no block read what another writes: the result is then
  /// the same at any number of threads. Once the work is cancelled no further block starts.
  public func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let next = Atomic(0)
    onEveryThread(atMost: count) {
      while !isCancelled {
        let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if block >= count { return }
        body(block)
      }
    }
  }

  /// Calls `body` for every step of every column, with the result of taking one column after another.
  ///
  /// A thread takes a whole column, so that what belongs to it stays in the thread's cache. Column c takes step s once column c − 1 has
  /// taken it: the columns follow one another like the stages of a pipeline. Once the work is cancelled no further step starts.
  func forEachColumn(_ columns: Int, steps: Int, _ body: @Sendable (_ column: Int, _ step: Int) -> Void) {
    let next = Atomic(0)
    let pipeline = Pipeline(columns: columns)
    onEveryThread(atMost: columns) {
      while true {
        let column = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if column >= columns { return }
        for step in 0..<steps {
          guard !isCancelled, pipeline.waits(for: column - 1, toTake: step) else { return pipeline.abandon() }
          body(column, step)
          pipeline.advance(column)
        }
      }
    }
  }

  /// Calls `body` once for each block number in `0..<count`, as `forEach` does, and returns the results in order.
  ///
  /// Once the work is cancelled no further block starts, and the results of those that did not are missing: look at
  /// ``isCancelled`` before they are used.
  public func map<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
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
      let done = SpinSemaphore()
      let started = (0..<helpers).count { _ in Helper.start(body) { done.signal() } }
      body()
      // A helper that is done has let go of `body`, which must not outlive this call.
      for _ in 0..<started { done.wait() }
    }
  }
}

/// A thread of low priority that does one piece of work after another and sleeps in between: waking it costs less than starting one.
private final class Helper: Sendable {
  private static let asleep = Mutex<[Helper]>([])
  private static let mostAsleep = ProcessInfo.processInfo.activeProcessorCount

  private let work = Mutex<(body: @Sendable () -> Void, done: @Sendable () -> Void)?>(nil)
  private let hasWork = SpinSemaphore()

  /// Has a helper call `body` and, once it has let go of it, `done`; false where the system has no thread to give.
  static func start(_ body: @escaping @Sendable () -> Void, done: @escaping @Sendable () -> Void) -> Bool {
    guard let helper = asleep.withLock({ $0.popLast() }) ?? started() else { return false }
    helper.work.withLock { $0 = (body, done) }
    helper.hasWork.signal()
    return true
  }

  private static func started() -> Helper? {
    let helper = Helper()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 4 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let reference = Unmanaged.passRetained(helper)
    #if os(Linux)
      var thread = pthread_t()
      let code = pthread_create(&thread, &attributes, { Helper.run($0) }, reference.toOpaque())
    #else
      var thread: pthread_t?
      let code = pthread_create(&thread, &attributes, { Helper.run($0) }, reference.toOpaque())
    #endif
    if code != 0 {
      reference.release()
      return nil
    }
    return helper
  }

  private static func run(_ reference: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      // Threads have a niceness of their own on Linux: training gives way to whatever else the process does.
      setpriority(__priority_which_t(0), 0, 5)
    #else
      pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
    #endif
    if let reference { Unmanaged<Helper>.fromOpaque(reference).takeRetainedValue().serve() }
    return nil
  }

  private func serve() {
    var isWanted = true
    while isWanted {
      hasWork.wait()
      let done = finishWork()
      isWanted = Self.asleep.withLock { asleep in
        guard asleep.count < Self.mostAsleep else { return false }
        asleep.append(self)
        return true
      }
      done?()
    }
  }

  private func finishWork() -> (@Sendable () -> Void)? {
    guard let (body, done) = work.withLock({ $0.take() }) else { return nil }
    body()
    return done
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
