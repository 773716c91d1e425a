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

  /// Whether the items seem to stand in a random order: those that follow each other are no more often the same pair
  /// than two of a user's items are by chance.
  ///
  /// Of long data a sample of the users is looked at. Where few pairs occur twice, the order may mean something.
  ///
  /// - Complexity: O(events · log(events)), for 200,000 events at most, and one user.
  var areShuffled: Bool {
    let step = max(1, items.count / Self.mostPairs)
    var (next, byChance): ([UInt64], [UInt64]) = ([], [])
    var random = RandomStream(seed: 0)
    for user in stride(from: 0, to: count, by: step) {
      let events = events(of: user)
      for place in 0..<max(0, events.count - 1) {
        let item = UInt64(UInt32(bitPattern: items[events.lowerBound + place])) << 32
        let other = (place + 1 + Int(random.next() % UInt64(events.count - 1))) % events.count
        next.append(item | UInt64(UInt32(bitPattern: items[events.lowerBound + place + 1])))
        byChance.append(item | UInt64(UInt32(bitPattern: items[events.lowerBound + other])))
      }
    }
    let (near, chance) = (Double(Self.coincidences(next)), Double(Self.coincidences(byChance)))
    return chance >= Self.leastCoincidences && near < 1.1 * chance + 4 * chance.squareRoot()
  }

  private static var mostPairs: Int { 200_000 }
  private static var leastCoincidences: Double { 1000 }

  /// The number of equal pairs among all pairs of these numbers.
  private static func coincidences(_ numbers: [UInt64]) -> Int {
    var (sum, run) = (0, 0)
    var last: UInt64?
    for number in numbers.sorted() {
      run = number == last ? run + 1 : 0
      (last, sum) = (number, sum + run)
    }
    return sum
  }
}
