import Kindred

/// Which kinds of feedback models learn from; the rest was only seen.
///
/// Training on a store and serving its users use this one rule, so that both see the same histories.
package struct LearnedKinds: Sendable {
  /// The value of each kind, as in `FeedbackRule.kinds`; empty if the feedback's own values count.
  package let values: [String: Float]

  package init(values: [String: Float]) { self.values = values }

  /// Whether models learn from feedback of a kind: all, or those that the values name.
  package func contains(kind: String) -> Bool { values.isEmpty || values[kind] != nil }

  /// Whether an event shows that a user likes an item: what it counts for is above 0.
  package func likes(kind: String, value: Float) -> Bool { (values.isEmpty ? value : values[kind] ?? 0) > 0 }
}

extension InteractionColumns {
  /// The feedback of one user as columns, earlier events too, in the given order, without what models do not learn
  /// from.
  package init(_ feedback: some Sequence<Feedback>, _ learned: LearnedKinds) {
    self.init()
    userIDs = [""]
    var itemPositions = Vocabulary()
    var kindPositions = Vocabulary()
    for one in feedback where !one.isShown && learned.contains(kind: one.kind) {
      users.append(0)
      items.append(itemPositions.insert(one.item))
      kinds.append(kindPositions.insert(one.kind))
      values.append(one.value)
      times.append(one.time ?? Self.noTime)
      isEarlier.append(one.isEarlier)
    }
    itemIDs = (0..<itemPositions.count).map { itemPositions[$0] }
    kindNames = (0..<kindPositions.count).map { kindPositions[$0] }
    forgetUnknownTimes()
  }

  /// Leaves the times out where none is known.
  mutating func forgetUnknownTimes() {
    if times.allSatisfy({ $0 == Self.noTime }) { times = [] }
  }
}
