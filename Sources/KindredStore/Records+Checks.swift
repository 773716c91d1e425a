import Kindred

/// What every store refuses, and how patches apply.
extension StoredItem {
  /// Refuses what cannot be kept.
  ///
  /// - Parameter store: The store that refuses it, for the error.
  package func check(in store: String) throws(StoreError) {
    try checkID(id, of: "an item", in: store)
    let texts = [title ?? ""] + genres
    if texts.contains(where: { $0.utf8.contains(0) }) {
      throw StoreError(.invalid("the title or a genre of the item '\(id)' holds a zero byte"), store: store)
    }
    try checkTime(time, in: store)
  }

  package mutating func apply(_ patch: ItemPatch) {
    title = patch.title ?? title
    genres = patch.genres ?? genres
    attributes = patch.attributes ?? attributes
    isHidden = patch.isHidden ?? isHidden
    time = patch.time ?? time
  }
}

extension StoredUser {
  /// Refuses what cannot be kept.
  package func check(in store: String) throws(StoreError) {
    try checkID(id, of: "a user", in: store)
    if comment.utf8.contains(0) {
      throw StoreError(.invalid("the comment on a user holds a zero byte"), store: store)
    }
  }

  package mutating func apply(_ patch: UserPatch) {
    attributes = patch.attributes ?? attributes
    comment = patch.comment ?? comment
  }
}

extension Feedback {
  /// Refuses what cannot be kept.
  package func check(in store: String) throws(StoreError) {
    try checkID(user, of: "a user", in: store)
    try checkID(item, of: "an item", in: store)
    try checkID(kind, of: "a kind of feedback", in: store)
    if !value.isFinite { throw StoreError(.invalid("the value of feedback is not a finite number"), store: store) }
    try checkTime(time, in: store)
  }
}

/// Refuses times that a dump could not say.
package func checkTime(_ time: Timestamp?, in store: String) throws(StoreError) {
  if let time, !StoredTime.range.contains(time) {
    throw StoreError(.invalid("a time lies between the years 1 and 9999"), store: store)
  }
}

private func checkID(_ id: String, of owner: String, in store: String) throws(StoreError) {
  let length = id.utf8.count
  guard length > 0, length <= 4096, !id.utf8.contains(0) else {
    let reason = length == 0 ? "is empty" : length > 4096 ? "is longer than 4096 bytes" : "holds a zero byte"
    throw StoreError(.invalid("the id of \(owner) \(reason)"), store: store)
  }
}

/// Refuses a setting that cannot be kept.
package func checkSetting(_ name: String, _ value: String?, in store: String) throws(StoreError) {
  if (name + (value ?? "")).utf8.contains(0) {
    throw StoreError(.invalid("a setting holds a zero byte"), store: store)
  }
}

/// For how many minutes figures are kept: thirty days.
package let minutesKept = 30 * 24 * 60
