/// The Cholesky factor L of a positive definite tridiagonal matrix L Lᵀ.
struct TridiagonalRoot: Sendable {
  private var diagonal: [Double] = []
  /// The elements below the diagonal: element k is in row k + 1.
  private var beside: [Double] = []

  init(diagonal: [Double], beside: [Double]) {
    for index in diagonal.indices {
      let before = index > 0 ? self.beside[index - 1] : 0
      let root = max(diagonal[index] - before * before, 1e-9).squareRoot()
      self.diagonal.append(root)
      self.beside.append(index + 1 < diagonal.count ? beside[index] / root : 0)
    }
  }

  /// x with L Lᵀ x = b.
  func solved(_ b: [Double]) -> [Double] {
    var y = b
    for index in b.indices {
      y[index] = (b[index] - (index > 0 ? beside[index - 1] * y[index - 1] : 0)) / diagonal[index]
    }
    return stretched(y)
  }

  /// x with Lᵀ x = y.
  func stretched(_ y: [Double]) -> [Double] {
    var x = y
    for index in y.indices.reversed() {
      x[index] = (y[index] - (index + 1 < y.count ? beside[index] * x[index + 1] : 0)) / diagonal[index]
    }
    return x
  }

  /// xᵀ L Lᵀ x.
  func squaredLength(_ x: [Double]) -> Double {
    x.indices.reduce(0) { sum, index in
      let value = diagonal[index] * x[index] + (index + 1 < x.count ? beside[index] * x[index + 1] : 0)
      return sum + value * value
    }
  }
}
