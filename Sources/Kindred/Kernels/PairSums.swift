import CKindredKernels

/// Sums of pairs of items: a symmetric matrix without its diagonal, of which a row holds the items before its own.
///
/// A row takes the form with the fewest bytes. A row with few sums lists their items. A row with many has a bit per
/// item before it, so that a sum is found in a few steps. A row of counts of nearly all items has a count of 16 bits
/// per item.
struct PairSums: Sendable {
  fileprivate enum Form: BitwiseCopyable, Sendable {
    case listed, bits, counts
  }

  fileprivate struct Row: BitwiseCopyable, Sendable {
    var form: Form
    /// The row's first item in `listed`, its first word, or its first count.
    var place: Int
    /// The row's first sum in `sums`.
    var first: Int
    var count: Int
  }
  private let rows: Buffer<Row>
  private let listed: Buffer<Int32>
  private let counts: Buffer<UInt16>
  private let words: Buffer<UInt64>
  /// The number of bits of the row before each word.
  private let ranks: Buffer<UInt32>
  private let sums: Buffer<Float>

  /// The number of items.
  var count: Int { rows.count }

  /// The most bytes that sums of some pairs take, evenly spread over the items.
  static func bytes(pairs: Int, items: Int) -> Int { min(8 * pairs, 4 * pairs + items * items / 128 * 12) }

  /// The rows of some items in order.
  struct Block: Sendable {
    fileprivate var rows: [Row] = []
    fileprivate var listed: [Int32] = []
    fileprivate var counts: [UInt16] = []
    fileprivate var words: [UInt64] = []
    fileprivate var ranks: [UInt32] = []
    fileprivate var sums: [Float] = []

    /// Appends the row of an item.
    ///
    /// - Parameters:
    ///   - item: The item.
    ///   - others: The items of the row, ascending, all before `item`.
    ///   - values: The sum of each.
    mutating func append(_ item: Int, _ others: ArraySlice<Int32>, _ values: ArraySlice<Float>) {
      let form = Form(ofRow: item, values)
      let place =
        switch form {
        case .listed: listed.count
        case .bits: words.count
        case .counts: counts.count
        }
      rows.append(Row(form: form, place: place, first: sums.count, count: others.count))
      switch form {
      case .listed:
        listed += others
        sums += values
      case .bits:
        words += repeatElement(0, count: (item + 63) / 64)
        for other in others { words[place + Int(other) / 64] |= 1 << UInt64(other % 64) }
        var rank: UInt32 = 0
        for word in words[place...] {
          ranks.append(rank)
          rank += UInt32(word.nonzeroBitCount)
        }
        sums += values
      case .counts:
        counts += repeatElement(0, count: item)
        for (other, value) in zip(others, values) { counts[place + Int(other)] = UInt16(value) }
      }
    }
  }

  /// Creates the sums from blocks of items in order.
  init(_ blocks: consuming [Block]) {
    var blocks = blocks
    var rows: [Row] = []
    var (listed, counts, words, sums) = (0, 0, 0, 0)
    for block in blocks {
      for var row in block.rows {
        switch row.form {
        case .listed: row.place += listed
        case .bits: row.place += words
        case .counts: row.place += counts
        }
        row.first += sums
        rows.append(row)
      }
      listed += block.listed.count
      counts += block.counts.count
      words += block.words.count
      sums += block.sums.count
    }
    self.rows = Buffer(rows)
    self.listed = Self.joined(&blocks, \.listed)
    self.counts = Self.joined(&blocks, \.counts)
    self.words = Self.joined(&blocks, \.words)
    ranks = Self.joined(&blocks, \.ranks)
    self.sums = Self.joined(&blocks, \.sums)
  }

  /// Joins a part of all blocks, which frees it block by block, so that it is never in memory twice.
  private static func joined<Element>(
    _ blocks: inout [Block], _ part: WritableKeyPath<Block, [Element]>
  ) -> Buffer<Element> {
    let count = blocks.reduce(0) { $0 + $1[keyPath: part].count }
    return Buffer(count: count, isReadAtRandom: true) { out in
      var end = out.base
      for block in blocks.indices {
        let elements = blocks[block][keyPath: part]
        blocks[block][keyPath: part] = []
        _ = UnsafeMutableBufferPointer(start: end, count: elements.count).initialize(from: elements)
        end += elements.count
      }
    }
  }

  /// Writes an item's sums with `others`, ascending items before it; 0 where there is none.
  func read(_ item: Int, at others: Slice<UnsafeBufferPointer<Int32>>, into out: UnsafeMutablePointer<Float>) {
    let row = rows[item]
    let others = UnsafeBufferPointer(rebasing: others)
    switch row.form {
    case .listed:
      sums.withUnsafeBuffer { sums in
        listed.withUnsafeBuffer { listed in
          var low = row.place
          let end = low + row.count
          for (slot, other) in others.enumerated() {
            while low < end, listed[low] < other { low += 1 }
            out[slot] = low < end && listed[low] == other ? sums[row.first + low - row.place] : 0
          }
        }
      }
    case .bits:
      sums.withUnsafeBuffer { sums in
        words.withUnsafeBuffer { words in
          ranks.withUnsafeBuffer { ranks in
            guard let word = words.baseAddress, let rank = ranks.baseAddress, let sum = sums.baseAddress else { return }
            kindred_pair_sums(
              word + row.place, rank + row.place, sum + row.first, others.baseAddress, Int64(others.count), out)
          }
        }
      }
    case .counts:
      counts.withUnsafeBuffer { counts in
        for (slot, other) in others.enumerated() { out[slot] = Float(counts[row.place + Int(other)]) }
      }
    }
  }
}

extension PairSums.Form {
  /// The form of a row that takes the fewest bytes.
  ///
  /// - Parameters:
  ///   - item: The item of the row, which is the number of items before it.
  ///   - values: The sums of the row.
  fileprivate init(ofRow item: Int, _ values: ArraySlice<Float>) {
    let bytes = (listed: 8 * values.count, bits: 4 * values.count + item / 64 * 12, counts: 2 * item)
    if bytes.counts < min(bytes.listed, bytes.bits), values.allSatisfy({ Float(UInt16(exactly: $0) ?? 0) == $0 }) {
      self = .counts
    } else {
      self = bytes.listed < bytes.bits ? .listed : .bits
    }
  }
}
