/// Ratings cut into a grid of blocks, so that blocks along a diagonal share no person and no item.
///
/// People and items are renumbered at random, which spreads the busy ones evenly over the grid. Blocks are stored diagonal after
/// diagonal, each sorted by person, so that a person's row stays in the cache nearest the core.
struct Strata: Sendable {
  /// The ratings, block after block, under the new numbers.
  let ratings: Buffer<PackedRating>
  /// The new number of each person.
  let userRows: [Int32]
  /// The new number of each item.
  let itemRows: [Int32]
  /// Stripes of people, and as many of items.
  private let grid: Int
  /// Where each block starts, and the end of the last.
  private let offsets: [Int]

  /// Ratings for one block, about what fits the second-level cache with its rows.
  static let ratingsOfBlock = 4096

  /// One block in the data's own order.
  init(inOrder data: TrainingData) {
    grid = 1
    offsets = [0, data.count]
    userRows = Array(0..<Int32(data.userCount))
    itemRows = Array(0..<Int32(data.itemCount))
    ratings = Buffer(
      (0..<data.count).map { PackedRating(user: data.users[$0], item: data.items[$0], value: data.values[$0]) })
  }

  init(of data: TrainingData, seed: UInt64, ratingsOfBlock: Int = Strata.ratingsOfBlock) {
    let grid = max(1, min(128, Int((Double(data.count) / Double(ratingsOfBlock)).squareRoot())))
    var users = RandomStream(seed: seed, .order, 0)
    var items = RandomStream(seed: seed, .order, 1)
    let userRows = users.permutation(of: data.userCount)
    let itemRows = items.permutation(of: data.itemCount)
    let block = { (position: Int) -> Int in
      let row = Int(userRows[Int(data.users[position])]) * grid / data.userCount
      let column = Int(itemRows[Int(data.items[position])]) * grid / data.itemCount
      return (column + grid - row) % grid * grid + row
    }
    // By person, then (stably) by block.
    var userOffsets = [Int](repeating: 0, count: data.userCount + 1)
    for user in data.users { userOffsets[Int(userRows[Int(user)]) + 1] += 1 }
    for user in 0..<data.userCount { userOffsets[user + 1] += userOffsets[user] }
    var byUser = [Int](repeating: 0, count: data.count)
    for position in 0..<data.count {
      let user = Int(userRows[Int(data.users[position])])
      byUser[userOffsets[user]] = position
      userOffsets[user] += 1
    }
    var offsets = [Int](repeating: 0, count: grid * grid + 1)
    for position in 0..<data.count { offsets[block(position) + 1] += 1 }
    for index in 0..<(grid * grid) { offsets[index + 1] += offsets[index] }
    var next = offsets
    var sorted = Buffer(repeating: PackedRating(user: 0, item: 0, value: 0), count: data.count)
    sorted.withSharedWriter { sorted in
      for position in byUser {
        let index = block(position)
        sorted[next[index]] = PackedRating(
          user: userRows[Int(data.users[position])], item: itemRows[Int(data.items[position])],
          value: data.values[position])
        next[index] += 1
      }
    }
    self.grid = grid
    self.offsets = offsets
    self.userRows = userRows
    self.itemRows = itemRows
    ratings = sorted
  }

  /// The number of blocks.
  var blockCount: Int { grid * grid }

  /// The diagonal that an epoch begins with.
  func shift(ofEpoch epoch: Int, seed: UInt64) -> Int {
    var stream = RandomStream(seed: seed, .order, 2, epoch)
    return stream.below(grid)
  }

  /// Runs each block once, in an order whose result is that of one diagonal after another, and sums what they return in that order.
  ///
  /// A block waits only for the two blocks of the diagonal before that share its people or its items.
  func forEachBlock(shift: Int, using parallel: Parallel, _ run: @Sendable (Range<Int>) -> Double) -> Double {
    let grid = grid
    var sums = Buffer<Double>(repeating: 0, count: grid * grid)
    sums.withSharedWriter { sums in
      parallel.forEach(
        grid * grid,
        after: { ticket in
          let (diagonal, row) = ticket.quotientAndRemainder(dividingBy: grid)
          return diagonal == 0 ? nil : (ticket - grid, (diagonal - 1) * grid + (row + 1) % grid)
        }
      ) { ticket in
        let block = (ticket / grid + shift) % grid * grid + ticket % grid
        sums[ticket] = run(offsets[block]..<offsets[block + 1])
      }
    }
    return sums.reduce(0, +)
  }
}

extension Factors {
  /// The rows in the order of `places`: row i is this table's row `places[i]`.
  func reordered(by places: [Int32]) -> Factors {
    var result = Factors(count: places.count, rank: rank)
    result.elements.withSharedWriter { out in
      for row in places.indices {
        let from = Int(places[row]) * stride
        for column in 0..<rank { out[row * stride + column] = elements[from + column] }
      }
    }
    return result
  }
}

extension Buffer<Float> {
  func reordered(by places: [Int32]) -> Buffer<Float> { Buffer(places.map { self[Int($0)] }) }
}
