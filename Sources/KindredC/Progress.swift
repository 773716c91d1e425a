import Dispatch
import Kindred
import Synchronization

/// The C function that is told of a training's progress; a result other than 0 cancels the training.
public typealias ProgressFunction =
  @convention(c) (
    _ context: UnsafeMutableRawPointer?, _ algorithm: UnsafePointer<CChar>?, _ isValidating: Int32, _ epoch: Int64,
    _ epochs: Int64, _ loss: Float
  ) -> Int32

/// Epochs that have ended, on their way from the training's threads to the caller's.
final class ProgressQueue: Sendable {
  struct Step: Sendable {
    var algorithm: String
    var isValidating: Bool
    var epoch: Int
    var epochs: Int
    var loss: Float
  }

  private let steps = Mutex<[Step]>([])
  private let changed = DispatchSemaphore(value: 0)

  func add(_ algorithm: String, _ progress: TrainingProgress) {
    add(
      Step(
        algorithm: algorithm, isValidating: progress.stage != .training, epoch: progress.epoch,
        epochs: progress.epochs, loss: progress.loss ?? .nan))
  }

  func add(_ step: Step) {
    steps.withLock { $0.append(step) }
    changed.signal()
  }

  fileprivate func finish() { changed.signal() }

  /// Waits for a step, the end, or a tenth of a second.
  fileprivate func next() -> [Step] {
    _ = changed.wait(timeout: .now() + .milliseconds(100))
    return steps.withLock { steps in
      defer { steps = [] }
      return steps
    }
  }
}

/// Runs asynchronous work while the calling thread tells the caller of its progress.
///
/// - Throws: The error of the work, which is that of a cancelled training if `progress` asked for it.
func waiting<Value: Sendable>(
  telling progress: ProgressFunction?, _ context: UnsafeMutableRawPointer?,
  _ work: @escaping @Sendable (ProgressQueue) async throws -> Value
) throws -> Value {
  let queue = ProgressQueue()
  let outcome = Mutex<Result<Value, any Error>?>(nil)
  let task = Task {
    let result: Result<Value, any Error>
    do {
      result = .success(try await work(queue))
    } catch {
      result = .failure(error)
    }
    outcome.withLock { $0 = result }
    queue.finish()
  }
  while true {
    let steps = queue.next()
    if let progress {
      var isCancelled = false
      for step in steps {
        let answer = step.algorithm.withCString {
          progress(context, $0, step.isValidating ? 1 : 0, Int64(step.epoch), Int64(step.epochs), step.loss)
        }
        isCancelled = isCancelled || answer != 0
      }
      if steps.isEmpty { isCancelled = progress(context, nil, 0, 0, 0, 0) != 0 }
      if isCancelled { task.cancel() }
    }
    if let result = outcome.withLock({ $0 }) { return try result.get() }
  }
}
