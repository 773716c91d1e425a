import CKindredKernels

/// Inverts a large symmetric positive definite matrix in place, by tiles.
///
/// Each step takes a block k of rows and columns: with P = A_kk⁻¹, every A_ij outside becomes A_ij − A_ik P A_kj, A_ik
/// becomes A_ik P, and A_kk becomes −P. After the last block the matrix is −A⁻¹ (the sweep operator by blocks;
/// Goodnight 1979, <https://doi.org/10.1080/00031305.1979.10482685>).
///
/// Only the tiles of the lower triangle are kept up to date, so it takes n³ operations, as inversion by Cholesky
/// factorization does. Nearly all of them are in products of tiles, which threads share. The products use Kindred's own
/// kernel, because the system's library is several times slower on processors that it does not know.
struct BlockSweep {
  /// The number of rows per block; it affects the bytes of the result.
  var rowsOfBlock = 256

  /// The number of floats in a row of a block, rounded up to whole panels of the kernel.
  private var width: Int {
    (rowsOfBlock + PackedItems.itemsOfPanel - 1) / PackedItems.itemsOfPanel * PackedItems.itemsOfPanel
  }

  private func blockCount(_ size: Int) -> Int { (size + rowsOfBlock - 1) / rowsOfBlock }

  /// The bytes of working memory in addition to the matrix.
  func workspace(size: Int) -> Int { 2 * blockCount(size) * width * width * MemoryLayout<Float>.stride }

