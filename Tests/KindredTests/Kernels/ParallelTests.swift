import Foundation
import Synchronization
import Testing

@testable import Kindred

@Suite struct ParallelTests {
  @Test(arguments: [1, 2, 7]) func everyBlockRunsOnce(threads: Int) {
    for count in [0, 1, 2, 1000] {
      let runs = Mutex([Int](repeating: 0, count: count))
      Parallel(threads: threads).forEach(count) { block in runs.withLock { $0[block] += 1 } }
      #expect(runs.withLock { $0 }.allSatisfy { $0 == 1 })
    }
  }

  @Test func workInsideWorkAndBesideItIsDone() async {
    let parallel = Parallel(threads: 4)
    let sums = await withTaskGroup(of: Int.self) { group in
      for task in 0..<8 {
        group.addTask {
          await parallel.detached { parallel throws(Never) in
            parallel.map(50) { outer in parallel.map(20) { task + outer + $0 }.reduce(0, +) }.reduce(0, +)
          }.get()
        }
      }
      var sums: [Int] = []
      for await sum in group { sums.append(sum) }
      return sums.sorted()
    }
    #expect(sums == (0..<8).map { 1000 * $0 + 20 * 1225 + 50 * 190 })
  }

  @Test func whatABlockHeldIsLetGo() {
    final class Held: Sendable {}
    weak var reference: Held?
    do {
      let held = Held()
      reference = held
      Parallel(threads: 4).forEach(100) { _ in withExtendedLifetime(held) {} }
    }
    #expect(reference == nil)
  }

  /// State that threads share for the time of a test.
  private final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
  }

  /// The block under way when the task is cancelled is finished, and no other begins.
  @Test func noBlockBeginsOnceTheTaskIsCancelled() async {
    let runs = Shared(0)
    let waiting = Shared<Task<Bool, Never>?>(nil)
    let task = Task {
      await Parallel(threads: 1).detached { parallel throws(Never) in
        parallel.forEach(1000) { block in
          runs.value.withLock { $0 += 1 }
          while block == 3 {
            if let task = waiting.value.withLock({ $0 }) { return task.cancel() }
          }
        }
        return parallel.isCancelled
      }.get()
    }
    waiting.value.withLock { $0 = task }
    #expect(await task.value)
    #expect(runs.value.withLock { $0 } == 4)
  }

  /// More pieces of work than Swift has cooperative threads, all waiting for a task that needs one.
  @Test func heavyWorkHoldsNoCooperativeThread() async {
    let count = 4 * Machine.processorCount
    let waiting = Shared(0)
    let isFree = Shared(false)
    let done = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<count {
        group.addTask {
          await Parallel(threads: 1).detached { parallel throws(Never) in
            waiting.value.withLock { $0 += 1 }
            let deadline = ContinuousClock.now + .seconds(60)
            while !isFree.value.withLock({ $0 }) {
              if ContinuousClock.now > deadline { return false }
              usleep(1000)
            }
            return true
          }.get()
        }
      }
      group.addTask {
        while waiting.value.withLock({ $0 }) < count { try? await Task.sleep(for: .milliseconds(1)) }
        isFree.value.withLock { $0 = true }
        return true
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(done)
  }

  @Test func columnsFollowOneAnother() {
    let taken = Mutex([Int](repeating: 0, count: 5))
    Parallel(threads: 3).forEachColumn(5, steps: 40) { column, step in
      taken.withLock { taken in
        #expect(taken[column] == step)
        #expect(column == 0 || taken[column - 1] > step)
        taken[column] = step + 1
      }
    }
    #expect(taken.withLock { $0 } == [40, 40, 40, 40, 40])
  }
}
