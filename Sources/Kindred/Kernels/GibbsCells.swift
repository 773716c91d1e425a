/// Which rows of two other tables meet in each cell of a row, and where the cell's target is.
///
/// It is the same data in the order of one side: users, items or days.
struct GibbsCells: Sendable {
  /// Where each row's cells start, and the end of the last.
  var offsets: Buffer<Int64>
  var left: Buffer<Int32>
  /// Nil where there is no third side.
  var right: Buffer<Int32>?
  /// The position of each cell's target.
  var places: Buffer<Int32>

  var rowCount: Int { offsets.count - 1 }

  /// Sorts cells by one side's rows, keeping their order within a row. O(cells).
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

  /// Cells that are in the order of the rows already, as are their targets.
  init(inOrder offsets: [Int64], left: [Int32], right: [Int32]?) {
    self.offsets = Buffer(offsets)
    self.left = Buffer(left)
    self.right = right.map { Buffer($0) }
    places = Buffer(0..<Int32(left.count))
  }

  /// Runs of rows of about equal work, cut by the data alone.
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
