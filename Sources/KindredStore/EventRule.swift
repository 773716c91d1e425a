import Kindred

/// How feedback of a user, item and kind that has some already is taken.
package enum EventRule: Sendable {
  /// Its value takes the place of the old one.
  case replaced
  /// Its value is added to the old one.
  case accumulated
  /// As replaced, unless the store's is newer: a file may be older than the store.
  case imported
  /// As imported, and a further event of a rating is kept as well: a log has them on purpose.
  case logged
  /// It is kept as an event, and never becomes the current one.
  case earlier
  /// A list showed the item: that takes the place of nothing that a user did.
  case shown

  /// The rule of feedback that a caller adds.
  package init(_ feedback: Feedback, _ existing: ExistingFeedback) {
    let rule: EventRule =
      switch existing {
      case .replaced: .replaced
      case .accumulated: .accumulated
      case .latest: .imported
      }
    self = feedback.isShown ? .shown : rule
  }
}

/// The value of a user, item and kind with its event.
package struct StoredEvent: Sendable, Equatable {
  /// The value.
  package var value: Double
  /// When, in microseconds since 1970, if known.
  package var time: Timestamp?
  /// Where it stands among events of the same time.
  package var sequence: Int64
  /// Whether a list showed the item, and the user did nothing.
  package var isShown: Bool

  package init(value: Double, time: Timestamp?, sequence: Int64, isShown: Bool) {
    self.value = value
    self.time = time
    self.sequence = sequence
    self.isShown = isShown
  }
}

/// What becomes of the events of a user, item and kind.
package enum EventStep: Sendable, Equatable {
  /// The earlier events are deleted.
  case forget
  /// An event is kept as an earlier one.
  case log(StoredEvent)
  /// The current value becomes this one.
  case change(StoredEvent)
}

extension EventRule {
  /// What feedback changes where its user, item and kind have a current value.
  ///
  /// The same user, item, kind and time again is the same event. A rating has one event, which a new value takes along;
  /// of any other kind each time is an event.
  ///
  /// - Parameters:
  ///   - new: The feedback.
  ///   - isRating: Whether it is a rating.
  ///   - old: The current value.
  ///   - isKnown: Whether an earlier event has the time of the feedback.
  package func steps(
    _ new: StoredEvent, isRating: Bool, after old: StoredEvent, isKnown: () throws -> Bool
  ) rethrows -> [EventStep] {
    let isShown = self == .shown
    // What was shown gives way to what a user does, without a trace.
    if isShown, old.time == new.time { return [] }
    if old.isShown { return [.change(new)] }
    if isShown { return [] }
    let sum = self == .accumulated ? old.value + new.value : new.value
    let kept = StoredEvent(value: sum, time: old.time, sequence: old.sequence, isShown: false)
    let moved = StoredEvent(value: sum, time: new.time, sequence: new.sequence, isShown: false)
    if old.time == new.time {
      if self == .earlier { return [] }
      return (self == .replaced && isRating ? [.forget] : []) + [.change(kept)]
    }
    if isRating, self == .replaced || self == .imported {
      if self == .imported, let time = new.time, let last = old.time, time < last { return [] }
      return [.forget, .change(moved)]
    }
    let becomesCurrent: Bool =
      switch self {
      case .replaced: true
      // Without a time it counts as before all others.
      case .accumulated, .imported, .logged: (new.time ?? .min) > (old.time ?? .min)
      case .earlier, .shown: false
      }
    if try isKnown() {
      // The event is there already; only the value may change.
      return self == .replaced || self == .accumulated ? [.change(kept)] : []
    }
    if becomesCurrent { return [.log(old), .change(moved)] }
    return [.log(new)] + (self == .accumulated ? [.change(kept)] : [])
  }
}
