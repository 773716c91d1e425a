import Dispatch
import KindredStore
import Synchronization

/// A connection with a queue of its own, on which its user waits for the database: no thread of Swift's pool does.
///
/// The connection is made at its first use, and again after it was lost.
final class Lane: Sendable {
  /// The connection; touched on the queue alone.
  private final class Holder: @unchecked Sendable {
    var session: Session?
  }

  let location: Location
  private let queue: DispatchQueue
  private let holder = Holder()
  /// The seconds to wait for a connection.
  private static let patience = 3

  init(_ location: Location, name: String) {
    self.location = location
    queue = DispatchQueue(label: "kindred.postgres.\(name)")
  }

  /// Runs a body on the queue, without waiting for it.
  func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

  /// Runs a body on the queue.
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }

  /// The connection. Only on the queue.
  func session() throws -> Session {
    if let session = holder.session, session.isAlive { return session }
    holder.session = nil
    let session = try Session(location, patience: Self.patience)
    holder.session = session
    return session
  }

  /// Gives the connection up. Only on the queue.
  func disconnect() { holder.session = nil }

  /// Runs a body that only reads; once more if a connection that was idle turns out to be lost. Only on the queue.
  func reading<Result>(_ body: (Session) throws -> Result) throws -> Result {
    let wasConnected = holder.session != nil
    do {
      return try body(session())
    } catch let error as DatabaseFailure where error.isLost && wasConnected {
      holder.session = nil
      return try body(session())
    }
  }
}

/// The connections that reads share.
final class ReaderPool: Sendable {
  private struct Contents {
    var idle: [Lane]
    var waiting: [CheckedContinuation<Lane, Never>] = []
  }

  private let contents: Mutex<Contents>
  private let lanes: [Lane]

  init(_ location: Location, count: Int) {
    let lanes = (0..<count).map { Lane(location, name: "reader.\($0)") }
    self.lanes = lanes
    contents = Mutex(Contents(idle: lanes))
  }

  /// Runs a body with a connection, on the connection's queue.
  func read<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
    try await withLane { lane in try await lane.run { try lane.reading(body) } }
  }

  /// Lends a connection.
  func withLane<Result>(_ body: (Lane) async throws -> Result) async throws -> Result {
    let lane = await withCheckedContinuation { continuation in
      let lane = contents.withLock { contents -> Lane? in
        // The one used last, so that the others may rest.
        if let lane = contents.idle.popLast() { return lane }
        contents.waiting.append(continuation)
        return nil
      }
      if let lane { continuation.resume(returning: lane) }
    }
    defer {
      let next = contents.withLock { contents -> CheckedContinuation<Lane, Never>? in
        if !contents.waiting.isEmpty { return contents.waiting.removeFirst() }
        contents.idle.append(lane)
        return nil
      }
      next?.resume(returning: lane)
    }
    return try await body(lane)
  }

  func close() async {
    for lane in lanes { try? await lane.run { lane.disconnect() } }
  }
}
