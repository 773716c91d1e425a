/// The leading eigenvectors of a large symmetric matrix that is given only by its products with vectors.
///
/// A block Krylov method from a random start: the basis grows by the products of its latest block, orthogonalized
/// against the rest. A full basis is reduced to its best vectors, and grows again from the same block (randomized block
/// Krylov: Musco, Musco 2015, <https://arxiv.org/abs/1504.05477>; thick restart: Wu, Simon 2000,
/// <https://doi.org/10.1137/S0895479898334605>). Power iterations would need hundreds of products, because the spectra
/// of preferences are nearly flat at the cut-off.
struct SpectralBasis {
  /// The number of vectors per block.
  var block = 32
  /// The greatest number of times that the basis is filled.
  var rounds = 8
  /// The tolerance: the last round is the one that changes an eigenvalue by less than this, relative to the greatest.
  /// The remaining change is then a thousandth of it.
  var tolerance = 1e-4

  /// The greatest number of vectors in the basis for `rank` eigenvectors, the latest block included.
  func size(rank: Int) -> Int { whole(3 * rank) + 2 * block }

  private func whole(_ columns: Int) -> Int { (columns + block - 1) / block * block }

  /// At most `rank` eigenvectors of the greatest eigenvalues, one per column, without those whose eigenvalue is nearly
  /// 0.
  ///
  /// - Parameters:
  ///   - size: The number of rows of the matrix, which must be positive semidefinite.
  ///   - multiply: Returns the matrix times some columns.
  /// - Returns: The eigenvectors, or nil if the work was cancelled.
  /// - Complexity: About 5 · rank products with a column, and O(size · rank²).
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

  /// All eigenvectors, for a matrix so small that its products with every unit vector cost no more.
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
