/// Ratings in a grid of blocks: blocks of different stripes share no user and no item.
///
/// Users and items are renumbered at random, which spreads the active ones evenly over the grid. A pass takes one
/// stripe of items after another, and within it one stripe of users after another. The stripe of items stays in the
/// second-level cache while the rows of the users pass through it.
struct Strata: Sendable {
  /// The ratings, block after block, under the new numbers.
  let ratings: Buffer<PackedRating>
  /// The new number of each user.
  let userRows: [Int32]
  /// The new number of each item.
  let itemRows: [Int32]
  private let users: Stripes
  private let items: Stripes
  /// The start of each block and the end of the last one. The blocks of a stripe of items follow each other.
  private let offsets: [Int]

  /// The target number of ratings per block, for a grid with as many stripes of items as of users.
  static let ratingsOfBlock = 4096
  /// The maximum size of a stripe of items in bytes, so that nearly all of it stays in a second-level cache of 1 MiB.
  /// With fewer stripes of items a user's row is loaded less often, for more ratings each time.
  private static let bytesOfItemStripe = 1 << 20
  /// The number of one user's ratings that the kernel takes in one step.
  private static let runLength = 4
  /// The minimum number of stripes of items, unless the grid is smaller. A pass uses at most one thread per stripe.
  private static let itemStripes = 12

  /// Cuts data into a grid that depends on its size and the number of floats per row of factors.
  ///
  /// - Complexity: O(ratings + users + items).
  init(
    of data: TrainingData, stride: Int, seed: UInt64, ratingsOfBlock: Int = Strata.ratingsOfBlock,
    using parallel: Parallel
  ) {
    let grid = max(1, min(128, Int((Double(data.count) / Double(ratingsOfBlock)).squareRoot())))
    let neededStripes = (data.itemCount * stride * 4 + Self.bytesOfItemStripe - 1) / Self.bytesOfItemStripe
    users = Stripes(rows: data.userCount, atLeast: grid)
    items = Stripes(rows: data.itemCount, atLeast: max(min(Self.itemStripes, grid), neededStripes))
    var userStream = RandomStream(seed: seed, .order, 0)
    var itemStream = RandomStream(seed: seed, .order, 1)
    userRows = userStream.permutation(of: data.userCount)
    itemRows = itemStream.permutation(of: data.itemCount)
    let userPlaces = users.places(of: userRows)
    let itemPlaces = items.places(of: itemRows)
    let (userStripes, itemStripes) = (users.count, items.count)
    var grouped = Grouping.sorted(data.count, into: itemStripes * userStripes, using: parallel) {
      Int(itemPlaces[Int(data.items[$0])].stripe) * userStripes + Int(userPlaces[Int(data.users[$0])].stripe)
    } element: {
      PackedRating(
        user: userPlaces[Int(data.users[$0])].row, item: itemPlaces[Int(data.items[$0])].row, value: data.values[$0])
    }
    let starts = grouped.starts
    let mostUsers = (data.userCount + users.count - 1) / users.count
    grouped.elements.withSharedWriter { out in
      parallel.forEach(starts.count - 1) { block in
        Self.bringIntoRuns(out, starts[block]..<starts[block + 1], userCount: mostUsers)
      }
    }
    ratings = grouped.elements
    offsets = starts
  }

  /// The places of one user's ratings within a block.
  private struct Runs {
    var count = 0
    /// The number of ratings in whole runs that are not placed yet.
    var whole = 0
    /// The places of the next rating of a whole run, and of the next one of the rest.
    var next = 0
    var rest = 0
  }

  /// Sorts a block's ratings by user, so that the kernel takes four ratings of a user in one step.
  ///
  /// Whole runs of four come first. Leftovers follow, grouped by length, so that the inner loop's branch is
  /// predictable.
  private static func bringIntoRuns(_ out: SharedWriter<PackedRating>, _ block: Range<Int>, userCount: Int) {
    let ratings = block.map { out[$0] }
    var runsOfUsers = [Runs](repeating: Runs(), count: userCount)
    var runs = runsOfUsers.mutableSpan
    for rating in ratings { runs[Int(rating.user)].count += 1 }
    var end = block.lowerBound
    for user in 0..<userCount {
      runs[user].whole = runs[user].count / runLength * runLength
      runs[user].next = end
      end += runs[user].whole
    }
    for length in (1..<runLength).reversed() {
      for user in 0..<userCount where runs[user].count % runLength == length {
        runs[user].rest = end
        end += length
      }
    }
    for rating in ratings {
      let user = Int(rating.user)
      if runs[user].whole > 0 {
        out[runs[user].next] = rating
        runs[user].next += 1
        runs[user].whole -= 1
      } else {
        out[runs[user].rest] = rating
        runs[user].rest += 1
      }
    }
  }
}

