/// The standard normal distribution, by our own arithmetic: the system's functions differ in the last bit from one processor to another.
enum NormalDistribution {
  /// The density at x.
  static func density(_ x: Double) -> Double { exponential(-0.5 * x * x) * 0.398_942_280_401_432_7 }

  /// The probability of less than x, to seven digits in either tail (the rational Chebyshev fit of Numerical Recipes).
  static func probability(below x: Double) -> Double {
    let z = abs(x) * 0.707_106_781_186_547_5
    let t = 1 / (1 + 0.5 * z)
    var series = 0.170_872_77
    series = series * t - 0.822_152_23
    series = series * t + 1.488_515_87
    series = series * t - 1.135_203_98
    series = series * t + 0.278_868_07
    series = series * t - 0.186_288_06
    series = series * t + 0.096_784_18
    series = series * t + 0.374_091_96
    series = series * t + 1.000_023_68
    let tail = 0.5 * t * exponential(series * t - 1.265_512_23 - z * z)
    return x > 0 ? 1 - tail : tail
  }

  /// The x that a probability in (0, 1) is below, to seven digits (Wichura 1988, <https://doi.org/10.2307/2347330>).
  static func quantile(_ p: Double) -> Double {
    let q = p - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180_625 - q * q
      let top = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
      return q * top / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1)
    }
    var r = (-RandomStream.logarithm(max(min(p, 1 - p), .leastNormalMagnitude))).squareRoot()
    let value: Double
    if r <= 5 {
      r -= 1.6
      let top = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
      value = top / ((0.12021132975 * r + 0.73700164250) * r + 1)
    } else {
      r -= 5
      let top = ((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150
      value = top / ((0.012258202635 * r + 0.24197894225) * r + 1)
    }
    return q < 0 ? -value : value
  }

  /// eˣ for x of at most 700; 0 far below.
  static func exponential(_ x: Double) -> Double {
    if x < -700 { return 0 }
    let power = (x * 1.442_695_040_888_963_4).rounded()
    let r = (x - power * 0.693_147_180_369_123_8) - power * 1.908_214_929_270_587_7e-10
    // The Taylor series on ±½ log 2, to the last bit but one.
    var sum = 2.505_210_838_544_171_9e-8
    sum = sum * r + 2.755_731_922_398_589_1e-7
    sum = sum * r + 2.755_731_922_398_589_1e-6
    sum = sum * r + 2.480_158_730_158_730_2e-5
    sum = sum * r + 1.984_126_984_126_984_1e-4
    sum = sum * r + 1.388_888_888_888_888_9e-3
    sum = sum * r + 8.333_333_333_333_333_3e-3
    sum = sum * r + 4.166_666_666_666_666_6e-2
    sum = sum * r + 1.666_666_666_666_666_6e-1
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    return sum * Double(bitPattern: UInt64(Int(power) + 1023) << 52)
  }
}

/// A rating on a scale as a range of a normal variable around a fit: level k of K lies between two of K − 1 rising cut points.
///
/// The variable's precision is 1, or the square of a `root`.
struct OrdinalScale: Sendable, Equatable {
  /// The values of the levels, rising.
  var levels: [Float]
  var cutPoints: [Double]

  /// Levels by the values that occur, cut so that each is as frequent as there; nil unless there are from 2 to 20.
  init?(of values: [Float]) {
    var counts: [Float: Int] = [:]
    for value in values {
      counts[value, default: 0] += 1
      if counts.count > 20 { return nil }
    }
    guard counts.count >= 2 else { return nil }
    levels = counts.keys.sorted()
    var below = 0
    cutPoints = levels.dropLast().map { level in
      below += counts[level] ?? 0
      return NormalDistribution.quantile(Double(below) / Double(values.count))
    }
  }

  init(levels: [Float], cutPoints: [Double]) {
    precondition(levels.count == cutPoints.count + 1)
    self.levels = levels
    self.cutPoints = cutPoints
  }

  /// The level whose value is nearest.
  func level(nearest value: Float) -> Int {
    levels.indices.min { abs(levels[$0] - value) < abs(levels[$1] - value) } ?? 0
  }

