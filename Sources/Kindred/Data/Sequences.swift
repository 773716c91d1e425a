/// The items of each user's events in the order in which they happened.
struct Sequences: Sendable {
  /// The start of each user's events and the end of the last: one more than there are users.
  let offsets: Buffer<Int64>
  /// The item of each event.
  let items: Buffer<Int32>
  /// The number of items that may occur.
  let itemCount: Int

  /// The number of users.
  var count: Int { offsets.count - 1 }

  /// The places of a user's events.
  func events(of user: Int) -> Range<Int> { Int(offsets[user])..<Int(offsets[user + 1]) }

  /// The same events with the number `places[i]` for item i.
  func renumbered(by places: [Int32]) -> Sequences {
    Sequences(offsets: offsets, items: Buffer(items.map { places[Int($0)] }), itemCount: itemCount)
  }

  /// Whether a user has an item more than once.
  var hasRepeats: Bool {
    var lastUser = [Int32](repeating: -1, count: itemCount)
    for user in 0..<count {
      for event in events(of: user) {
        let item = Int(items[event])
        if lastUser[item] == Int32(user) { return true }
        lastUser[item] = Int32(user)
      }
    }
    return false
  }
}
