/// A layout of rows in the plane that keeps near neighbours near: t-SNE.
///
/// Every row is attracted by its nearest neighbours and repelled by all rows (van der Maaten, Hinton 2008,
/// <https://jmlr.org/papers/v9/vandermaaten08a.html>). Initialization with the principal components preserves the
/// global structure (Kobak, Berens 2019, <https://doi.org/10.1038/s41467-019-13056-x>). All neighbours have the same
/// weight, which gives nearly the same picture as the usual Gaussian weights and needs no exponential (Böhm, Berens,
/// Kobak 2022, <https://jmlr.org/papers/v23/21-0055.html>). The learning rate is a twelfth of the number of rows
/// (Belkina and others 2019, <https://doi.org/10.1038/s41467-019-13055-y>).
struct NeighborEmbedding {
  /// The number of neighbours that attract a row.
  var neighbors = 15
  /// The factor of the attraction in the first rounds (early exaggeration).
  var exaggeration: Float = 12
  /// The number of rounds with the stronger attraction.
  var firstRounds = 150
  /// The number of rounds after them.
  var rounds = 300

  /// The number of rows per block; it affects the bytes of the result.
  private static let rowsOfBlock = 16

  /// The place of each row, with the centre of gravity at the origin; the same bytes at any number of threads.
  ///
  /// - Parameters:
  ///   - rows: Rows of length 1.
  ///   - masses: The strength of each row's repulsion, 1 on average; heavy rows get more room.
  ///   - start: The place of each row in an earlier layout, nil for a new row. The rounds with the stronger attraction
  ///     are left out then, so that rows stay near their places. Empty for a layout of its own.
  /// - Returns: The places, or nil if the work was cancelled.
  /// - Complexity: O(rows² · (rounds + rank)).
  func layout(
    of rows: Factors, masses: [Float], start: [SIMD2<Float>?] = [], using parallel: Parallel
  ) -> [SIMD2<Float>]? {
    precondition(masses.count == rows.count && (start.isEmpty || start.count == rows.count))
    guard rows.count > 3 else { return rows.principalPlane() }
    let pulls = mutualNeighbors(of: rows, using: parallel)
    var places = start.isEmpty ? rows.principalPlane() : Self.completed(start, pulls)
    let firstRounds = start.isEmpty ? firstRounds : 0
    var speeds = [SIMD2<Float>](repeating: .zero, count: rows.count)
    let step = Swift.max(1, Float(rows.count) / 12)
    for round in 0..<(firstRounds + rounds) {
      if parallel.isCancelled { return nil }
      let isFirst = round < firstRounds
      let forces = forces(places, masses, pulls, exaggeration: isFirst ? exaggeration : 1, using: parallel)
      for row in places.indices {
        speeds[row] = (isFirst ? 0.5 : 0.8) * speeds[row] - step * forces[row]
        places[row] += speeds[row]
      }
    }
    let center = places.reduce(.zero, +) / Float(places.count)
    return places.map { $0 - center }
  }

  /// The places of a start; a row without one is put in the middle of the rows that attract it.
  private static func completed(
    _ start: [SIMD2<Float>?], _ pulls: [[(row: Int32, strength: Float)]]
  ) -> [SIMD2<Float>] {
    start.indices.map { row in
      if let place = start[row] { return place }
      let known = pulls[row].compactMap { start[Int($0.row)] }
      // Rows at one place would never part.
      let apart = SIMD2(Float(row % 7), Float(row % 11)) / 100
      return known.isEmpty ? apart : known.reduce(.zero, +) / Float(known.count) + apart
    }
  }

  /// For each row the rows that attract it, with strengths; strengths are symmetric and sum to 1 over all pairs.
  private func mutualNeighbors(of rows: Factors, using parallel: Parallel) -> [[(row: Int32, strength: Float)]] {
    let most = Swift.min(neighbors, rows.count - 1)
    let size = Self.rowsOfBlock
    let packed = PackedItems(rows, biases: Buffer(repeating: 0, count: rows.count))
    let nearest = parallel.map((rows.count + size - 1) / size) { block in
      let range = (block * size)..<Swift.min(rows.count, (block + 1) * size)
      var queries = Factors(count: range.count, rank: rows.rank)
      for row in range { queries[row - range.lowerBound] = rows[row] }
      return packed.topItems(
        queries, base: Array(repeating: 0, count: range.count),
        selection: TopSelection(limit: most, excluded: range.map { [Int32($0)] }))
    }.flatMap { $0 }
    let strength = 1 / (2 * Float(rows.count) * Float(most))
    var pulls = [[(row: Int32, strength: Float)]](repeating: [], count: rows.count)
    for (row, found) in nearest.enumerated() {
      for neighbor in found {
        pulls[row].append((neighbor.item, strength))
        pulls[Int(neighbor.item)].append((Int32(row), strength))
      }
    }
    return pulls
  }

  /// The gradient of t-SNE.
  private func forces(
    _ places: [SIMD2<Float>], _ masses: [Float], _ pulls: [[(row: Int32, strength: Float)]], exaggeration: Float,
    using parallel: Parallel
  ) -> [SIMD2<Float>] {
    let lanes = Lanes(places, masses)
    let size = Self.rowsOfBlock
    let blocks = parallel.map((places.count + size - 1) / size) { block in
      (block * size..<Swift.min(places.count, (block + 1) * size)).map { row in
        let (push, closeness) = lanes.push(on: places[row])
        let mass = masses[row]
        var pull = SIMD2<Float>.zero
        for (other, strength) in pulls[row] {
          let way = places[row] - places[Int(other)]
          pull += strength / (1 + (way * way).sum()) * way
        }
        // The row's closeness to itself does not count.
        return (pull, mass * push, mass * (closeness - mass))
      }
    }.flatMap { $0 }
    let total = blocks.reduce(0) { $0 + Double($1.2) }
    let scale = Float(1 / Swift.max(total, .leastNormalMagnitude))
    return blocks.map { 4 * (exaggeration * $0.0 - scale * $0.1) }
  }
}

/// Places and masses in vectors of eight, so that repulsion is computed eight places at a time.
private struct Lanes: Sendable {
  private var x: [SIMD8<Float>] = []
  private var y: [SIMD8<Float>] = []
  private var mass: [SIMD8<Float>] = []

  init(_ places: [SIMD2<Float>], _ masses: [Float]) {
    for first in stride(from: 0, to: places.count, by: 8) {
      var (x, y, mass) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
      for lane in 0..<Swift.min(8, places.count - first) {
        (x[lane], y[lane], mass[lane]) = (places[first + lane].x, places[first + lane].y, masses[first + lane])
      }
      self.x.append(x)
      self.y.append(y)
      self.mass.append(mass)
    }
  }

  /// The sum over all places of mass · w² · (place − other) with w = 1 / (1 + distance²), and the sum of mass · w.
  func push(on place: SIMD2<Float>) -> (force: SIMD2<Float>, closeness: Float) {
    var (forceX, forceY, closeness) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
    for index in x.indices {
      let (wayX, wayY) = (place.x - x[index], place.y - y[index])
      let weight = 1 / (1 + wayX * wayX + wayY * wayY)
      let heavy = mass[index] * weight
      closeness += heavy
      let squared = heavy * weight
      forceX += squared * wayX
      forceY += squared * wayY
    }
    return (SIMD2(forceX.sum(), forceY.sum()), closeness.sum())
  }
}
