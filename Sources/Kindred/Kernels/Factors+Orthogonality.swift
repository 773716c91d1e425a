#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif

extension Factors {
  /// Replaces the columns by orthonormal ones that span the same space, by Householder reflections. O(count · rank²).
  ///
  /// - Precondition: There are at most as many columns as rows.
  mutating func orthonormalizeColumns() {
    precondition(rank <= count)
    guard rank > 0 else { return }
    // LAPACK reads the rows as the columns of the transpose, and makes the rows of that orthonormal.
    var (m, n, lda, info) = (Int32(rank), Int32(count), Int32(stride), Int32(0))
    var tau = [Float](repeating: 0, count: rank)
    var work = [Float](repeating: 0, count: rank * 64)
    var workCount = Int32(work.count)
    elements.withSharedWriter { elements in
      sgelqf_(&m, &n, elements.base, &lda, &tau, &work, &workCount, &info)
      precondition(info == 0)
      sorglq_(&m, &n, &m, elements.base, &lda, &tau, &work, &workCount, &info)
      precondition(info == 0)
    }
  }

  /// The rows rotated so that their columns are orthogonal, the longest first. O(count · rank² + rank³).
  ///
  /// Products with factors learned against the rotated rows are the same, and conjugate gradients need half as many
  /// steps. Rows that are not finite are unchanged.
  func onPrincipalAxes(using parallel: Parallel) -> Factors {
    let gram = gram(using: parallel)
    let square = (0..<rank).flatMap { row in (0..<rank).map { Double(gram[row * stride + $0]) } }
    guard rank > 0, let axes = LinearAlgebra.eigenvectors(of: square, size: rank) else { return self }
    return combined(by: axes.vectors, of: rank, columns: rank, rank: rank, using: parallel)
  }

  /// The number of rows per block of the products below; it affects their bytes.
  private static let rowsOfBlock = 256

  private func forEachRowBlock(using parallel: Parallel, _ body: @Sendable (Range<Int>) -> Void) {
    let size = Self.rowsOfBlock
    parallel.forEach((count + size - 1) / size) { body(($0 * size)..<min(count, ($0 + 1) * size)) }
  }

  /// Copies the columns of `block` into this table.
  mutating func setColumns(from first: Int, to block: Factors) {
    precondition(block.count == count && first + block.rank <= rank)
    let stride = stride
    elements.withSharedWriter { elements in
      for row in 0..<count {
        for column in 0..<block.rank {
          elements[row * stride + first + column] = block.elements[row * block.stride + column]
        }
      }
    }
  }

  /// The first `columns` columns, transposed, times `other`; summed over blocks of rows in order.
  func products(with other: Factors, columns: Int, using parallel: Parallel) -> Factors {
    let size = Self.rowsOfBlock
    let parts = parallel.map((count + size - 1) / size) { block in
      let rows = (block * size)..<min(count, (block + 1) * size)
      var part = Factors(count: columns, rank: other.rank)
      part.elements.withSharedWriter { out in
        withTile(at: rows.lowerBound) { left in
          other.withTile(at: rows.lowerBound) { right in
            LinearAlgebra.multiply(
              left, right, transposed: .left, into: LinearAlgebra.Tile(base: out.base, width: other.stride), m: columns,
              n: other.rank, k: rows.count)
          }
        }
      }
      return part
    }
    var total = Factors(count: columns, rank: other.rank)
    total.elements.withSharedWriter { total in
      for part in parts {
        for index in 0..<total.count { total[index] += part.elements[index] }
      }
    }
    return total
  }

  /// Makes the columns orthonormal, and orthogonal to the first columns of `basis`.
  ///
  /// It repeats until they are: what remains after the first pass may be little more than rounding errors, or zero.
  mutating func makeOrthogonal(to basis: Factors, columns: Int, using parallel: Parallel) {
    for pass in 0..<5 {
      let products = basis.products(with: self, columns: columns, using: parallel)
      if pass >= 2, products.elements.allSatisfy({ abs($0) < 1e-5 }) || parallel.isCancelled { return }
      let width = stride
      elements.withSharedWriter { elements in
        basis.forEachRowBlock(using: parallel) { rows in
          basis.withTile(at: rows.lowerBound) { left in
            products.withTile(at: 0) { right in
              LinearAlgebra.multiply(
                left, right, into: LinearAlgebra.Tile(base: elements.base + rows.lowerBound * width, width: width),
                m: rows.count, n: products.rank, k: columns, alpha: -1, beta: 1)
            }
          }
        }
      }
      if pass > 0 { orthonormalizeColumns() }
    }
  }

  /// The first `size` columns times the transpose of `rows`, which has `size` numbers per row: `columns` columns in a
  /// table of rank `rank`.
  func combined(by rows: [Double], of size: Int, columns: Int, rank: Int, using parallel: Parallel)
    -> Factors
  {
    var weights = Factors(count: columns, rank: size)
    for row in 0..<columns { weights[row] = rows[(row * size)..<((row + 1) * size)].map { Float($0) } }
    let (table, weightRows) = (self, weights)
    var result = Factors(count: count, rank: rank)
    let width = result.stride
    result.elements.withSharedWriter { out in
      forEachRowBlock(using: parallel) { rows in
        table.withTile(at: rows.lowerBound) { left in
          weightRows.withTile(at: 0) { right in
            LinearAlgebra.multiply(
              left, right, transposed: .right,
              into: LinearAlgebra.Tile(base: out.base + rows.lowerBound * width, width: width),
              m: rows.count, n: columns, k: size)
          }
        }
      }
    }
    return result
  }

  /// Passes the rows from `row` on to `body`, for reading.
  private func withTile(at row: Int, _ body: (LinearAlgebra.Tile) -> Void) {
    elements.withUnsafeBuffer { elements in
      guard let base = elements.baseAddress, row < count else { return }
      body(LinearAlgebra.Tile(base: UnsafeMutablePointer(mutating: base + row * stride), width: stride))
    }
  }

  /// The place of each row in the plane of the first two principal components, with a standard deviation of 1e-4 along
  /// the first.
  ///
  /// The sign of an eigenvector is arbitrary; each is oriented so that its largest entry is positive.
  func principalPlane() -> [SIMD2<Float>] {
    var means = [Double](repeating: 0, count: rank)
    for row in 0..<count { for column in 0..<rank { means[column] += Double(self[row, column]) / Double(count) } }
    var covariance = [Double](repeating: 0, count: rank * rank)
    for row in 0..<count {
      let centred = (0..<rank).map { Double(self[row, $0]) - means[$0] }
      for left in 0..<rank {
        for right in 0..<rank { covariance[left * rank + right] += centred[left] * centred[right] }
      }
    }
    guard let found = LinearAlgebra.eigenvectors(of: covariance, size: rank), rank > 0 else {
      return Array(repeating: .zero, count: count)
    }
    let axes = (0..<Swift.min(2, rank)).map { axis -> [Double] in
      let vector = Array(found.vectors[(axis * rank)..<((axis + 1) * rank)])
      let largest = vector.max { abs($0) < abs($1) } ?? 0
      return largest < 0 ? vector.map { -$0 } : vector
    }
    let deviation = (Swift.max(0, found.values[0]) / Double(Swift.max(1, count))).squareRoot()
    let scale = deviation > 0 ? 1e-4 / deviation : 0
    return (0..<count).map { row in
      var place = SIMD2<Float>.zero
      for (axis, vector) in axes.enumerated() {
        place[axis] = Float(
          scale * (0..<rank).reduce(0) { $0 + vector[$1] * (Double(self[row, $1]) - means[$1]) })
      }
      return place
    }
  }
}
