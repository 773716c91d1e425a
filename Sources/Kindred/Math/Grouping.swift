/// A stable counting sort into few groups, each chunk of the data on its own.
enum Grouping {

  /// The elements of positions `0..<count` group after group, within a group in the order of the positions; and where each group starts.
  ///
  /// O(count + groups). The result does not depend on `parallel`.
  @inline(__always)  // so that the two closures become part of the loops
  static func sorted<Element: BitwiseCopyable & Sendable>(
    _ count: Int, into groups: Int, using parallel: Parallel, by group: @Sendable (Int) -> Int,
    element: @Sendable (Int) -> Element
  ) -> (elements: Buffer<Element>, starts: [Int]) {
    // Chunks that are long beside the counts that each of them keeps.
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
