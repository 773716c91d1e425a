import Kindred
import KindredStore
import NIOConcurrencyHelpers
import NIOCore

/// What a user did, as a model sees it.
struct UserView: Sendable {
  /// The user's history.
  var history = History()
  /// The positions of all items that the user had or was shown; lists leave them out.
  var seen: [Int32] = []

  init(_ feedback: [Feedback], of recommender: Recommender<String, String>) {
    let learned = LearnedKinds(values: recommender.rule.kinds)
    history = recommender.history(of: InteractionColumns(feedback, learned))
    seen = feedback.compactMap { recommender.position(of: $0.item) }
  }
}

extension [Feedback] {
  /// Events of a request in the order in which they count: by time if all have one, and else as they are given, without
  /// times.
  var inOrder: [Feedback] {
    guard contains(where: { $0.time == nil }) else {
      return enumerated().sorted { ($0.element.time ?? 0, $0.offset) < ($1.element.time ?? 0, $1.offset) }
        .map(\.element)
    }
    return map { event in
      var event = event
      event.time = nil
      return event
    }
  }
}

/// The answer to a request for a user's list, and what it was made from.
struct KeptAnswer: Sendable {
  /// The name of the model.
  let model: String
  /// How many changes of items there were before the list was made, and new items of the model.
  let itemChanges: UInt64
  /// The query of the request, as text.
  let query: String
  let body: ByteBuffer

  fileprivate func answers(_ query: String, of model: String, _ itemChanges: UInt64) -> Bool {
    self.model == model && self.itemChanges == itemChanges && self.query == query
  }
}

/// The feedback of users as it is in the store: read once, and again after each change. It is never older than a change
/// that was answered.
final class HistoryCache: Sendable {
  private struct Entry {
    var feedback: [Feedback]
    /// The feedback as the model of this name sees it.
    var view: (model: String, view: UserView)?
  }

  private struct Contents {
    var users: [ExactText: Entry] = [:]
    var size = 0
    /// The last answer made from the feedback of each user.
    var answers: [ExactText: KeptAnswer] = [:]
    var answeredBytes = 0
    /// How many changes there were; what was read before one is not kept.
    var changes: UInt64 = 0
    /// Whether it is known what other processes change; if not, nothing is kept.
    var isFollowed = true
  }

  /// The most interactions that are kept; beyond it the cache starts anew.
  private static let largestSize = 1 << 20
  /// The most bytes of answers that are kept; beyond it they start anew.
  private static let mostAnsweredBytes = 64 << 20
  private let contents = NIOLockedValueBox(Contents())

  /// How many changes of feedback there were.
  var changes: UInt64 { contents.withLockedValue { $0.changes } }

  /// Whether it is known what other processes change; what may be old is not kept meanwhile.
  var isFollowed: Bool {
    get { contents.withLockedValue { $0.isFollowed } }
    set {
      contents.withLockedValue { $0.isFollowed = newValue }
      if !newValue { forgetAll() }
    }
  }

  /// The feedback of a user in order of time, earlier events too; empty for an unknown user.
  func feedback(of user: String, in store: any Store) async throws -> [Feedback] {
    let key = ExactText(user)
    let (known, changes) = contents.withLockedValue { ($0.users[key]?.feedback, $0.changes) }
    if let known { return known }
    let feedback = try await store.history(of: user) ?? []
    contents.withLockedValue { contents in
      // Unknown users are many, and cost the store little.
      guard contents.isFollowed, contents.changes == changes, !feedback.isEmpty, contents.users[key] == nil else {
        return
      }
      if contents.size + feedback.count > Self.largestSize {
        contents.users = [:]
        contents.size = 0
      }
      contents.size += feedback.count
      contents.users[key] = Entry(feedback: feedback)
    }
    return feedback
  }

  /// What a user did, as a model sees it.
  func view(of user: String, in store: any Store, for model: ServedModel) async throws -> UserView {
    let key = ExactText(user)
    let (known, changes) = contents.withLockedValue { ($0.users[key]?.view, $0.changes) }
    if let known, known.model == model.name { return known.view }
    var view = UserView(try await feedback(of: user, in: store), of: model.recommender)
    view.history = view.history.keepingFoldIns()
    contents.withLockedValue { [view] contents in
      if contents.changes == changes { contents.users[key]?.view = (model.name, view) }
    }
    return view
  }

  /// The answer to a query for a user's list; nil where it was not kept, or something that it was made from changed.
  func answer(of user: String, _ query: String, model: String, itemChanges: UInt64) -> KeptAnswer? {
    contents.withLockedValue { $0.answers[ExactText(user)] }.flatMap {
      $0.answers(query, of: model, itemChanges) ? $0 : nil
    }
  }

  /// Keeps the answer to a query for a user's list.
  ///
  /// - Parameter changes: The number of changes of feedback before the list was made.
  func keep(_ answer: KeptAnswer, of user: String, since changes: UInt64) {
    contents.withLockedValue { contents in
      guard contents.changes == changes, contents.isFollowed else { return }
      contents.answeredBytes += answer.body.readableBytes
      if contents.answeredBytes > Self.mostAnsweredBytes {
        contents.answers = [:]
        contents.answeredBytes = answer.body.readableBytes
      }
      let old = contents.answers.updateValue(answer, forKey: ExactText(user))
      contents.answeredBytes -= old?.body.readableBytes ?? 0
    }
  }

  /// Forgets a user's feedback: it changed.
  func forget(_ user: String) {
    contents.withLockedValue { contents in
      contents.changes += 1
      contents.size -= contents.users.removeValue(forKey: ExactText(user))?.feedback.count ?? 0
      contents.answeredBytes -= contents.answers.removeValue(forKey: ExactText(user))?.body.readableBytes ?? 0
    }
  }

  /// Forgets everything: another process may have written.
  func forgetAll() {
    contents.withLockedValue { contents in
      contents.changes += 1
      (contents.users, contents.size) = ([:], 0)
      (contents.answers, contents.answeredBytes) = ([:], 0)
    }
  }
}
