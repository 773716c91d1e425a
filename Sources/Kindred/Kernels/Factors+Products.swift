import CKindredKernels

extension Factors {
  /// Adds Σ weights · rows to `out`, over the padded width; without weights each is 1.
  func addRows(
    _ rows: UnsafeBufferPointer<Int32>, weights: UnsafePointer<Float>?, to out: UnsafeMutablePointer<Float>
  ) {
    elements.withUnsafeBuffer { elements in
      kindred_add_rows(elements.baseAddress, Int64(stride), rows.baseAddress, weights, Int64(rows.count), out)
    }
  }

  func addRows(_ rows: WeightedItems, to out: UnsafeMutablePointer<Float>) {
    rows.items.withUnsafeBufferPointer { items in
      guard let weights = rows.weights else { return addRows(items, weights: nil, to: out) }
      weights.withUnsafeBufferPointer { addRows(items, weights: $0.baseAddress, to: out) }
    }
  }

  /// XᵀX for these rows X, `stride` rows and columns; summed over blocks of a fixed size, in order.
  func gram(using parallel: Parallel) -> Buffer<Float> {
    let size = stride * stride
    // At most 32 blocks, so that their partial sums stay small at large ranks.
    let rowsOfBlock = Swift.max(64, (count + 31) / 32)
    let partial = parallel.map((count + rowsOfBlock - 1) / rowsOfBlock) { block in
      var sum = Buffer<Float>(repeating: 0, count: size)
      sum.withSharedWriter { out in
        elements.withUnsafeBuffer { rows in
          kindred_gram(
            rows.baseAddress, Int64(block * rowsOfBlock), Int64(Swift.min(count, (block + 1) * rowsOfBlock)),
            Int64(stride),
            out.base)
        }
      }
      return sum
    }
    var total = Buffer<Float>(repeating: 0, count: size)
    total.withSharedWriter { total in
      for part in partial {
        part.withUnsafeBuffer { part in
          for index in 0..<size { total.base[index] += part[index] }
        }
      }
      for row in 0..<stride {
        for column in 0..<row { total.base[row * stride + column] = total.base[column * stride + row] }
      }
    }
    return total
  }

  /// Adds XᵀX for other rows X to this square table. O(rows · rank²).
  mutating func addGram(of rows: Factors, using parallel: Parallel) {
    precondition(count == rank && rows.rank == rank)
    let (width, size, tile) = (stride, count, 256)
    elements.withSharedWriter { out in
      parallel.forEach((size + tile - 1) / tile) { part in
        let start = part * tile
        rows.elements.withUnsafeBuffer { elements in
          guard let base = UnsafeMutablePointer(mutating: elements.baseAddress), rows.count > 0 else { return }
          LinearAlgebra.multiply(
            LinearAlgebra.Tile(base: base + start, width: width), LinearAlgebra.Tile(base: base, width: width),
            transposed: .left, into: LinearAlgebra.Tile(base: out.base + start * width, width: width),
            m: Swift.min(tile, size - start), n: size, k: rows.count, beta: 1)
        }
      }
    }
  }

  /// The cosine of every row with one vector; 0 if either has length 0.
  func cosines(to vector: [Float]) -> [Float] {
    precondition(vector.count == rank)
    var query = Factors(count: 1, rank: rank)
    query[0] = vector
    var products = [Float](repeating: 0, count: count)
    var span = products.mutableSpan
    PackedItems(self, biases: Buffer(repeating: 0, count: count)).score(query, base: [0], into: &span)
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for row in 0..<count {
      let scale = length * squaredLength(ofRow: row).squareRoot()
      products[row] = scale > 0 ? min(1, max(-1, products[row] / scale)) : 0
    }
    return products
  }

  func squaredLength(ofRow row: Int) -> Float {
    (0..<rank).reduce(0) { $0 + elements[row * stride + $1] * elements[row * stride + $1] }
  }

  /// The rows scaled to length 1; rows of zeros are unchanged, and those that are not finite become zeros.
  func directions() -> Factors {
    var result = self
    result.elements.withSharedWriter { out in
      for row in 0..<count {
        var length = squaredLength(ofRow: row).squareRoot()
        var scale: Float = 1
        if !length.isFinite {
          // The squares of large numbers overflow, so the row is scaled before they are summed.
          let own = (0..<rank).map { elements[row * stride + $0] }
          scale = 1 / own.reduce(0) { max($0, abs($1)) }
          length = own.reduce(0) { $0 + ($1 * scale) * ($1 * scale) }.squareRoot()
          if !length.isFinite { (scale, length) = (0, 1) }
        }
        guard length > 0 else { continue }
        for column in 0..<rank {
          let element = elements[row * stride + column]
          out[row * stride + column] = scale == 0 ? 0 : element * scale / length
        }
      }
    }
    return result
  }

  /// Multiplies each column by a factor of its own. O(count · rank).
  mutating func scaleColumns(by scales: [Float], using parallel: Parallel) {
    precondition(scales.count == rank)
    let (rank, stride) = (rank, stride)
    elements.withSharedWriter { elements in
      parallel.forEach(count) { row in
        for column in 0..<rank { elements[row * stride + column] *= scales[column] }
      }
    }
  }

  /// Multiplies each row by a factor of its own. O(count · rank).
  mutating func scaleRows(by scales: [Float], using parallel: Parallel) {
    precondition(scales.count == count)
    let (rank, stride) = (rank, stride)
    elements.withSharedWriter { elements in
      parallel.forEach(count) { row in
        for column in 0..<rank { elements[row * stride + column] *= scales[row] }
      }
    }
  }

  func scaled(by factor: Float) -> Factors {
    Factors(count: count, rank: rank) { out in for index in elements.indices { out[index] = elements[index] * factor } }
  }
}