extension Strata {
  /// The number of blocks.
  var blockCount: Int { users.count * items.count }

  private func block(_ itemStripe: Int, _ userStripe: Int) -> GradientBlock {
    let number = itemStripe * users.count + userStripe
    return GradientBlock(
      ratings: offsets[number]..<offsets[number + 1], users: users.rows(of: userStripe),
      items: items.rows(of: itemStripe))
  }

  /// Runs each block once and sums the results in the order of the blocks. Stripes of items run in parallel.
  ///
  /// The seed and the epoch determine the first block of a pass.
  func forEachBlock(
    epoch: Int, seed: UInt64, using parallel: Parallel, _ run: @Sendable (GradientBlock) -> Double
  ) -> Double {
    var stream = RandomStream(seed: seed, .order, 2, epoch)
    let shift = (items: stream.below(items.count), users: stream.below(users.count))
    let steps = users.count
    let sums = Buffer<Double>(count: blockCount) { sums in
      for index in 0..<blockCount { sums[index] = 0 }
      parallel.forEachColumn(items.count, steps: steps) { column, step in
        sums[column * steps + step] = run(
          block((column + shift.items) % items.count, (step + shift.users) % users.count))
      }
    }
    return sums.reduce(0, +)
  }

  /// Passes the ratings of each stripe of users to `body`, which saves a second copy of the data.
  ///
  /// - Parameters:
  ///   - parallel: The threads to use.
  ///   - body: Called once per stripe, with one row per user, the items under their new numbers, and the numbers of the
  ///     users in the data. The columns of a row are not sorted, which is good enough for fold-in.
  func forEachStripeOfHistories(
    using parallel: Parallel,
    _ body: @Sendable (SparseMatrix, _ users: [Int32]) -> Void
  ) {
    let order = userRows.inverted
    parallel.forEach(users.count) { stripe in
      let rows = users.rows(of: stripe)
      body(histories(ofStripe: stripe, count: rows.count), Array(order[rows]))
    }
  }

  private func histories(ofStripe stripe: Int, count: Int) -> SparseMatrix {
    let blocks = (0..<items.count).map { block($0, stripe) }
    var rows = GroupPlaces(groups: count) { count in
      for block in blocks { for position in block.ratings { count(Int(ratings[position].user)) } }
    }
    var values = Buffer<Float>(repeating: 0, count: Int(rows.starts[count]))
    let columns = values.withSharedWriter { values in
      Buffer<Int32>(count: values.count) { columns in
        for block in blocks {
          for position in block.ratings {
            let rating = ratings[position]
            let place = rows.place(in: Int(rating.user))
            columns[place] = Int32(block.items.lowerBound) + Int32(rating.item)
            values[place] = rating.value
          }
        }
      }
    }
    return SparseMatrix(
      rowCount: count, columnCount: itemRows.count, offsets: rows.starts, columns: columns, values: values)
  }
}

/// A cut of rows into stripes of nearly equal length.
private struct Stripes: Sendable {
  private let rowCount: Int
  let count: Int

  /// Cuts into at least `count` stripes, none of which has more than 65,536 rows.
  init(rows: Int, atLeast count: Int) {
    rowCount = rows
    self.count = max(count, (rows + 0xFFFF) / 0x10000)
  }

  func rows(of stripe: Int) -> Range<Int> { stripe * rowCount / count..<(stripe + 1) * rowCount / count }

  /// The place of each row, given the rows' new numbers.
  func places(of numbers: [Int32]) -> [Place] {
    var places = [Place](repeating: Place(stripe: 0, row: 0), count: rowCount)
    let old = numbers.inverted
    for stripe in 0..<count {
      let rows = rows(of: stripe)
      for row in rows { places[Int(old[row])] = Place(stripe: UInt16(stripe), row: UInt16(row - rows.lowerBound)) }
    }
    return places
  }
}

/// A stripe, and a row relative to the stripe's first.
private struct Place: Sendable {
  let stripe, row: UInt16
}

extension Array<Int32> {
  /// The inverse of this permutation.
  fileprivate var inverted: [Int32] {
    var inverted = self
    for (element, place) in enumerated() { inverted[Int(place)] = Int32(element) }
    return inverted
  }
}
