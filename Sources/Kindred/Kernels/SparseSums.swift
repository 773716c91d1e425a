/// Sums by number, of which few are met at a time, in memory that is cleared as they are read.
final class SparseSums {
  private let sums: UnsafeMutablePointer<Float>
  /// One bit per number that has been met.
  private let met: UnsafeMutablePointer<UInt64>
  private let words: Int

  /// Creates sums of 0.
  ///
  /// - Parameter count: The number of sums.
  init(count: Int) {
    words = (count + 63) / 64
    sums = .allocate(capacity: count)
    sums.initialize(repeating: 0, count: count)
    met = .allocate(capacity: words)
    met.initialize(repeating: 0, count: words)
  }

  deinit {
    sums.deallocate()
    met.deallocate()
  }

  @inline(__always)
  func add(_ value: Float, at number: Int) {
    sums[number] += value
    met[number / 64] |= 1 << UInt64(number % 64)
  }

  /// Calls `body` with each number that was met, ascending, and its sum, and sets the sums to 0.
  ///
  /// - Parameter limit: A bound that all numbers are below.
  @inline(__always)
  func drain(below limit: Int = .max, _ body: (Int, Float) -> Void) {
    for word in 0..<min(words, limit == .max ? words : limit / 64 + 1) {
      var bits = met[word]
      met[word] = 0
      while bits != 0 {
        let number = word * 64 + bits.trailingZeroBitCount
        bits &= bits - 1
        body(number, sums[number])
        sums[number] = 0
      }
    }
  }
}
