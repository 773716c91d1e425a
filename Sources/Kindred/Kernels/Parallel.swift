import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The share of the machine that a piece of work may use, and whether it should stop.
///
/// This is the one file that starts threads. Work is cut into blocks by the size of the data, never by the number of
/// threads. Threads only decide which of them does a block, so the result is the same bytes at any number of threads.
public struct Parallel: Sendable {
  /// The number of threads that share a piece of work, the calling one included; at least 1.
  public let threads: Int
  private let flag: CancellationFlag?
  /// What counts the work of a training.
  private(set) var meter: WorkMeter?

  /// Creates a share of the machine.
  ///
  /// - Parameter threads: The number of threads, 1 for any smaller number; nil is one per core that this process may
  ///   use.
  public init(threads: Int? = nil) {
    self.init(threads: threads ?? Machine.processorCount, flag: nil)
  }

  private init(threads: Int, flag: CancellationFlag?) {
    self.threads = max(1, threads)
    self.flag = flag
  }

  /// The same share of the machine, with a meter of the work.
  func metered(by meter: WorkMeter) -> Parallel {
    var parallel = self
    parallel.meter = meter
    return parallel
  }

  /// Whether the work was cancelled; long work checks it before each block.
  public var isCancelled: Bool { flag?.isSet ?? false }

  /// Runs heavy work on a thread of its own, and waits for it without blocking one of Swift's cooperative threads.
  ///
  /// Cancelling the task makes `isCancelled` true in the `Parallel` that the work gets.
  package func detached<Success: Sendable, Failure: Error>(
    _ work: sending @escaping (Parallel) throws(Failure) -> Success
  ) async -> Result<Success, Failure> {
    let flag = CancellationFlag()
    var parallel = Parallel(threads: threads, flag: flag)
    parallel.meter = meter
    let metered = parallel
    let work = Unchecked(work)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let hasStarted = Helper.start {
          do throws(Failure) {
            continuation.resume(returning: .success(try work.value(metered)))
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

  /// Runs `count` long pieces of work, at most `threads` at a time, and returns their results in order.
  ///
  /// - Parameter finished: Called after each piece, with the number of finished pieces.
  /// - Throws: The error of the first piece, by number, that failed.
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

  /// Calls `body` once per block number in `0..<count`; blocks may run concurrently and in any order.
  ///
  /// The result is the same at any number of threads if blocks are cut by the size of the data, never by the number of
  /// threads, and no block reads what another writes. After a cancellation no further block starts.
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

  /// Calls `body` for every step of every column, with the same result as one column after another.
  ///
  /// A thread takes a whole column, so that the column's data stay in the thread's cache. Column c takes step s after
  /// column c − 1 has taken it, like the stages of a pipeline. After a cancellation no further step starts.
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

  /// An array of `count` results, one per block, which may run concurrently and in any order.
  ///
  /// After a cancellation no further block starts, and the results of the others are missing: check ``isCancelled``
  /// before using the array.
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
      // A helper that has finished no longer refers to `body`, which must not outlive this call.
      for _ in 0..<started { done.wait() }
    }
  }
}

/// A thread of low priority that does one piece of work at a time and sleeps in between; waking it costs less than
/// starting one.
private final class Helper: Sendable {
  private static let asleep = Mutex<[Helper]>([])
  private static let mostAsleep = Machine.processorCount

  private let work = Mutex<(body: @Sendable () -> Void, done: @Sendable () -> Void)?>(nil)
  private let hasWork = SpinSemaphore()

  /// Makes a helper call `body` and then, when it no longer refers to `body`, `done`.
  ///
  /// - Returns: False if the system cannot start a thread.
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
      // On Linux each thread has a niceness of its own; training yields to the other work of the process.
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
