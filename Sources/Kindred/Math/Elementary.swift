#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The system's elementary functions. Their last bit differs between systems; where bytes must not, use
/// ``RandomStream`` and ``NormalDistribution``, which have their own.
enum Elementary {
  static func power(_ base: Float, _ exponent: Float) -> Float { pow(base, exponent) }
  static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
  static func powerOfTwo(_ exponent: Double) -> Double { exp2(exponent) }
  static func logarithmToBaseTwo(_ value: Double) -> Double { log2(value) }
  static func logarithmToBaseTen(_ value: Double) -> Double { log10(value) }
  /// 1 − erf(x), without the loss of digits for large x.
  static func complementaryError(_ value: Double) -> Double { erfc(value) }
}
