/// A table of factor rows, each padded with zeros to a whole number of sixteen-float vectors.
///
/// The padding lets kernels process whole vectors at any rank. Zeros stay zero in every update, and add nothing to a
/// product.
struct Factors: Sendable, Equatable {
  /// The number of rows.
  let count: Int
  /// The number of factors per row, without the padding.
  let rank: Int
  /// The floats from one row to the next: `rank` rounded up to a multiple of 16.
  let stride: Int
  /// All rows one after another, `count * stride` floats.
  var elements: Buffer<Float>

  init(count: Int, rank: Int, threads: Int = 1) {
    self.init(
      count: count, rank: rank,
      elements: Buffer(repeating: 0, count: count * Self.stride(for: rank), isReadAtRandom: true, threads: threads))
  }

  /// Creates a table whose elements `fill` writes, every one of them, the padding included.
  init(count: Int, rank: Int, _ fill: (SharedWriter<Float>) -> Void) {
    self.init(
      count: count, rank: rank,
      elements: Buffer(count: count * Self.stride(for: rank), isReadAtRandom: true, fill))
  }

  /// Wraps elements that have the padded layout.
  init(count: Int, rank: Int, elements: Buffer<Float>) {
    precondition(elements.count == count * Self.stride(for: rank))
    self.count = count
    self.rank = rank
    self.stride = Self.stride(for: rank)
    self.elements = elements
  }

  /// A table of these rows, each of `rank` numbers.
  init(rows: [[Float]], rank: Int) {
    self.init(count: rows.count, rank: rank)
    for (position, row) in rows.enumerated() { self[position] = row }
  }

  static func stride(for rank: Int) -> Int { (rank + 15) / 16 * 16 }

  subscript(row: Int, column: Int) -> Float {
    get {
      precondition(column >= 0 && column < rank)
      return elements[row * stride + column]
    }
    set {
      precondition(column >= 0 && column < rank)
      elements[row * stride + column] = newValue
    }
  }

  /// The factors of one row, without the padding.
  subscript(row: Int) -> [Float] {
    get { (0..<rank).map { elements[row * stride + $0] } }
    set {
      precondition(newValue.count == rank)
      for column in 0..<rank { elements[row * stride + column] = newValue[column] }
    }
  }

  /// Copies a row of another table of the same rank.
  mutating func copyRow(_ row: Int, of other: Factors, to position: Int) {
    precondition(other.rank == rank && row >= 0 && row < other.count && position >= 0 && position < count)
    elements.withSharedWriter { to in
      other.elements.withUnsafeBuffer { from in
        for column in 0..<stride { to.base[position * stride + column] = from[row * stride + column] }
      }
    }
  }
}

extension Factors {
  /// A table of rows of the same length.
  init(rows: [[Float]]) { self.init(rows: rows, rank: rows.first?.count ?? 0) }

  /// Creates factors from a public caller's rows, which are checked.
  init(checking rows: [[Float]]) {
    let rank = rows.first?.count ?? 0
    precondition(rank <= 4096, "there are at most 4,096 factors per row")
    precondition(rows.allSatisfy { $0.count == rank && $0.allSatisfy(\.isFinite) }, "rows are finite and of one length")
    self.init(rows: rows, rank: rank)
  }

  /// A table of columns of the same length.
  init(columns: [Buffer<Float>]) {
    self.init(count: columns.first?.count ?? 0, rank: columns.count)
    for (index, column) in columns.enumerated() { for row in 0..<count { self[row, index] = column[row] } }
  }

  /// The same columns of several tables, side by side.
  init(sideBySide tables: [Factors], columns: Range<Int>) {
    let count = tables.first?.count ?? 0
    precondition(tables.allSatisfy { $0.count == count && $0.rank >= columns.upperBound })
    self.init(count: count, rank: tables.count * columns.count)
    let (stride, width) = (stride, columns.count)
    elements.withSharedWriter { out in
      for (index, table) in tables.enumerated() {
        for row in 0..<count {
          for column in columns {
            out[row * stride + index * width + column - columns.lowerBound] =
              table.elements[row * table.stride + column]
          }
        }
      }
    }
  }

  /// The rows in the order of `places`: row i is this table's row `places[i]`.
  func reordered(by places: [Int32]) -> Factors {
    Factors(count: places.count, rank: rank) { out in
      for row in places.indices {
        let from = Int(places[row]) * stride
        for column in 0..<stride { out[row * stride + column] = elements[from + column] }
      }
    }
  }
}
