import Kindred
import KindredStore
import NIOConcurrencyHelpers

/// What people did, as it is in the store: read once, and again after each change. Nothing here is ever older than an answered change.
final class HistoryCache: Sendable {
  private struct Entry {
    var feedback: [Feedback]
    /// The feedback as the models of one name see it.
    var history: (model: String, history: History)?
  }

  private struct Contents {
    var people: [String: Entry] = [:]
    var size = 0
    /// How many changes there were; what was read before one is not kept.
    var changes: UInt64 = 0
  }

  /// The most interactions that are kept; beyond it the cache starts anew.
  private static let largestSize = 1 << 20
  private let contents = NIOLockedValueBox(Contents())

  /// The feedback of a person, by item and kind; empty for someone unknown.
  func feedback(of person: String, in store: Store) async throws -> [Feedback] {
    let (known, changes) = contents.withLockedValue { ($0.people[person]?.feedback, $0.changes) }
    if let known { return known }
    let feedback = try await store.history(of: person) ?? []
    contents.withLockedValue { contents in
      // Strangers are many, and cost the store little.
      guard contents.changes == changes, !feedback.isEmpty, contents.people[person] == nil else { return }
      if contents.size + feedback.count > Self.largestSize {
        contents.people = [:]
        contents.size = 0
      }
      contents.size += feedback.count
      contents.people[person] = Entry(feedback: feedback)
    }
    return feedback
  }

  /// The feedback of a person as a model sees it.
  func history(of person: String, in store: Store, for model: ServedModel) async throws -> History {
    let (known, changes) = contents.withLockedValue { ($0.people[person]?.history, $0.changes) }
    if let known, known.model == model.name { return known.history }
    let history = model.recommender.history(of: try await feedback(of: person, in: store)).keepingFoldIns()
    contents.withLockedValue { contents in
      if contents.changes == changes { contents.people[person]?.history = (model.name, history) }
    }
    return history
  }

  /// Forgets a person's feedback: it changed.
  func forget(_ person: String) {
    contents.withLockedValue { contents in
      contents.changes += 1
      contents.size -= contents.people.removeValue(forKey: person)?.feedback.count ?? 0
    }
  }

  /// Forgets everything: another process may have written.
  func forgetAll() {
    contents.withLockedValue { contents in
      contents.changes += 1
      contents.people = [:]
      contents.size = 0
    }
  }
}
