/// The Halton sequence with a seeded shift: points that fill the unit cube more evenly than random ones.
///
/// The sequence is that of J. H. Halton 1960 (<https://doi.org/10.1007/BF01386213>), the shift that of Cranley and
/// Patterson 1976 (<https://doi.org/10.1137/0713071>).
struct HaltonSequence: Sendable {
  private let shift: [Double]
  private static let primes = [2, 3, 5, 7, 11, 13, 17, 19]

  /// Creates a sequence.
  ///
  /// - Parameters:
  ///   - dimensions: The number of coordinates per point.
  ///   - seed: The seed of the shift.
  /// - Precondition: There are 1 to 8 dimensions.
  init(dimensions: Int, seed: UInt64) {
    precondition((1...Self.primes.count).contains(dimensions))
    shift = (0..<dimensions).map { dimension in
      var stream = RandomStream(seed: seed, .tuning, dimension)
      return stream.uniform()
    }
  }

  /// The point with a number, its coordinates in [0, 1). It depends on the number and the seed alone.
  subscript(number: Int) -> [Double] {
    zip(Self.primes, shift).map { base, shift in
      (Self.radicalInverse(number, base: base) + shift).truncatingRemainder(dividingBy: 1)
    }
  }

  /// The number whose digits after the point are those of `number` in reverse: 6 is 110 in base 2, and its inverse
  /// .011.
  static func radicalInverse(_ number: Int, base: Int) -> Double {
    var (rest, scale, sum) = (number, 1.0, 0.0)
    while rest > 0 {
      scale /= Double(base)
      sum += Double(rest % base) * scale
      rest /= base
    }
    return sum
  }
}

/// The part of the unit cube that one round of a search covers.
///
/// The first round covers the whole cube. Each later one covers a cube of half the previous width around the mean of
/// the best points, moved to lie within the unit cube. Without best points it is the whole cube.
struct SearchRegion: Sendable {
  private let lower: [Double]
  private let width: Double

  init(round: Int, around best: [[Double]], dimensions: Int) {
    let width = best.isEmpty ? 1 : 1 / Double(1 << round)
    self.width = width
    lower = (0..<dimensions).map { dimension in
      let middle = best.reduce(0) { $0 + $1[dimension] } / Double(max(1, best.count))
      return min(max(0, middle - width / 2), 1 - width)
    }
  }

  /// The point of the region that corresponds to a point of the unit cube.
  func place(_ point: [Double]) -> [Double] { zip(lower, point).map { $0 + width * $1 } }
}
