extension RandomAccessCollection where Element: Comparable, Index == Int {
  /// The first position, in rising order, of an element that is not below `element`; the end where all are. O(log
  /// count).
  func firstIndex(notBelow element: Element) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Where an element is, in rising order; nil where it is not there. O(log count).
  func sortedIndex(of element: Element) -> Int? {
    let position = firstIndex(notBelow: element)
    return position < endIndex && self[position] == element ? position : nil
  }
}
