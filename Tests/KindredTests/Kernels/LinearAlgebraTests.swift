import Testing

@testable import Kindred

@Suite struct LinearAlgebraTests {
  /// A matrix XᵀX + I, symmetric positive definite.
  private func matrix(_ size: Int) -> Factors {
    var stream = RandomStream(seed: 6, .data)
    let rows = (0..<(size + 3)).map { _ in (0..<size).map { _ in Float(stream.normal()) } }
    var matrix = Factors(count: size, rank: size)
    for row in 0..<size {
      for column in 0..<size {
        matrix[row, column] = rows.reduce(row == column ? 1 : 0) { $0 + $1[row] * $1[column] }
      }
    }
    return matrix
  }

  @Test(arguments: [(1, 1), (2, 1), (7, 3), (40, 40), (40, 5), (41, 64), (64, 8)])
  func theSweepInverts(_ size: Int, _ block: Int) {
    let original = matrix(size)
    var inverse = original
    #expect(BlockSweep(rowsOfBlock: block).invert(&inverse, using: Parallel(threads: 3)))
    for row in 0..<size {
      for column in 0..<size {
        #expect(inverse[row, column] == inverse[column, row])
        let product = (0..<size).reduce(0.0) { $0 + Double(original[row, $1]) * Double(inverse[$1, column]) }
        #expect(abs(product - (row == column ? 1 : 0)) < 2e-4)
      }
    }
  }

  @Test func aMatrixThatIsNotPositiveDefiniteIsRefused() {
    for block in [2, 16] {
      var flat = Factors(count: 9, rank: 9)
      for row in 0..<9 { flat[row] = Array(repeating: 1, count: 9) }
      flat[8, 8] = -1
      #expect(!BlockSweep(rowsOfBlock: block).invert(&flat, using: Parallel(threads: 2)))
    }
  }

  @Test func columnsBecomeOrthonormalAndSpanTheSame() {
    var stream = RandomStream(seed: 8, .data)
    var columns = Factors(count: 30, rank: 6)
    for row in 0..<30 { columns[row] = (0..<6).map { _ in Float(stream.normal()) } }
    let before = columns
    columns.orthonormalizeColumns()
    let product = { (left: Factors, i: Int, right: Factors, j: Int) in
      (0..<30).reduce(Float(0)) { $0 + left[$1, i] * right[$1, j] }
    }
    for i in 0..<6 {
      for j in 0..<6 { #expect(abs(product(columns, i, columns, j) - (i == j ? 1 : 0)) < 1e-5) }
      // What a column of before has in the new ones is all of it.
      let inside = (0..<6).reduce(Float(0)) { $0 + product(before, i, columns, $1) * product(before, i, columns, $1) }
      #expect(isClose(inside, product(before, i, before, i), tolerance: 1e-5))
    }
  }

  @Test func eigenvectorsFallFromTheGreatest() throws {
    let found = try #require(LinearAlgebra.eigenvectors(of: [2, 1, 0, 1, 2, 0, 0, 0, 5], size: 3))
    #expect(zip(found.values, [5, 3, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(abs(found.vectors[2]) - 1) < 1e-12 && abs(abs(found.vectors[3]) - 0.5.squareRoot()) < 1e-12)
    #expect(LinearAlgebra.eigenvectors(of: [.nan], size: 1) == nil)
  }

  @Test func sparseTimesDenseIsThePlainSum() {
    let (sparse, factors) = (ItemModelTests.sparse, ItemModelTests.from)
    for threads in [1, 5] {
      let product = sparse.product(with: factors, using: Parallel(threads: threads))
      for row in 0..<sparse.rowCount {
        for column in 0..<5 {
          let expected = sparse.cells(ofRow: row).reduce(Float(0)) {
            $0 + sparse.values[$1] * factors[Int(sparse.columns[$1]), column]
          }
          #expect(isClose(product[row, column], expected, tolerance: 1e-5))
        }
      }
    }
  }

  @Test func transposedIsTransposedAndRenumbered() {
    let matrix = SparseMatrix(rowCount: 3, columnCount: 3, rows: [0, 0, 2], columns: [1, 2, 0], values: [5, 6, 7])
    let plain = matrix.transposed()
    #expect(plain.isValid && Array(plain.columns) == [2, 0, 0] && Array(plain.values) == [7, 5, 6])
    let moved = matrix.transposed(movingTo: [2, 0, 1])
    // Cells (0, 1), (0, 2) and (2, 0) lie at (0, 2), (1, 2) and (2, 1) now.
    #expect(moved.isValid && Array(moved.offsets) == [0, 1, 2, 3])
    #expect(Array(moved.columns) == [2, 2, 1] && Array(moved.values) == [5, 6, 7])
  }

  @Test(arguments: [(300, 5), (1000, 16), (700, 35), (3, 8), (0, 4)])
  func principalAxesAreOrthogonalAndKeepProducts(_ count: Int, _ rank: Int) {
    var stream = RandomStream(seed: 8, .data)
    var rows = Factors(count: count, rank: rank)
    for row in 0..<count {
      // Columns of different lengths that lie askew to each other.
      let common = stream.normal()
      rows[row] = (0..<rank).map { Float(common + stream.normal() * Double($0 + 1)) }
    }
    let turned = rows.onPrincipalAxes(using: Parallel(threads: 3))
    #expect(turned == rows.onPrincipalAxes(using: Parallel(threads: 1)))
    func gram(_ left: Int, _ right: Int) -> Double {
      (0..<count).reduce(0) { $0 + Double(turned[$1, left]) * Double(turned[$1, right]) }
    }
    let lengths = (0..<rank).map { gram($0, $0) }
    for left in 0..<rank {
      for right in 0..<left {
        #expect(abs(gram(left, right)) <= 1e-5 * lengths[0])
        #expect(lengths[left] <= lengths[right] * 1.0001 + 1e-5 * lengths[0])
      }
    }
    func product(_ table: Factors, _ left: Int, _ right: Int) -> Float {
      zip(table[left], table[right]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for row in 0..<count {
      let other = (row * 7 + 1) % count
      let expected = product(rows, row, other)
      let size = product(rows, row, row).squareRoot() * product(rows, other, other).squareRoot()
      #expect(abs(product(turned, row, other) - expected) <= 1e-4 * size)
    }
  }

  @Test func principalAxesOfWhatIsNotFiniteAreItsOwn() {
    var rows = Factors(count: 4, rank: 2)
    rows[1] = [1, .nan]
    #expect(rows.onPrincipalAxes(using: Parallel(threads: 2))[0] == [0, 0])
  }
}
