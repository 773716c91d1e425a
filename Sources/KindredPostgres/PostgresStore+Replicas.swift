import Foundation
import Kindred
import KindredStore
import Synchronization

extension PostgresStore {
  public func changes() -> AsyncStream<StoreChange> {
    AsyncStream { continuation in
      let work = Task {
        _ = await Parallel(threads: 1).detached { (parallel) throws(Never) in
          var listener = Listener(store: self, tell: { continuation.yield($0) })
          listener.listen { parallel.isCancelled }
        }
      }
      continuation.onTermination = { _ in work.cancel() }
    }
  }

  public func claimTraining() async throws(StoreError) -> TrainingClaim? {
    let lane = Lane(location, name: "training")
    let (location, replica) = (location, replica)
    do {
      let isClaimed = try await lane.run {
        let session = try lane.session()
        guard try session.runPlain("SELECT pg_try_advisory_lock(\(location.lock("train")))").flag(0, 0) else {
          lane.disconnect()
          return false
        }
        // Who finds this without the lock knows that the training ended with its process.
        try session.run(
          """
          INSERT INTO settings VALUES ('training', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value
          """, [replica])
        return true
      }
      guard isClaimed else { return nil }
    } catch { throw StoreError(error, store: description) }
    return TrainingClaim {
      // The lock goes with the connection, also if the database does not answer.
      try? await lane.run {
        defer { lane.disconnect() }
        _ = try lane.session().run("DELETE FROM settings WHERE name = 'training' AND value = $1", [replica])
      }
    }
  }
}

/// Follows what other replicas change, and tells them which model this one answers from.
private struct Listener {
  let store: PostgresStore
  let tell: (StoreChange) -> Void
  private var session: Session?
  private var isFollowing = false
  private var lastReport = ContinuousClock.now

  /// The milliseconds between two reports.
  private static let pause = 500
  /// The milliseconds after which a report counts as lost.
  private static let patience = 400

  init(store: PostgresStore, tell: @escaping (StoreChange) -> Void) {
    self.store = store
    self.tell = tell
  }

  mutating func listen(until isEnded: () -> Bool) {
    while !isEnded() {
      do {
        let session = try connected()
        let rest = Self.pause - Int((ContinuousClock.now - lastReport) / .milliseconds(1))
        if rest > 0 {
          for note in try session.notifications(milliseconds: min(rest, 100)) { take(note) }
        } else {
          try report(session)
        }
      } catch {
        session = nil
        if isFollowing || !hasFailed { tell(.unknown(StoreError(error, store: store.description))) }
        isFollowing = false
        hasFailed = true
        Thread.sleep(forTimeInterval: 0.2)
      }
    }
    _ = try? session?.run("DELETE FROM replicas WHERE id = $1", [store.replica])
  }

  /// Whether the last attempt to follow failed, and was told.
  private var hasFailed = false

  private mutating func connected() throws -> Session {
    if let session { return session }
    let session = try Session(store.location, patience: 1)
    try session.runPlain("LISTEN \(store.location.channel)")
    try report(session)
    self.session = session
    // Anything may have changed before.
    tell(.everything)
    isFollowing = true
    hasFailed = false
    return session
  }

  private func take(_ note: Notification) {
    if let change = Notes.change(note.text, for: store.replica) { tell(change) }
  }

  /// Says that this replica lives, and looks whether a training was left. An answer shows that no note was lost.
  private mutating func report(_ session: Session) throws {
    let rows = try session.run(
      """
      WITH reported AS (
        INSERT INTO replicas VALUES ($1, $2, now()) ON CONFLICT (id) DO UPDATE SET file = excluded.file, seen = now()
      )
      SELECT EXISTS (SELECT FROM settings WHERE name = 'training'), EXISTS (SELECT FROM stale_files)
      """, [store.replica, store.shared.servedFile.withLock { $0 }], milliseconds: Self.patience)
    lastReport = .now
    if rows.flag(0, 0) {
      let lock = store.location.lock("train")
      let isFree = try session.run(
        "SELECT pg_try_advisory_lock(\(lock)) AND pg_advisory_unlock(\(lock))", [], milliseconds: Self.patience)
      if isFree.flag(0, 0) { tell(.trainingAbandoned) }
    }
    if rows.flag(0, 1) {
      let store = store
      Task { try? await store.removeStaleFiles() }
    }
  }
}
