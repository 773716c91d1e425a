import Kindred
import KindredStore
import NIOConcurrencyHelpers

/// The feedback of users as it is in the store: read once, and again after each change. It is never older than a change
/// that was answered.
final class HistoryCache: Sendable {
  private struct Entry {
    var feedback: [Feedback]
    /// The feedback as the model of this name sees it.
    var history: (model: String, history: History)?
  }

  private struct Contents {
    var users: [ExactText: Entry] = [:]
    var size = 0
    /// How many changes there were; what was read before one is not kept.
    var changes: UInt64 = 0
  }

  /// The most interactions that are kept; beyond it the cache starts anew.
  private static let largestSize = 1 << 20
  private let contents = NIOLockedValueBox(Contents())

  /// The feedback of a user, by item and kind; empty for an unknown user.
  func feedback(of user: String, in store: any Store) async throws -> [Feedback] {
    let key = ExactText(user)
    let (known, changes) = contents.withLockedValue { ($0.users[key]?.feedback, $0.changes) }
    if let known { return known }
    let feedback = try await store.history(of: user) ?? []
    contents.withLockedValue { contents in
      // Unknown users are many, and cost the store little.
      guard contents.changes == changes, !feedback.isEmpty, contents.users[key] == nil else { return }
      if contents.size + feedback.count > Self.largestSize {
        contents.users = [:]
        contents.size = 0
      }
      contents.size += feedback.count
      contents.users[key] = Entry(feedback: feedback)
    }
    return feedback
  }

  /// The feedback of a user as a model sees it.
  func history(of user: String, in store: any Store, for model: ServedModel) async throws -> History {
    let key = ExactText(user)
    let (known, changes) = contents.withLockedValue { ($0.users[key]?.history, $0.changes) }
    if let known, known.model == model.name { return known.history }
    let history = model.recommender.history(of: try await feedback(of: user, in: store)).keepingFoldIns()
    contents.withLockedValue { contents in
      if contents.changes == changes { contents.users[key]?.history = (model.name, history) }
    }
    return history
  }

  /// Forgets a user's feedback: it changed.
  func forget(_ user: String) {
    contents.withLockedValue { contents in
      contents.changes += 1
      contents.size -= contents.users.removeValue(forKey: ExactText(user))?.feedback.count ?? 0
    }
  }

  /// Forgets everything: another process may have written.
  func forgetAll() {
    contents.withLockedValue { contents in
      contents.changes += 1
      contents.users = [:]
      contents.size = 0
    }
  }
}
