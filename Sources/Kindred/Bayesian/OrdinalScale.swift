/// A rating as an interval of a latent normal variable: level k of K lies between two of K − 1 ascending cut points.
///
/// The variable has the fit as its mean, and the precision 1 or the square of a `root`.
struct OrdinalScale: Sendable, Equatable {
  /// The values of the levels, ascending.
  var levels: [Float]
  var cutPoints: [Double]

  /// Creates one level per distinct value, with cut points that give each level its frequency; nil unless there are 2
  /// to 20 values.
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

  /// The interval of a level around its fit, in standard deviations of the latent variable.
  private func bounds(of level: Int, around fit: Double, root: Double) -> (low: Double, high: Double) {
    (
      level == 0 ? -40 : root * (cutPoints[level - 1] - fit),
      level == cutPoints.count ? 40 : root * (cutPoints[level] - fit)
    )
  }

  /// The probability of an interval, accurate in either tail, and never 0.
  private static func probability(_ low: Double, _ high: Double) -> Double {
    let flipped = low > 0
    let (a, b) = flipped ? (-high, -low) : (low, high)
    return max(NormalDistribution.probability(below: b) - NormalDistribution.probability(below: a), 1e-280)
  }

  /// A draw of the latent variable behind a level, given its fit.
  func draw(_ level: Int, around fit: Double, root: Double, uniform: Double) -> Double {
    let (low, high) = bounds(of: level, around: fit, root: root)
    let flipped = low > 0
    let (a, b) = flipped ? (-high, -low) : (low, high)
    let start = NormalDistribution.probability(below: a)
    let share = start + uniform * (NormalDistribution.probability(below: b) - start)
    let x = share > 0 && share < 1 ? min(b, max(a, NormalDistribution.quantile(share))) : max(a, min(b, 0))
    return fit + (flipped ? -x : x) / root
  }

  /// The mean and the variance of the latent variable behind a level, given its fit.
  func moments(of level: Int, around fit: Double, root: Double) -> (mean: Double, variance: Double) {
    let (low, high) = bounds(of: level, around: fit, root: root)
    let probability = Self.probability(low, high)
    let (bottom, top) = (NormalDistribution.density(low) / probability, NormalDistribution.density(high) / probability)
    let mean = min(high, max(low, bottom - top))
    return (fit + mean / root, min(1, max(0, 1 + low * bottom - high * top - mean * mean)) / (root * root))
  }

  /// The expected value of a rating, and of its square, for a latent variable with a mean and a standard deviation.
  func moments(mean: Double, deviation: Double) -> (value: Double, square: Double) {
    // The sum over the cut points of the step in value there times the probability of being beyond it.
    var (value, square) = (Double(levels[0]), Double(levels[0]) * Double(levels[0]))
    for (index, cut) in cutPoints.enumerated() {
      let beyond = NormalDistribution.probability(below: (mean - cut) / deviation)
      let (lower, upper) = (Double(levels[index]), Double(levels[index + 1]))
      value += (upper - lower) * beyond
      square += (upper * upper - lower * lower) * beyond
    }
    return (value, square)
  }

  /// The log-likelihood of levels given fits, with its gradient and its curvature (a tridiagonal matrix) in the cut
  /// points.
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

  /// Adds the likelihood of one rating.
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
