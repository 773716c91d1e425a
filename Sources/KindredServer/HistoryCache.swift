import KindredStore
import Synchronization

/// What people did, as it is in the store: read once, and again after each change. Nothing here is ever older than an answered change.
final class HistoryCache: Sendable {
  private struct Contents {
    var feedback: [String: [Feedback]] = [:]
    var size = 0
    /// How many changes there were; a read that began before one is not kept.
    var changes: UInt64 = 0
  }

  /// The most interactions that are kept; beyond it the cache starts anew.
  private static let largestSize = 1 << 20
  private let contents = Mutex(Contents())

  /// The feedback of a person, by item and kind; empty for someone unknown.
  func feedback(of person: String, in store: Store) async throws -> [Feedback] {
    let (known, changes) = contents.withLock { ($0.feedback[person], $0.changes) }
    if let known { return known }
    let feedback = try await store.history(of: person) ?? []
    contents.withLock { contents in
      guard contents.changes == changes else { return }
      if contents.size + feedback.count > Self.largestSize {
        contents.feedback = [:]
        contents.size = 0
      }
      // Strangers are many, and cost the store little.
      if feedback.isEmpty { return }
      contents.size += feedback.count
      contents.feedback[person] = feedback
    }
    return feedback
  }

  /// Forgets a person's feedback: it changed.
  func forget(_ person: String) {
    contents.withLock { contents in
      contents.changes += 1
      contents.size -= contents.feedback.removeValue(forKey: person)?.count ?? 0
    }
  }

  /// Forgets everything: another process may have written.
  func forgetAll() {
    contents.withLock { contents in
      contents.changes += 1
      contents.feedback = [:]
      contents.size = 0
    }
  }
}
