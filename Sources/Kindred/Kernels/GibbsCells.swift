/// The cells of one side, users, items or days: per rating the rows on the two other sides, and the place of its
/// target.
///
/// Each side has the same ratings, grouped by its own rows.
struct GibbsCells: Sendable {
  /// The start of each row's cells, and the end of the last.
  var offsets: Buffer<Int64>
  var left: Buffer<Int32>
  /// Nil without a third side.
  var right: Buffer<Int32>?
  /// The position of each cell's target.
  var places: Buffer<Int32>

  var rowCount: Int { offsets.count - 1 }

  /// Groups cells by the rows of one side, and keeps their order within a row. O(cells).
  init(rowCount: Int, rows: [Int32], left: [Int32], right: [Int32]?) {
    let (places, starts) = Grouping.sorted(rows.count, into: rowCount) {
      Int(rows[$0])
    } element: {
      Int32($0)
    }
    offsets = Buffer(starts.map { Int64($0) })
    self.left = Buffer(places.map { left[Int($0)] })
    self.right = right.map { right in Buffer(places.map { right[Int($0)] }) }
    self.places = places
  }

  /// Uses cells whose order is that of the rows, and whose targets have the same order.
  init(inOrder offsets: [Int64], left: [Int32], right: [Int32]?) {
    self.offsets = Buffer(offsets)
    self.left = Buffer(left)
    self.right = right.map { Buffer($0) }
    places = Buffer(0..<Int32(left.count))
  }

  /// Ranges of rows with about equal work, which depend on the data alone.
  func blocks(rank: Int) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var start = 0
    var work = 0
    for row in 0..<rowCount {
      work += Int(offsets[row + 1] - offsets[row]) + rank + 16
      if work >= Self.workOfBlock || row + 1 == rowCount {
        blocks.append(start..<(row + 1))
        start = row + 1
        work = 0
      }
    }
    return blocks
  }

  private static let workOfBlock = 4096
}