  /// The range of a level, beyond its fit, in the variable's deviations.
  private func bounds(of level: Int, around fit: Double, root: Double) -> (low: Double, high: Double) {
    (
      level == 0 ? -40 : root * (cutPoints[level - 1] - fit),
      level == cutPoints.count ? 40 : root * (cutPoints[level] - fit)
    )
  }

  /// The probability between two bounds, exact in either tail, and never 0.
  private static func probability(_ low: Double, _ high: Double) -> Double {
    let flipped = low > 0
    let (a, b) = flipped ? (-high, -low) : (low, high)
    return max(NormalDistribution.probability(below: b) - NormalDistribution.probability(below: a), 1e-280)
  }

  /// A draw of the variable behind a level, given its fit.
  func draw(_ level: Int, around fit: Double, root: Double, uniform: Double) -> Double {
    let (low, high) = bounds(of: level, around: fit, root: root)
    let flipped = low > 0
    let (a, b) = flipped ? (-high, -low) : (low, high)
    let start = NormalDistribution.probability(below: a)
    let share = start + uniform * (NormalDistribution.probability(below: b) - start)
    let x = share > 0 && share < 1 ? min(b, max(a, NormalDistribution.quantile(share))) : max(a, min(b, 0))
    return fit + (flipped ? -x : x) / root
  }

  /// The mean and the variance of the variable behind a level, given its fit.
  func moments(of level: Int, around fit: Double, root: Double) -> (mean: Double, variance: Double) {
    let (low, high) = bounds(of: level, around: fit, root: root)
    let probability = Self.probability(low, high)
    let (bottom, top) = (NormalDistribution.density(low) / probability, NormalDistribution.density(high) / probability)
    let mean = min(high, max(low, bottom - top))
    return (fit + mean / root, min(1, max(0, 1 + low * bottom - high * top - mean * mean)) / (root * root))
  }

  /// The expected value, and the expected square of it, of a variable with a mean and a standard deviation.
  func moments(mean: Double, deviation: Double) -> (value: Double, square: Double) {
    // Steps of the levels above the lowest, times the probability to be beyond the cut below.
    var (value, square) = (Double(levels[0]), Double(levels[0]) * Double(levels[0]))
    for (index, cut) in cutPoints.enumerated() {
      let beyond = NormalDistribution.probability(below: (mean - cut) / deviation)
      let (lower, upper) = (Double(levels[index]), Double(levels[index + 1]))
      value += (upper - lower) * beyond
      square += (upper * upper - lower * lower) * beyond
    }
    return (value, square)
  }

  /// The log-likelihood of levels given fits, with its gradient and curvature in the cut points (a tridiagonal matrix).
  struct Likelihood: Sendable {
    var value = 0.0
    var gradient: [Double]
    var diagonal: [Double]
    var beside: [Double]

    init(count: Int) {
      gradient = Array(repeating: 0, count: count)
      diagonal = gradient
      beside = gradient
    }

    mutating func add(_ other: Likelihood) {
      value += other.value
      for index in gradient.indices {
        gradient[index] += other.gradient[index]
        diagonal[index] += other.diagonal[index]
        beside[index] += other.beside[index]
      }
    }
  }

  /// Adds one rating.
  func add(_ level: Int, around fit: Double, root: Double, to sum: inout Likelihood) {
    let (low, high) = bounds(of: level, around: fit, root: root)
    let probability = Self.probability(low, high)
    sum.value += RandomStream.logarithm(probability)
    let top = level < cutPoints.count ? NormalDistribution.density(high) / probability : 0
    let bottom = level > 0 ? -NormalDistribution.density(low) / probability : 0
    if level < cutPoints.count {
      sum.gradient[level] += root * top
      sum.diagonal[level] -= root * root * (high * top + top * top)
    }
    if level > 0 {
      sum.gradient[level - 1] += root * bottom
      sum.diagonal[level - 1] -= root * root * (low * bottom + bottom * bottom)
      if level < cutPoints.count { sum.beside[level - 1] -= root * root * top * bottom }
    }
  }
}
