#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif

/// Dense linear algebra by the system's BLAS and LAPACK: OpenBLAS on Linux, Accelerate on Apple's systems.
///
/// Every call runs on one thread, whatever the system's library would do by itself; work is shared by cutting matrices into tiles of a
/// fixed size. So the same processor gives the same bytes at any number of threads.
enum LinearAlgebra {
  /// Done once, before the first call.
  private static let isOnOneThread: Bool = {
    #if canImport(Accelerate)
      if #available(macOS 15, iOS 18, *) { BLASSetThreading(BLAS_THREADING_SINGLE_THREADED) }
    #else
      openblas_set_num_threads(1)
    #endif
    return true
  }()

  /// A matrix of floats by rows, in memory that somebody else holds.
  struct Tile {
    var base: UnsafeMutablePointer<Float>
    /// The floats from one row to the next.
    var width: Int
  }

  /// Which of two factors is to be read with its rows and columns exchanged.
  enum Transposed { case neither, left, right }

  /// C = β C + α A B, with A of m × k, B of k × n and C of m × n once the one to be transposed is. O(m · n · k).
  static func multiply(
    _ a: Tile, _ b: Tile, transposed: Transposed = .neither, into c: Tile, m: Int, n: Int, k: Int, alpha: Float = 1,
    beta: Float = 0
  ) {
    precondition(isOnOneThread)
    guard m > 0, n > 0, k > 0 else { return }
    let (m, n, k) = (Int32(m), Int32(n), Int32(k))
    #if canImport(Accelerate)
      let (rows, plain, exchanged) = (CblasRowMajor, CblasNoTrans, CblasTrans)
    #else
      let (rows, plain, exchanged): (Int32, Int32, Int32) = (101, 111, 112)
    #endif
    cblas_sgemm(
      rows, transposed == .left ? exchanged : plain, transposed == .right ? exchanged : plain, m, n, k, alpha, a.base,
      Int32(a.width), b.base, Int32(b.width), beta, c.base, Int32(c.width))
  }

  /// Replaces a small symmetric positive definite matrix, of which the lower triangle is read, by its inverse, whole; false, and the
  /// matrix spoilt, where it is not positive definite. O(size³).
  static func invert(_ matrix: Tile, size: Int) -> Bool {
    precondition(isOnOneThread)
    var (n, lda, info) = (Int32(size), Int32(matrix.width), Int32(0))
    // The lower triangle by rows is the upper one by columns.
    spotrf_("U", &n, matrix.base, &lda, &info)
    guard info == 0 else { return false }
    spotri_("U", &n, matrix.base, &lda, &info)
    guard info == 0 else { return false }
    for row in 0..<size {
      for column in 0..<row { matrix.base[column * matrix.width + row] = matrix.base[row * matrix.width + column] }
    }
    return true
  }

  /// Solves A x = b for a symmetric positive definite A, of which the lower triangle is read, in place of b; A is used up.
  ///
  /// - Returns: false, and b spoilt, where A is not positive definite.
  /// - Complexity: O(size³).
  static func solve(_ matrix: Tile, _ b: UnsafeMutablePointer<Float>, size: Int) -> Bool {
    precondition(isOnOneThread)
    guard size > 0 else { return true }
    var (n, one, lda, info) = (Int32(size), Int32(1), Int32(matrix.width), Int32(0))
    sposv_("U", &n, &one, matrix.base, &lda, b, &n, &info)
    return info == 0
  }

  /// The eigenvalues of a symmetric matrix from the greatest to the least, and the eigenvectors, one a row. O(size³).
  ///
  /// - Returns: nil where the numbers are not finite.
  static func eigenvectors(of matrix: [Double], size: Int) -> (values: [Double], vectors: [Double])? {
    precondition(isOnOneThread && matrix.count == size * size)
    guard size > 0 else { return ([], []) }
    guard matrix.allSatisfy(\.isFinite) else { return nil }
    var vectors = matrix
    var values = [Double](repeating: 0, count: size)
    var work = [Double](repeating: 0, count: 1 + 6 * size + 2 * size * size)
    var integers = [Int32](repeating: 0, count: 3 + 5 * size)
    var (n, workCount, integerCount, info) = (Int32(size), Int32(work.count), Int32(integers.count), Int32(0))
    dsyevd_("V", "L", &n, &vectors, &n, &values, &work, &workCount, &integers, &integerCount, &info)
    guard info == 0 else { return nil }
    let falling = (0..<size).reversed()
    return (falling.map { values[$0] }, falling.flatMap { vectors[($0 * size)..<(($0 + 1) * size)] })
  }
}

extension Factors {
  /// Replaces the columns by orthonormal ones that span the same space, by Householder reflections. O(count · rank²).
  ///
  /// - Precondition: there are no more columns than rows.
  mutating func orthonormalizeColumns() {
    precondition(rank <= count)
    guard rank > 0 else { return }
    // Rows one after another are, to LAPACK, the columns of the transpose, whose rows it makes orthonormal.
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
}

/// The inverse of a large symmetric positive definite matrix, in place, by tiles.
///
/// Each step takes a block of rows and columns k: with P = A_kk⁻¹, every A_ij outside becomes A_ij − A_ik P A_kj, A_ik becomes A_ik P and A_kk
/// becomes −P. After the last block the matrix is −A⁻¹ (the sweep operator by blocks; Goodnight 1979,
/// <https://doi.org/10.1080/00031305.1979.10482685>). Only the tiles of the lower triangle are kept up to date, so it takes n³ operations, as
/// Cholesky's way does, nearly all of them in products of tiles that threads share.
struct BlockSweep {
  /// Rows in a block; part of what decides the bytes of the result.
  var rowsOfBlock = 256

