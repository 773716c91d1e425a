/// The lists of numbers of items, such as embeddings of their texts or pictures: for each item those of all columns,
/// one after another.
struct ItemVectors: Sendable {
  /// A column of lists of numbers.
  struct Column: Sendable, Equatable {
    var name: String
    /// The numbers per list.
    var dimension: Int
  }

  /// The columns in order of their names.
  let columns: [Column]
  /// The numbers of each item, of shape [items][numbers]; zeros for an item without a list.
  let rows: Factors

  /// The most numbers per item; columns that exceed it are left out.
  static var mostNumbers: Int { 4096 }

  /// Puts the lists of some items in rows.
  ///
  /// - Parameters:
  ///   - lists: The lists of each item by column.
  ///   - columns: The columns to keep; nil for all, each with the number of numbers that most of its lists have. A list
  ///     of another length is left out.
  init(_ lists: [[String: [Float]]], columns: [Column]? = nil) {
    self.columns = columns ?? Self.columns(of: lists)
    var rows = Factors(count: lists.count, rank: self.columns.reduce(0) { $0 + $1.dimension })
    for (item, own) in lists.enumerated() where !own.isEmpty {
      var start = item * rows.stride
      for column in self.columns {
        if let list = own[column.name], list.count == column.dimension {
          for (place, number) in list.enumerated() { rows.elements[start + place] = number }
        }
        start += column.dimension
      }
    }
    self.rows = rows
  }

  private static func columns(of lists: [[String: [Float]]]) -> [Column] {
    var counts: [String: [Int: Int]] = [:]
    for own in lists { for (name, list) in own { counts[name, default: [:]][list.count, default: 0] += 1 } }
    var room = mostNumbers
    return counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.compactMap { name, lengths in
      guard let most = lengths.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), most.key <= room else {
        return nil
      }
      room -= most.key
      return Column(name: name, dimension: most.key)
    }
  }
}

/// A projection of items' numbers onto their leading principal components, each row then of length 1.
struct VectorProjection: Sendable {
  /// The columns whose numbers are projected.
  let columns: [ItemVectors.Column]
  /// The mean of each number.
  let mean: Buffer<Float>
  /// The components, of shape [components][numbers].
  let components: Factors

  /// The maximum number of components.
  static var limit: Int { 64 }
  /// The number of items above which some of them, at even steps, stand for all.
  private static var mostItems: Int { 20_000 }

  /// The number of components.
  var count: Int { components.count }

  init(columns: [ItemVectors.Column], mean: Buffer<Float>, components: Factors) {
    precondition(mean.count == components.rank)
    precondition(columns.reduce(0) { $0 + $1.dimension } == mean.count)
    (self.columns, self.mean, self.components) = (columns, mean, components)
  }

  /// Finds the components of the items that occur in the training data; nil if their numbers are all the same.
  ///
  /// - Complexity: O(items · numbers² + numbers³).
  init?(_ vectors: ItemVectors, ofItems isKnown: [Bool], using parallel: Parallel) {
    let (size, stride) = (vectors.rows.rank, vectors.rows.stride)
    let known = isKnown.indices.filter { isKnown[$0] && vectors.rows.squaredLength(ofRow: $0) > 0 }
    guard size > 0, known.count > 1 else { return nil }
    let step = (known.count + Self.mostItems - 1) / Self.mostItems
    let sample = Swift.stride(from: 0, to: known.count, by: step).map { known[$0] }
    var mean = [Double](repeating: 0, count: size)
    for item in sample {
      for place in 0..<size { mean[place] += Double(vectors.rows[item, place]) / Double(sample.count) }
    }
    var centred = Factors(count: sample.count, rank: size)
    for (row, item) in sample.enumerated() {
      for place in 0..<size {
        centred.elements[row * stride + place] = vectors.rows[item, place] - Float(mean[place])
      }
    }
    let gram = centred.gram(using: parallel)
    let covariance = (0..<size).flatMap { row in (0..<size).map { Double(gram[row * stride + $0]) } }
    guard let found = LinearAlgebra.eigenvectors(of: covariance, size: size) else { return nil }
    let least = max(0, found.values[0]) * 1e-6
    let count = found.values.prefix(Self.limit).prefix { $0 > least }.count
    guard count > 0 else { return nil }
    var components = Factors(count: count, rank: size)
    for row in 0..<count {
      let vector = Array(found.vectors[(row * size)..<((row + 1) * size)])
      // The sign of an eigenvector is arbitrary: its largest entry is made positive.
      let isFlipped = (vector.max { abs($0) < abs($1) } ?? 0) < 0
      components[row] = vector.map { Float(isFlipped ? -$0 : $0) }
    }
    self.init(columns: vectors.columns, mean: Buffer(mean.map { Float($0) }), components: components)
  }

  /// The components of an item's numbers, of length 1; empty if the item has none.
  func row(of vectors: ItemVectors, item: Int) -> [Float] {
    guard vectors.rows.squaredLength(ofRow: item) > 0 else { return [] }
    let size = mean.count
    let centred = (0..<size).map { vectors.rows[item, $0] - mean[$0] }
    let row = (0..<count).map { component in
      (0..<size).reduce(Float(0)) { $0 + components[component, $1] * centred[$1] }
    }
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? row.map { $0 / length } : []
  }
}
