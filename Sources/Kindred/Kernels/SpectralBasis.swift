/// The leading eigenvectors of a large symmetric matrix that is only ever multiplied with.
///
/// A block Krylov method from a random start: the basis grows by the products of its latest block, made orthogonal to everything before;
/// once it is full it is cut down to the best vectors in it and grows again from the same block (randomised block Krylov: Musco, Musco
/// 2015, <https://arxiv.org/abs/1504.05477>; thick restart: Wu, Simon 2000, <https://doi.org/10.1137/S0895479898334605>). Plain power
/// iterations would need hundreds of products here: the spectra of preferences are nearly flat where they are cut off.
struct SpectralBasis {
  /// Vectors in a block.
  var block = 32
  /// The most times the basis is filled.
  var rounds = 8
  /// The change of an eigenvalue from one round to the next, against the greatest, under which the round was the last: what is then left
  /// to change is a thousandth of it.
  var tolerance = 1e-4

  /// The most vectors in the basis on the way to `rank` eigenvectors, the latest block included.
  func size(rank: Int) -> Int { whole(3 * rank) + 2 * block }

  private func whole(_ columns: Int) -> Int { (columns + block - 1) / block * block }

  /// At most `rank` eigenvectors of the greatest eigenvalues, a column each; those whose eigenvalue is nearly 0 are left out.
  ///
  /// - Parameters:
  ///   - size: The rows of the matrix, which must be positive semidefinite.
  ///   - multiply: The matrix times some columns.
  /// - Returns: nil where the work was cancelled.
  /// - Complexity: about 5 · rank products with a column, and O(size · rank²).
  func eigenvectors(
    _ rank: Int, size: Int, seed: UInt64, using parallel: Parallel, multiply: (Factors) -> Factors
  ) -> Factors? {
    if size <= self.size(rank: rank) { return dense(rank, size: size, using: parallel, multiply: multiply) }
    let most = self.size(rank: rank) - block
    let kept = whole(rank + rank / 2)
    var basis = Factors(count: size, rank: most + block)
    var last = Factors(count: size, rank: block)
    for row in 0..<size {
      var stream = RandomStream(seed: seed, .projection, row)
      last[row] = (0..<block).map { _ in Float(stream.normal()) }
    }
    last.orthonormalizeColumns()
    basis.setColumns(from: 0, to: last)
    var (done, count) = (0, block)
    var projection = [Double](repeating: 0, count: most * most)
    var values: [Double] = []
    for _ in 0..<rounds {
      while done < most {
        var next = multiply(last)
        let products = basis.products(with: next, columns: count, using: parallel)
        for row in 0..<count {
          for column in 0..<block {
            projection[row * most + done + column] = Double(products[row, column])
            projection[(done + column) * most + row] = Double(products[row, column])
          }
        }
        next.makeOrthogonal(to: basis, columns: count, using: parallel)
        if parallel.isCancelled { return nil }
        basis.setColumns(from: count, to: next)
        last = next
        done += block
        count += block
      }
      guard let found = LinearAlgebra.eigenvectors(of: projection, size: most) else { return nil }
      let change =
        values.isEmpty ? Double.infinity : zip(values, found.values).prefix(rank).map { abs($0 - $1) }.max() ?? 0
      values = found.values
      let isLast = change <= tolerance * values[0]
      let wanted = isLast ? values.prefix(rank).count { $0 > 1e-6 * values[0] } : kept
      basis = basis.combined(
        by: found.vectors, of: most, columns: wanted, rank: isLast ? wanted : most + block, using: parallel)
      if isLast { return basis }
      basis.setColumns(from: kept, to: last)
      (done, count) = (kept, kept + block)
      projection = Array(repeating: 0, count: most * most)
      for row in 0..<kept { projection[row * most + row] = values[row] }
    }
    let wanted = values.prefix(rank).count { $0 > 1e-6 * values[0] }
    return basis.combined(by: Self.identity(wanted), of: wanted, columns: wanted, rank: wanted, using: parallel)
  }

  /// All at once, for a matrix so small that its products with every unit vector cost no more.
  private func dense(_ rank: Int, size: Int, using parallel: Parallel, multiply: (Factors) -> Factors) -> Factors? {
    var unit = Factors(count: size, rank: size)
    for row in 0..<size { unit[row, row] = 1 }
    let matrix = multiply(unit)
    guard !parallel.isCancelled else { return nil }
    var numbers = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size { numbers[row * size + column] = Double(matrix[row, column] + matrix[column, row]) / 2 }
    }
    guard let found = LinearAlgebra.eigenvectors(of: numbers, size: size) else { return nil }
    let wanted = found.values.prefix(rank).count { $0 > 1e-6 * found.values[0] }
    return unit.combined(by: found.vectors, of: size, columns: wanted, rank: wanted, using: parallel)
  }

  private static func identity(_ size: Int) -> [Double] {
    (0..<(size * size)).map { $0 / size == $0 % size ? 1 : 0 }
  }
}

extension Factors {
  /// These rows turned so that their columns are orthogonal to each other, the longest first. O(count · rank² + rank³).
  ///
  /// What a row gives in a product with factors that were learned against the turned rows is the same, and conjugate gradients get there
  /// in half the steps. Rows that are not finite stay as they are.
  func onPrincipalAxes(using parallel: Parallel) -> Factors {
    let gram = gram(using: parallel)
    let square = (0..<rank).flatMap { row in (0..<rank).map { Double(gram[row * stride + $0]) } }
    guard rank > 0, let axes = LinearAlgebra.eigenvectors(of: square, size: rank) else { return self }
    return combined(by: axes.vectors, of: rank, columns: rank, rank: rank, using: parallel)
  }

  /// Rows in a block of the products below; part of what decides their bytes.
  private static let rowsOfBlock = 256

  private func forEachRowBlock(using parallel: Parallel, _ body: @Sendable (Range<Int>) -> Void) {
    let size = Self.rowsOfBlock
    parallel.forEach((count + size - 1) / size) { body(($0 * size)..<min(count, ($0 + 1) * size)) }
  }

  /// Copies the columns of `block` into this table.
  fileprivate mutating func setColumns(from first: Int, to block: Factors) {
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

  /// The first `columns` columns, transposed, times `other`; summed in blocks of rows, in their order.
  fileprivate func products(with other: Factors, columns: Int, using parallel: Parallel) -> Factors {
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
  /// Again and again until it holds: at first what is left may be little more than rounding errors, or nothing at all.
  fileprivate mutating func makeOrthogonal(to basis: Factors, columns: Int, using parallel: Parallel) {
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

  /// The first `size` columns times the transpose of `rows`, which has `size` numbers a row: `columns` columns in a table of rank `rank`.
  fileprivate func combined(by rows: [Double], of size: Int, columns: Int, rank: Int, using parallel: Parallel)
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

  /// Lends the rows from `row` on to be read.
  private func withTile(at row: Int, _ body: (LinearAlgebra.Tile) -> Void) {
    elements.withUnsafeBuffer { elements in
      guard let base = elements.baseAddress, row < count else { return }
      body(LinearAlgebra.Tile(base: UnsafeMutablePointer(mutating: base + row * stride), width: stride))
    }
  }
}
