/// Sums over the pairs of events of a user that are at most some steps apart, for one item at a time.
///
/// A pair of events adds a weight, which depends on the steps between the events alone, to the sum of its items. Sums
/// run over an item's events in order of users, so they do not depend on the number of threads.
struct WindowSums: Sendable {
  private let sequences: Sequences
  /// The user of each event.
  private let users: Buffer<Int32>
  /// The events of each item, in order, and the start of each item's events.
  private let events: Buffer<Int32>
  private let starts: [Int]
  /// The number of items per block of work.
  private let itemsOfBlock: Int

  /// Groups the events by item.
  ///
  /// - Complexity: O(events).
  init(_ sequences: Sequences, itemsOfBlock: Int = 32) {
    precondition(sequences.items.count <= Int(Int32.max))
    self.sequences = sequences
    self.itemsOfBlock = itemsOfBlock
    users = Buffer(count: sequences.items.count) { out in
      for user in 0..<sequences.count {
        for event in sequences.events(of: user) { out[event] = Int32(user) }
      }
    }
    (events, starts) = Grouping.sorted(sequences.items.count, into: sequences.itemCount) {
      Int(sequences.items[$0])
    } element: {
      Int32($0)
    }
  }

  var itemCount: Int { sequences.itemCount }

  /// The number of an item's events.
  func eventCount(of item: Int) -> Int { starts[item + 1] - starts[item] }

  /// The weights of pairs of events by the steps between them.
  struct Kernel: Sendable {
    /// The weights [rows][distances] of an event with an earlier one; the distance 0 is the event with itself.
    fileprivate let earlier: [Float]
    /// The weights [rows][distances] of an event with a later one; the distance 0 is not used.
    fileprivate let later: [Float]
    /// The number of distances.
    fileprivate let width: Int
    /// The number of rows: 1, or one per number of steps that follow the later event of the pair, the last step of the
    /// user aside. Steps beyond the last row count as those of the last row.
    fileprivate let rows: Int

    /// Creates a kernel that depends on the distance alone.
    init(earlier: [Float], later: [Float]) {
      precondition(earlier.count == later.count && !earlier.isEmpty)
      (self.earlier, self.later, width, rows) = (earlier, later, earlier.count, 1)
    }

    /// Creates the kernel of the sums of products of inputs: a pair counts in each step from its later event to the
    /// last but one of the user, with the product of both weights at that step.
    ///
    /// - Parameters:
    ///   - weights: The weight of an event by its age.
    ///   - others: The weight of the other event of a pair by its age.
    init(productsOf weights: [Float], with others: [Float]) {
      let width = max(weights.count, others.count)
      (self.width, rows) = (width, width)
      earlier = Self.products(of: weights, withOlder: others, width)
      later = Self.products(of: others, withOlder: weights, width)
    }

    /// The sums [steps][distances] of products over the steps since the later event of a pair.
    static func products(of weights: [Float], withOlder older: [Float], _ width: Int) -> [Float] {
      var table = [Float](repeating: 0, count: width * width)
      for distance in 0..<width {
        var sum: Float = 0
        for steps in 0..<width {
          if steps < weights.count, distance + steps < older.count { sum += weights[steps] * older[distance + steps] }
          table[steps * width + distance] = sum
        }
      }
      return table
    }
  }

  /// Calls `body` for blocks of items in parallel, each with sums of its own.
  func map<T: Sendable>(using parallel: Parallel, _ body: @Sendable (Range<Int>, Tally) -> T) -> [T] {
    let size = itemsOfBlock
    return parallel.map((itemCount + size - 1) / size) { block in
      body((block * size)..<min(itemCount, (block + 1) * size), Tally(self))
    }
  }

  /// The sums of one item at a time, in memory that is cleared after each.
  final class Tally {
    private let data: WindowSums
    private let sums: SparseSums

    init(_ data: WindowSums) {
      self.data = data
      sums = SparseSums(count: data.itemCount)
    }

    /// Calls `body` with each item below `limit` that is near an event of `item`, ascending, and the sum of the pairs.
    func add(_ item: Int, _ kernel: Kernel, below limit: Int = .max, _ body: (Int, Float) -> Void) {
      let sequences = data.sequences
      let (width, rows) = (kernel.width, kernel.rows)
      sequences.items.withUnsafeBuffer { items in
        kernel.earlier.withUnsafeBufferPointer { earlier in
          kernel.later.withUnsafeBufferPointer { later in
            for place in data.starts[item]..<data.starts[item + 1] {
              let event = Int(data.events[place])
              let own = sequences.events(of: Int(data.users[event]))
              // The steps that follow an event, the user's last step aside; below 0 for the last event.
              let steps = own.upperBound - 2 - event
              if rows > 1, steps < 0 { continue }
              let row = rows > 1 ? min(steps, rows - 1) * width : 0
              for other in max(own.lowerBound, event - width + 1)..<event {
                add(items[other], earlier[row + event - other], below: limit)
              }
              add(Int32(item), earlier[row], below: limit)
              let end = rows > 1 ? own.upperBound - 1 : own.upperBound
              for other in min(event + 1, end)..<min(end, event + width) {
                let row = rows > 1 ? min(own.upperBound - 2 - other, rows - 1) * width : 0
                add(items[other], later[row + other - event], below: limit)
              }
            }
          }
        }
      }
      sums.drain(below: limit, body)
    }

    @inline(__always)
    private func add(_ other: Int32, _ weight: Float, below limit: Int) {
      if Int(other) < limit, weight != 0 { sums.add(weight, at: Int(other)) }
    }
  }
}
