/// Regression of what users take on the attributes of what they took, in closed form.
///
/// With the features T of the items, X the users' items, each user's row scaled to length 1, and P = X T, the weights
/// W minimise ‖X − P W Tᵀ‖² up to the penalties ρ and λ: W = (PᵀP + ρ)⁻¹ PᵀP (TᵀT + λ)⁻¹. The greatest weights per
/// feature and those of principal components are kept. Items that nobody has taken have no part in it.
struct AttributeRegression {
  /// ρ as a multiple of the mean diagonal element of PᵀP.
  var profilePenalty: Float = 2
  /// λ, for features of items of length 1.
  var itemPenalty: Float = 1
  /// The number of weights that are kept per feature.
  var keptWeights = 32
  /// The number of users above which some of them, at even steps, stand for all.
  var mostUsers = 20_000

  /// Whether the items of a data set have attributes to learn from.
  static func suits(_ data: PreparedData) -> Bool { data.columns.itemAttributes != nil }

  /// The expected seconds of the training.
  func time(on data: PreparedData, threads: Int) -> Double {
    guard Self.suits(data) else { return 0 }
    let numbers = data.columns.itemAttributes?.vectors?.rows.rank ?? 0
    let size = Double(
      min(ItemFeatures.limit, (data.columns.itemAttributes?.texts.count ?? 0) + min(numbers, VectorProjection.limit)))
    let history = min(size, 10 * Double(data.count) / Double(max(1, data.userCount)))
    let users = Double(min(mostUsers, data.userCount))
    let projecting = Double(numbers * numbers) * Double(data.itemCount) * 2e-10
    let sums = users * min(history * history * 1e-9, size * size * 3e-11)
    return (3 * size * size * size * 2e-11 + sums + projecting) / Double(threads)
  }

