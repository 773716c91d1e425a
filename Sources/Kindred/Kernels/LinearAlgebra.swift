#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif

/// Dense linear algebra by the system's BLAS and LAPACK: OpenBLAS on Linux, Accelerate on Apple's systems.
///
/// Every call runs on one thread, whatever the system's default. Work is shared by cutting matrices into tiles of a
/// fixed size, so the same processor gives the same bytes at any number of threads.
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

  /// A row-major matrix of floats in memory that it does not own.
  struct Tile {
    var base: UnsafeMutablePointer<Float>
    /// The floats from one row to the next.
    var width: Int
  }

  /// The factor that is read transposed.
  enum Transposed { case neither, left, right }

  /// C = β C + α A B, with A of m × k, B of k × n and C of m × n after the transposition. O(m · n · k).
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

  /// Replaces a small symmetric positive definite matrix, of which the lower triangle is read, by its whole inverse.
  ///
  /// - Returns: False if it is not positive definite; the matrix then has no useful content.
  /// - Complexity: O(size³).
  static func invert(_ matrix: Tile, size: Int) -> Bool {
    precondition(isOnOneThread)
    var (n, lda, info) = (Int32(size), Int32(matrix.width), Int32(0))
    // The lower triangle by rows is the upper triangle by columns.
    spotrf_("U", &n, matrix.base, &lda, &info)
    guard info == 0 else { return false }
    spotri_("U", &n, matrix.base, &lda, &info)
    guard info == 0 else { return false }
    for row in 0..<size {
      for column in 0..<row { matrix.base[column * matrix.width + row] = matrix.base[row * matrix.width + column] }
    }
    return true
  }

  /// The inverse of a small symmetric positive definite matrix, given by its upper triangle in rows as wide as those of
  /// factors of rank `size`; nil if it is not positive definite. O(size³).
  static func inverse(ofUpperTriangle matrix: Buffer<Float>, size: Int) -> Factors? {
    let width = Factors.stride(for: size)
    precondition(matrix.count >= size * width)
    var inverse = Factors(count: size, rank: size)
    for row in 0..<size {
      for column in 0...row { inverse[row, column] = matrix[column * width + row] }
    }
    let isDefinite = inverse.elements.withSharedWriter { invert(Tile(base: $0.base, width: width), size: size) }
    return isDefinite && inverse.elements.isFinite(parallel: Parallel(threads: 1)) ? inverse : nil
  }

  /// The eigenvalues of a symmetric matrix, descending, and the eigenvectors, one per row. O(size³).
  ///
  /// - Returns: Nil if the numbers are not finite.
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