  /// Replaces `matrix`, of which the lower triangle is read, by its inverse.
  ///
  /// - Returns: False if the matrix is numerically not positive definite or the work was cancelled; the matrix then has
  ///   no useful content.
  /// - Complexity: O(count³).
  func invert(_ matrix: inout Factors, using parallel: Parallel) -> Bool {
    precondition(matrix.count == matrix.rank)
    let (count, stride, blocks) = (matrix.count, matrix.stride, blockCount(matrix.count))
    var products = Buffer<Float>(repeating: 0, count: blocks * width * width)
    var packed = Buffer<Float>(repeating: 0, count: (blocks + 1) * width * width)
    return matrix.elements.withSharedWriter { elements in
      products.withSharedWriter { products in
        packed.withSharedWriter { packed in
          let sweep = Sweep(
            matrix: elements, stride: stride, count: count, products: products, packed: packed,
            rowsOfBlock: rowsOfBlock,
            width: width)
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
  }

  private struct Sweep: Sendable {
    let matrix: SharedWriter<Float>
    let stride, count: Int
    /// A_ik P for all i.
    let products: SharedWriter<Float>
    /// A_ik for all i, then P, packed for the kernel.
    let packed: SharedWriter<Float>
    let rowsOfBlock, width: Int
    /// The zeros that the kernel adds to each row and each column of a product.
    private let zeros: Buffer<Float>

    init(
      matrix: SharedWriter<Float>, stride: Int, count: Int, products: SharedWriter<Float>, packed: SharedWriter<Float>,
      rowsOfBlock: Int, width: Int
    ) {
      self.matrix = matrix
      self.stride = stride
      self.count = count
      self.products = products
      self.packed = packed
      self.rowsOfBlock = rowsOfBlock
      self.width = width
      zeros = Buffer(repeating: 0, count: width)
    }

    private func rows(_ block: Int) -> Range<Int> { (block * rowsOfBlock)..<min(count, (block + 1) * rowsOfBlock) }

    private func tile(_ i: Int, _ j: Int) -> UnsafeMutablePointer<Float> {
      matrix.base + (i * stride + j) * rowsOfBlock
    }

    private func product(_ i: Int) -> UnsafeMutablePointer<Float> { products.base + i * width * width }

    private func panel(_ i: Int) -> UnsafeMutablePointer<Float> { packed.base + i * width * width }

    /// Packs rows of `rank` numbers for the kernel.
    private func pack(
      _ rows: UnsafePointer<Float>, count: Int, rank: Int, width rowWidth: Int, to out: UnsafeMutablePointer<Float>
    ) {
      let panels = (count + PackedItems.itemsOfPanel - 1) / PackedItems.itemsOfPanel
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { unused in
        kindred_pack_items(
          rows, nil, nil, Int64(count), Int64(rank), Int64(rowWidth), 0, Int64(panels), out, unused.baseAddress,
          unused.baseAddress.map { $0 + width })
      }
    }

    /// The products of rows of `left` with `columns` packed rows, all of `rank` numbers.
    private func multiply(
      _ left: UnsafePointer<Float>, count: Int, _ packed: UnsafePointer<Float>, columns: Int, rank: Int,
      into out: UnsafeMutablePointer<Float>
    ) {
      zeros.withUnsafeBuffer { zeros in
        var items = kindred_items(
          factors: packed, biases: zeros.baseAddress, bounds: nil, order: nil, places: nil, count: Int64(columns),
          rank: Int64(rank))
        kindred_score(&items, left, zeros.baseAddress, Int64(count), Int64(width), out, Int64(width))
      }
    }

    /// Inverts A_kk in place, and packs it for the kernel.
    func take(_ k: Int) -> Bool {
      let size = rows(k).count
      guard LinearAlgebra.invert(LinearAlgebra.Tile(base: tile(k, k), width: stride), size: size) else { return false }
      pack(tile(k, k), count: size, rank: size, width: stride, to: panel((count + rowsOfBlock - 1) / rowsOfBlock))
      return true
    }

    /// Packs A_ik for the kernel, and computes A_ik P.
    func multiplyPanel(_ i: Int, _ k: Int) {
      guard i != k else { return }
      let (rowCount, columnCount) = (rows(i).count, rows(k).count)
      let from = i > k ? tile(i, k) : tile(k, i)
      withWorkspace(of: Float.self, Int64(width * width)) { copy in
        guard let to = copy else { return }
        for row in 0..<rowCount {
          for column in 0..<columnCount {
            to[row * width + column] = from[i > k ? row * stride + column : column * stride + row]
          }
        }
        pack(to, count: rowCount, rank: columnCount, width: width, to: panel(i))
        let inverse = panel((count + rowsOfBlock - 1) / rowsOfBlock)
        multiply(to, count: rowCount, inverse, columns: columnCount, rank: columnCount, into: product(i))
      }
    }

    /// Subtracts A_ik P A_kj from one tile of the lower triangle.
    func update(tile number: Int, _ k: Int) {
      var i = Int((Double(8 * number + 1).squareRoot() - 1) / 2)
      while i * (i + 1) / 2 > number { i -= 1 }
      while (i + 1) * (i + 2) / 2 <= number { i += 1 }
      let j = number - i * (i + 1) / 2
      guard i != k, j != k else { return }
      let (rowCount, columnCount, to) = (rows(i).count, rows(j).count, tile(i, j))
      withWorkspace(of: Float.self, Int64(width * width)) { change in
        guard let change else { return }
        multiply(product(i), count: rowCount, panel(j), columns: columnCount, rank: rows(k).count, into: change)
        for row in 0..<rowCount {
          for column in 0..<columnCount { to[row * stride + column] -= change[row * width + column] }
        }
      }
    }

    /// Stores A_ik P in place of A_ik, and −P in place of A_kk.
    func putBack(_ i: Int, _ k: Int) {
      let (rowCount, columnCount, product) = (rows(i).count, rows(k).count, product(i))
      let to = i < k ? tile(k, i) : tile(i, k)
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          if i == k {
            to[row * stride + column].negate()
          } else {
            to[i < k ? column * stride + row : row * stride + column] = product[row * width + column]
          }
        }
      }
    }

    /// Negates the matrix to A⁻¹, and mirrors its lower triangle.
    func finish(_ i: Int) {
      for row in rows(i) {
        for column in 0...row {
          let value = -matrix.base[row * stride + column]
          matrix.base[row * stride + column] = value
          matrix.base[column * stride + row] = value
        }
      }
    }
  }
}
