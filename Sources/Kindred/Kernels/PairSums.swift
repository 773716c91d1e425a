import CKindredKernels

/// Sums of pairs of items: a symmetric matrix without its diagonal, of which a row holds the items before its own.
///
/// A row with many sums has a bit per item before it, so that a sum is found in a few steps. A row with few sums lists
/// their items.
struct PairSums: Sendable {
  fileprivate struct Row: BitwiseCopyable, Sendable {
    var isListed: Bool
    /// The row's first item in `listed`, or its first word.
    var place: Int
    /// The row's first sum in `sums`.
    var first: Int
    var count: Int
  }
  private let rows: Buffer<Row>
  private let listed: Buffer<Int32>
  private let words: Buffer<UInt64>
  /// The number of bits of the row before each word.
  private let ranks: Buffer<UInt32>
  private let sums: Buffer<Float>

  /// The number of items.
  var count: Int { rows.count }

  /// The rows of some items in order.
  struct Block: Sendable {
    fileprivate private(set) var rows: [Row] = []
    fileprivate private(set) var listed: [Int32] = []
    fileprivate private(set) var words: [UInt64] = []
    fileprivate private(set) var ranks: [UInt32] = []
    fileprivate private(set) var sums: [Float] = []

    /// Appends the row of an item.
    ///
    /// - Parameters:
    ///   - item: The item.
    ///   - others: The items of the row, ascending, all before `item`.
    ///   - values: The sum of each.
    mutating func append(_ item: Int, _ others: [Int32], _ values: [Float]) {
      // Below this share the bits would take more memory than the items.
      let isListed = others.count * 32 < item
      rows.append(
        Row(
          isListed: isListed, place: isListed ? listed.count : words.count, first: sums.count, count: others.count))
      sums += values
      if isListed {
        listed += others
        return
      }
      let first = words.count
      words += repeatElement(0, count: (item + 63) / 64)
      for other in others { words[first + Int(other) / 64] |= 1 << UInt64(other % 64) }
      var rank: UInt32 = 0
      for word in words[first...] {
        ranks.append(rank)
        rank += UInt32(word.nonzeroBitCount)
      }
    }
  }

  /// Creates the sums from blocks of items in order.
  init(_ blocks: [Block]) {
    var rows: [Row] = []
    var (listed, words, sums) = (0, 0, 0)
    for block in blocks {
      for var row in block.rows {
        row.place += row.isListed ? listed : words
        row.first += sums
        rows.append(row)
      }
      listed += block.listed.count
      words += block.words.count
      sums += block.sums.count
    }
    self.rows = Buffer(rows)
    self.listed = Buffer(joining: blocks.map(\.listed), isReadAtRandom: true)
    self.words = Buffer(joining: blocks.map(\.words), isReadAtRandom: true)
    ranks = Buffer(joining: blocks.map(\.ranks), isReadAtRandom: true)
    self.sums = Buffer(joining: blocks.map(\.sums), isReadAtRandom: true)
  }

  /// Writes an item's sums with `others`, ascending items before it; 0 where there is none.
  func read(_ item: Int, at others: Slice<UnsafeBufferPointer<Int32>>, into out: UnsafeMutablePointer<Float>) {
    let row = rows[item]
    let others = UnsafeBufferPointer(rebasing: others)
    sums.withUnsafeBuffer { sums in
      if row.isListed {
        listed.withUnsafeBuffer { listed in
          var low = row.place
          let end = low + row.count
          for (slot, other) in others.enumerated() {
            low = listed[low..<end].firstIndex(notBelow: other)
            out[slot] = low < end && listed[low] == other ? sums[row.first + low - row.place] : 0
          }
        }
        return
      }
      words.withUnsafeBuffer { words in
        ranks.withUnsafeBuffer { ranks in
          guard let word = words.baseAddress, let rank = ranks.baseAddress, let sum = sums.baseAddress else { return }
          kindred_pair_sums(
            word + row.place, rank + row.place, sum + row.first, others.baseAddress, Int64(others.count), out)
        }
      }
    }
  }
}
