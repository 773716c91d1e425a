import Synchronization

/// How a database writes.
package protocol WritingDatabase: SendableMetatype {
  /// Runs a body in a transaction; returns once it is on the disk.
  func inWriteTransaction(_ body: () throws -> Void) throws
  /// Runs a body of which, if it throws, nothing stays in the transaction.
  ///
  /// - Throws: What the body throws.
  func inPart(_ body: () throws -> Void) throws
  /// Throws if the transaction that was under way is lost.
  func checkTransaction() throws
}

/// The one writer of a store: what waits while a transaction is flushed to the disk goes into the next one together.
///
/// A flush takes milliseconds, whatever it flushes. Each piece of work has a savepoint of its own, so that one that
/// fails takes nothing of the others with it, and is told only after the transaction that holds it is on the disk.
package final class Writer<Database: WritingDatabase>: Sendable {
  private struct Job: Sendable {
    /// Does the work; what it returns tells the caller, once it is known whether the transaction was kept.
    let run: @Sendable (Database) -> @Sendable ((any Error)?) -> Void
    /// Tells the caller of a transaction that was lost before the work was done.
    let fail: @Sendable (any Error) -> Void
  }

  private struct Queue {
    var jobs: [Job] = []
    var isRunning = false
  }

  private let batchSize = 256
  private let start: @Sendable (@escaping @Sendable (Database) -> Void) -> Void
  private let queue = Mutex(Queue())

  /// - Parameter start: Calls a body with the database, on the thread that writes, without waiting for it.
  package init(start: @escaping @Sendable (@escaping @Sendable (Database) -> Void) -> Void) {
    self.start = start
  }

  /// Does some work in a transaction, and returns once that is on the disk.
  package func write<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      add(
        Job(
          run: { db in
            do {
              var result: Result?
              try db.inPart { result = try body(db) }
              guard let result else { preconditionFailure("the savepoint ran its body") }
              return { error in
                if let error { continuation.resume(throwing: error) } else { continuation.resume(returning: result) }
              }
            } catch {
              return { _ in continuation.resume(throwing: error) }
            }
          },
          fail: { continuation.resume(throwing: $0) }))
    }
  }

  private func add(_ job: Job) {
    let starts = queue.withLock { queue in
      queue.jobs.append(job)
      defer { queue.isRunning = true }
      return !queue.isRunning
    }
    if starts { start { db in self.drain(db) } }
  }

  /// Takes what waits; none means that the writer rests.
  private func nextBatch() -> [Job] {
    queue.withLock { queue in
      let batch = Array(queue.jobs.prefix(batchSize))
      queue.jobs.removeFirst(batch.count)
      if batch.isEmpty { queue.isRunning = false }
      return batch
    }
  }

  private func drain(_ db: Database) {
    while true {
      let batch = nextBatch()
      if batch.isEmpty { return }
      var tells: [@Sendable ((any Error)?) -> Void] = []
      do {
        try db.inWriteTransaction {
          for job in batch {
            tells.append(job.run(db))
            try db.checkTransaction()
          }
        }
        for tell in tells { tell(nil) }
      } catch {
        for tell in tells { tell(error) }
        for job in batch.dropFirst(tells.count) { job.fail(error) }
      }
    }
  }
}
