/// The linear map that brings numbers to mean 0 and deviation 1; equal numbers all become 0.
struct Standardization {
  let mean: Float
  let scale: Float

  init(_ numbers: ArraySlice<Float>) {
    let count = Double(max(1, numbers.count))
    let (mean, variance) = numbers.withUnsafeBufferPointer { numbers in
      let mean = Self.sum(numbers) { $0 } / count
      return (mean, Self.sum(numbers) { ($0 - mean) * ($0 - mean) } / count)
    }
    self.mean = Float(mean)
    scale = variance > 1e-24 ? Float(1 / variance.squareRoot()) : 0
  }

  func apply(_ number: Float) -> Float { (number - mean) * scale }

  /// Adds a multiple of each standardised number to the numbers from a position on.
  func add(_ numbers: ArraySlice<Float>, times weight: Float, to sums: inout MutableSpan<Float>, at start: Int) {
    precondition(start >= 0 && start + numbers.count <= sums.count)
    // Bounds are checked once, so that the loop vectorises.
    sums.withUnsafeMutableBufferPointer { sums in
      numbers.withUnsafeBufferPointer { numbers in
        for place in numbers.indices { sums[start + place] += weight * apply(numbers[place]) }
      }
    }
  }

  /// The sum of a function of each number, in eight sums side by side on any processor.
  @inline(__always)
  private static func sum(
    _ numbers: UnsafeBufferPointer<Float>, _ function: (SIMD8<Double>) -> SIMD8<Double>
  ) -> Double {
    var sums = SIMD8<Double>.zero
    let whole = numbers.count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      var lanes = SIMD8<Float>()
      for lane in 0..<8 { lanes[lane] = numbers[start + lane] }
      sums += function(SIMD8<Double>(lanes))
    }
    var rest = 0.0
    for place in whole..<numbers.count { rest += function(SIMD8<Double>(repeating: Double(numbers[place])))[0] }
    return sums.sum() + rest
  }
}