  /// The bytes of working memory beside the matrix itself.
  func workspace(size: Int) -> Int { 2 * size * rowsOfBlock * MemoryLayout<Float>.stride }

  /// Replaces `matrix`, of which the lower triangle is read, by its inverse.
  ///
  /// - Returns: false where the matrix is not positive definite, as far as floats can tell, or the work was cancelled; it is spoilt then.
  /// - Complexity: O(count³); two panels of `count` × `rowsOfBlock` beside the matrix.
  func invert(_ matrix: inout Factors, using parallel: Parallel) -> Bool {
    precondition(matrix.count == matrix.rank)
    let (count, width) = (matrix.count, matrix.stride)
    let blocks = (count + rowsOfBlock - 1) / rowsOfBlock
    var panels = Buffer<Float>(repeating: 0, count: 2 * count * rowsOfBlock)
    return matrix.elements.withSharedWriter { elements in
      panels.withSharedWriter { panels in
        let sweep = Sweep(matrix: elements, width: width, count: count, panels: panels, rowsOfBlock: rowsOfBlock)
        for pivot in 0..<blocks {
          guard sweep.take(pivot) else { return false }
          parallel.forEach(blocks) { sweep.multiplyPanel($0, pivot) }
          parallel.forEach(blocks * (blocks + 1) / 2) { sweep.update(tile: $0, pivot) }
          parallel.forEach(blocks) { sweep.putBack($0, pivot) }
          if parallel.isCancelled { return false }
        }
        parallel.forEach(blocks) { sweep.finish($0) }
        return !parallel.isCancelled
      }
    }
  }

  private struct Sweep: Sendable {
    let matrix: SharedWriter<Float>
    let width, count: Int
    /// A_ik for all i, then A_ik P.
    let panels: SharedWriter<Float>
    let rowsOfBlock: Int

    func rows(_ block: Int) -> Range<Int> { (block * rowsOfBlock)..<min(count, (block + 1) * rowsOfBlock) }

    private func tile(_ i: Int, _ j: Int) -> LinearAlgebra.Tile {
      LinearAlgebra.Tile(base: matrix.base + (i * width + j) * rowsOfBlock, width: width)
    }

    private func panel(_ i: Int) -> LinearAlgebra.Tile {
      LinearAlgebra.Tile(base: panels.base + i * rowsOfBlock * rowsOfBlock, width: rowsOfBlock)
    }

    private func product(_ i: Int) -> LinearAlgebra.Tile {
      LinearAlgebra.Tile(base: panels.base + (count + i * rowsOfBlock) * rowsOfBlock, width: rowsOfBlock)
    }

    /// Inverts A_kk where it lies.
    func take(_ k: Int) -> Bool { LinearAlgebra.invert(tile(k, k), size: rows(k).count) }

    /// The panel's tiles A_ik and A_ik P.
    func multiplyPanel(_ i: Int, _ k: Int) {
      guard i != k else { return }
      let (rowCount, columnCount) = (rows(i).count, rows(k).count)
      let (from, to) = (i > k ? tile(i, k) : tile(k, i), panel(i))
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          to.base[row * rowsOfBlock + column] = from.base[i > k ? row * width + column : column * width + row]
        }
      }
      LinearAlgebra.multiply(to, tile(k, k), into: product(i), m: rowCount, n: columnCount, k: columnCount)
    }

    /// A_ij − A_ik P A_kj for one tile of the lower triangle.
    func update(tile number: Int, _ k: Int) {
      var i = Int((Double(8 * number + 1).squareRoot() - 1) / 2)
      while i * (i + 1) / 2 > number { i -= 1 }
      while (i + 1) * (i + 2) / 2 <= number { i += 1 }
      let j = number - i * (i + 1) / 2
      guard i != k, j != k else { return }
      LinearAlgebra.multiply(
        product(i), panel(j), transposed: .right, into: tile(i, j), m: rows(i).count, n: rows(j).count,
        k: rows(k).count, alpha: -1,
        beta: 1)
    }

    /// A_ik P to where A_ik was, and −P to where A_kk was.
    func putBack(_ i: Int, _ k: Int) {
      let (rowCount, columnCount) = (rows(i).count, rows(k).count)
      let (from, to) = (i == k ? tile(k, k) : product(i), i < k ? tile(k, i) : tile(i, k))
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          let value = from.base[row * from.width + column]
          to.base[i < k ? column * width + row : row * width + column] = i == k ? -value : value
        }
      }
    }

    /// −A⁻¹ becomes A⁻¹, and the upper triangle the mirror of the lower.
    func finish(_ i: Int) {
      for row in rows(i) {
        for column in 0...row {
          let value = -matrix.base[row * width + column]
          matrix.base[row * width + column] = value
          matrix.base[column * width + row] = value
        }
      }
    }
  }
}
