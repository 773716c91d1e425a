/// A stable counting sort into few groups, in parallel over chunks of the data.
enum Grouping {

  /// Sorts the elements of positions `0..<count` by group; within a group they keep the order of their positions.
  ///
  /// The result does not depend on `parallel`.
  ///
  /// - Returns: The elements, and the start of each group followed by the end of the last.
  /// - Complexity: O(count + groups).
  @inline(__always)  // so that the two closures become part of the loops
  static func sorted<Element: BitwiseCopyable & Sendable>(
    _ count: Int, into groups: Int, using parallel: Parallel, by group: @Sendable (Int) -> Int,
    element: @Sendable (Int) -> Element
  ) -> (elements: Buffer<Element>, starts: [Int]) {
    // Chunks are long compared with the counts that each of them keeps.
    let elementsOfChunk = max(1 << 19, 4 * groups)
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
}
