/// Points of the unit cube that fill it more evenly than random ones would: the sequence of Halton, moved by a seeded shift.
///
/// J. H. Halton 1960 (<https://doi.org/10.1007/BF01386213>); the shift is that of Cranley and Patterson 1976 (<https://doi.org/10.1137/0713071>).
struct HaltonSequence: Sendable {
  private let shift: [Double]
  private static let primes = [2, 3, 5, 7, 11, 13, 17, 19]

  /// - Precondition: there are 1 to 8 dimensions.
  init(dimensions: Int, seed: UInt64) {
    precondition((1...Self.primes.count).contains(dimensions))
    shift = (0..<dimensions).map { dimension in
      var stream = RandomStream(seed: seed, .tuning, dimension)
      return stream.uniform()
    }
  }

  /// A point, each of its numbers in [0, 1): a function of its number and the seed alone.
  subscript(number: Int) -> [Double] {
    zip(Self.primes, shift).map { base, shift in
      (Self.radicalInverse(number, base: base) + shift).truncatingRemainder(dividingBy: 1)
    }
  }

  /// The digits of a number mirrored at the point: 6 is 110 in base 2, its mirror .011.
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

/// The part of the unit cube that one round of a search looks at: all of it at first, then half as wide in each round, around the
/// middle of the best points so far, and within the cube; all of it, too, while there is no best.
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

  /// Where a point of the unit cube lies once the cube is the region.
  func place(_ point: [Double]) -> [Double] { zip(lower, point).map { $0 + width * $1 } }
}
