/// A stream of random numbers that is a pure function of a seed, a purpose and up to two integers.
///
/// Every row, epoch or trial has a stream of its own, so work cut among any number of threads draws the same numbers.
/// The bits come from SplitMix64 (Steele, Lea, Flood 2014, <https://doi.org/10.1145/2660193.2660195>) over a mixed key.
/// The logarithm and the cosine are Kindred's own, because system libraries differ in the last bit between processors.
///
/// The same seed and names give the same numbers on every processor and in every version of the library.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The purpose of a stream. Its number is part of the key, and so of what a seed promises.
  enum Purpose: UInt64 {
    case users = 1
    case items, order, split, validation, groups, sample, data, bootstrap, tuning, projection, gibbs, gibbsFeatures,
      gibbsPrior, gibbsTargets, gibbsWeights, shuffle, coldItems
    /// For trainers outside the library.
    case other = 256
  }

  /// Creates the stream of a seed, for one purpose: name it by two integers, such as a number for what is drawn and a
  /// row.
  ///
  /// Streams of different names are independent of each other, and of all that the library draws from the same seed.
  public init(seed: UInt64, _ first: Int = 0, _ second: Int = 0) { self.init(seed: seed, .other, first, second) }

  init(seed: UInt64, _ purpose: Purpose, _ first: Int = 0, _ second: Int = 0) {
    var key = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)
    key = Self.mixed(key ^ purpose.rawValue &* 0xD1B5_4A32_D192_ED03)
    key = Self.mixed(key ^ UInt64(bitPattern: Int64(first)) &* 0x8CB9_2BA7_2F3D_8DD7)
    key = Self.mixed(key ^ UInt64(bitPattern: Int64(second)) &* 0xABC9_8388_FB8F_AC03)
    state = key
  }

  /// Sixty-four random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  /// A number in [0, 1), with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// An integer in `0..<bound`, each equally likely (Lemire 2019, <https://doi.org/10.1145/3230636>).
  ///
  /// - Precondition: `bound` is above 0.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A draw from the standard normal distribution (Box and Muller 1958, <https://doi.org/10.1214/aoms/1177706645>).
  public mutating func normal() -> Double {
    let radius = (-2 * Self.logarithm(1 - uniform())).squareRoot()
    return radius * Self.cosineOfTurn(uniform())
  }

  /// A draw from the gamma distribution with rate 1 (Marsaglia and Tsang 2000,
  /// <https://doi.org/10.1145/358407.358414>).
  ///
  /// - Parameter shape: 1 or more.
  public mutating func gamma(shape: Double) -> Double {
    precondition(shape >= 1)
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if Self.logarithm(1 - uniform()) < 0.5 * x * x + d - d * v + d * Self.logarithm(v) { return d * v }
    }
  }

  /// A random permutation of `0..<count` (Fisher and Yates).
  public mutating func permutation(of count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    var remaining = count
    while remaining > 1 {
      order.swapAt(remaining - 1, below(remaining))
      remaining -= 1
    }
    return order
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The natural logarithm of a positive finite number, from the odd series in (m − 1)/(m + 1) with m in [√½, √2).
  static func logarithm(_ x: Double) -> Double {
    precondition(x > 0 && x.isFinite)
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 1.414_213_562_373_095_1 {
      m /= 2
      exponent += 1
    }
    let s = (m - 1) / (m + 1)
    let square = s * s
    var sum = 0.0
    var power = 23.0
    while power >= 1 {
      sum = sum * square + 1 / power
      power -= 2
    }
    return exponent * 0.693_147_180_559_945_3 + 2 * s * sum
  }

  /// cos(2πt) for t in [0, 1), reduced by symmetry to a series on an eighth of a turn.
  static func cosineOfTurn(_ t: Double) -> Double {
    var t = t
    if t > 0.5 { t = 1 - t }
    var sign = 1.0
    if t > 0.25 {
      t = 0.5 - t
      sign = -1
    }
    let isSine = t > 0.125
    let angle = 2 * Double.pi * (isSine ? 0.25 - t : t)
    let square = angle * angle
    var term = isSine ? angle : 1.0
    var sum = term
    var step = isSine ? 2.0 : 1.0
    for _ in 0..<9 {
      term *= -square / (step * (step + 1))
      sum += term
      step += 2
    }
    return sign * sum
  }
}