  /// The model; nil if no two items that users took share an attribute, so that there is nothing to learn.
  ///
  /// - Complexity: O(users · features per history² + features³).
  /// - Throws: ``TrainingError`` if the training is cancelled.
  func model(_ data: PreparedData, using parallel: Parallel) throws(TrainingError) -> AttributeModel? {
    guard let attributes = data.columns.itemAttributes else { return nil }
    let counts = data.itemCounts
    let features = ItemFeatures(attributes, ofItems: counts.map { $0 > 0 }, using: parallel)
    guard features.count > 0 else { return nil }
    let rows = features.rows(of: attributes, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let step = max(1, data.userCount / mostUsers)
    let taken = data.byUser
    let profiles = gram(of: features.count, rows: data.userCount / step, using: parallel) { user, add in
      let cells = taken.cells(ofRow: user * step)
      for cell in cells {
        add(rows, Int(taken.columns[cell]), 1 / Float(cells.count).squareRoot())
      }
    }
    let known = counts.indices.filter { counts[$0] > 0 }
    let items = gram(of: features.count, rows: known.count, using: parallel) { row, add in add(rows, known[row], 1) }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let weights = solved(profiles, items, labels: features.texts.count, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard let weights else { return nil }
    return AttributeModel(
      features, rows: rows, weights: weights,
      newItems: Buffer(counts.indices.filter { counts[$0] == 0 }.map { Int32($0) }))
  }

  /// Adds a multiple of a row of a matrix to the row under way.
  private typealias Adding = (_ matrix: SparseMatrix, _ row: Int, _ factor: Float) -> Void

  /// The Gram matrix of rows that are sums of rows of features, row by row in order.
  private func gram(
    of count: Int, rows: Int, using parallel: Parallel, _ fill: @Sendable (_ row: Int, _ add: Adding) -> Void
  ) -> Factors {
    var gram = Factors(count: count, rank: count)
    for start in stride(from: 0, to: rows, by: Self.rowsOfChunk) where !parallel.isCancelled {
      let sums = parallel.map(min(Self.rowsOfChunk, rows - start)) { row in
        var dense = [Float](repeating: 0, count: count)
        fill(start + row) { matrix, position, factor in matrix.add(row: position, times: factor, to: &dense) }
        return dense.indices.compactMap { dense[$0] == 0 ? nil : (feature: Int32($0), value: dense[$0]) }
      }
      // From an eighth of the features on, a product of dense rows is faster.
      if sums.reduce(0, { $0 + $1.count }) > sums.count * count / 8 {
        var dense = Factors(count: sums.count, rank: count)
        for (row, cells) in sums.enumerated() {
          for cell in cells { dense.elements[row * dense.stride + Int(cell.feature)] = cell.value }
        }
        gram.addGram(of: dense, using: parallel)
      } else {
        Self.add(sums, to: &gram, using: parallel)
      }
    }
    return gram
  }

  /// Adds the products of the cells of sparse rows.
  private static func add(
    _ rows: [[(feature: Int32, value: Float)]], to gram: inout Factors, using parallel: Parallel
  ) {
    let (count, stride) = (gram.count, gram.stride)
    let blocks = max(1, count / featuresOfBlock)
    gram.elements.withSharedWriter { out in
      parallel.forEach(blocks) { block in
        let own = (block * count / blocks)..<((block + 1) * count / blocks)
        for cells in rows {
          for first in cells where own.contains(Int(first.feature)) {
            let start = Int(first.feature) * stride
            for second in cells { out[start + Int(second.feature)] += first.value * second.value }
          }
        }
      }
    }
  }

  /// The number of rows whose products are added at a time.
  private static var rowsOfChunk: Int { 512 }
  /// The number of features whose sums one thread makes at a time.
  private static var featuresOfBlock: Int { 512 }

  /// W = (I − ρ (PᵀP + ρ)⁻¹) (TᵀT + λ)⁻¹: per row the greatest weights of labels, and all those of the components
  /// behind the labels; nil if nobody took an item with a feature.
  private func solved(
    _ profiles: consuming Factors, _ items: consuming Factors, labels: Int, using parallel: Parallel
  ) -> SparseMatrix? {
    let count = profiles.count
    let trace = (0..<count).reduce(Float(0)) { $0 + profiles[$1, $1] }
    let penalty = profilePenalty * trace / Float(count)
    for feature in 0..<count {
      profiles[feature, feature] += penalty
      items[feature, feature] += itemPenalty
    }
    let sweep = BlockSweep()
    guard penalty > 0, sweep.invert(&profiles, using: parallel), sweep.invert(&items, using: parallel) else {
      return nil
    }
    let (left, right) = (profiles, items)
    let packed = PackedItems(right, biases: Buffer(repeating: 0, count: count))
    let rowsOfBlock = 64
    let kept = parallel.map((count + rowsOfBlock - 1) / rowsOfBlock) { block in
      let rows = (block * rowsOfBlock)..<min(count, (block + 1) * rowsOfBlock)
      var product = [Float](repeating: 0, count: rows.count * count)
      var span = product.mutableSpan
      packed.score(
        left.reordered(by: rows.map { Int32($0) }), base: [Float](repeating: 0, count: rows.count), into: &span)
      return rows.map { row in
        let start = (row - rows.lowerBound) * count
        let weights = (0..<count).map { right[row, $0] - penalty * product[start + $0] }
        let greatest = TopHeaps.positions(ofGreatest: min(keptWeights, labels), in: weights.prefix(labels).map(abs))
        return (greatest + (labels..<count).map { Int32($0) }).map { (column: $0, weight: weights[Int($0)]) }
      }
    }.flatMap { $0 }
    return SparseMatrix(
      rowCount: count, columnCount: count, rows: kept.indices.flatMap { row in kept[row].map { _ in Int32(row) } },
      columns: kept.flatMap { $0.map(\.column) }, values: kept.flatMap { $0.map(\.weight) })
  }
}
