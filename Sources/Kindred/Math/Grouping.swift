/// A stable counting sort into few groups, in parallel over chunks of the data.
enum Grouping {
  /// Sorts the elements of positions `0..<count` by group; within a group they keep the order of their positions.
  ///
  /// The result does not depend on `parallel`, nor on the length of a chunk.
  ///
  /// - Parameter elementsOfChunk: nil takes chunks that are long compared with the counts that each of them keeps.
  /// - Returns: The elements, and the start of each group followed by the end of the last.
  /// - Complexity: O(count + groups).
  @inline(__always)  // so that the two closures become part of the loops
  static func sorted<Element: BitwiseCopyable & Sendable>(
    _ count: Int, into groups: Int, elementsOfChunk: Int? = nil, using parallel: Parallel = Parallel(threads: 1),
    by group: @Sendable (Int) -> Int, element: @Sendable (Int) -> Element
  ) -> (elements: Buffer<Element>, starts: [Int]) {
    let elementsOfChunk = elementsOfChunk ?? max(1 << 19, 4 * groups)
    let chunks = (count + elementsOfChunk - 1) / elementsOfChunk
    let range = { @Sendable (number: Int) in
      number * elementsOfChunk..<min(count, (number + 1) * elementsOfChunk)
    }
    var next = parallel.map(chunks) { number in
      var counts = [Int](repeating: 0, count: groups)
      for position in range(number) { counts[group(position)] += 1 }
      return counts
    }
    var starts = [0]
    var total = 0
    for group in 0..<groups {
      for number in next.indices { (next[number][group], total) = (total, total + next[number][group]) }
      starts.append(total)
    }
    let first = next
    let elements = Buffer<Element>(count: count) { out in
      parallel.forEach(chunks) { number in
        var next = first[number]
        for position in range(number) {
          let group = group(position)
          out[next[group]] = element(position)
          next[group] += 1
        }
      }
    }
    return (elements, starts)
  }

  /// The positions of some keys in order of the keys, equal ones in their own order; and where each key's positions
  /// start.
  static func positions(of keys: [Int32], into groups: Int) -> (positions: Buffer<Int>, starts: [Int]) {
    let sorted = sorted(keys.count, into: groups) {
      Int(keys[$0])
    } element: {
      $0
    }
    return (sorted.elements, sorted.starts)
  }
}

/// Where the elements of each group go, for a sort whose elements are written to more than one place: all of them are
/// counted, then all are placed in the same order.
struct GroupPlaces {
  /// Where each group starts, and the end of the last.
  let starts: Buffer<Int64>
  private var next: [Int64]

  /// Counts the elements. O(elements + groups).
  @inline(__always)  // so that the closure becomes part of the loop
  init(groups: Int, counting elements: ((Int) -> Void) -> Void) {
    var starts = [Int64](repeating: 0, count: groups + 1)
    elements { starts[$0 + 1] += 1 }
    for group in 0..<groups { starts[group + 1] += starts[group] }
    self.starts = Buffer(starts)
    next = starts
  }

  /// Where the next element of a group goes.
  mutating func place(in group: Int) -> Int {
    defer { next[group] += 1 }
    return Int(next[group])
  }
}
