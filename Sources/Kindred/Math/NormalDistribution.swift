/// The standard normal distribution. The arithmetic is Kindred's own, because system libraries differ in the last bit
/// between processors.
enum NormalDistribution {
  /// The density at x.
  static func density(_ x: Double) -> Double { exponential(-0.5 * x * x) * 0.398_942_280_401_432_7 }

  /// The probability of a value less than x, to seven digits in either tail (the rational Chebyshev fit of Numerical
  /// Recipes).
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

  /// The inverse of ``probability(below:)`` for p in (0, 1), to seven digits (Wichura 1988,
  /// <https://doi.org/10.2307/2347330>).
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

  /// eˣ for x of at most 700; 0 below −700.
  static func exponential(_ x: Double) -> Double {
    if x < -700 { return 0 }
    let power = (x * 1.442_695_040_888_963_4).rounded()
    let r = (x - power * 0.693_147_180_369_123_8) - power * 1.908_214_929_270_587_7e-10
    // The Taylor series on ±½ log 2, accurate to the last bit but one.
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
