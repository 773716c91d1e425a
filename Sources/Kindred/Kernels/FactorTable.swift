/// A table of factors for callers outside the library, who hold them in arrays of their own without padding.
package struct FactorTable: Sendable {
  var factors: Factors

  /// The number of rows.
  package var count: Int { factors.count }

  /// Copies rows of `rank` numbers.
  ///
  /// - Returns: Nil if a number is not finite.
  package init?(copying rows: UnsafeBufferPointer<Float>, rank: Int, using parallel: Parallel) {
    precondition(rank > 0 && rows.count % rank == 0)
    let count = rows.count / rank
    factors = Factors(count: count, rank: rank)
    guard let base = rows.baseAddress else { return }
    let (stride, source, rowsOfBlock) = (factors.stride, SharedReader(base), 1024)
    factors.elements.withSharedWriter { out in
      parallel.forEach((count + rowsOfBlock - 1) / rowsOfBlock) { block in
        for row in block * rowsOfBlock..<Swift.min(count, (block + 1) * rowsOfBlock) {
          (out.base + row * stride).update(from: source.base + row * rank, count: rank)
        }
      }
    }
    guard factors.elements.isFinite(parallel: parallel) else { return nil }
  }

  /// Whether all numbers are finite.
  package var isFinite: Bool { factors.elements.isFinite(parallel: Parallel(threads: 1)) }

  /// Writes the rows, of `rank` numbers each, to an array of the caller.
  package func copy(to rows: UnsafeMutableBufferPointer<Float>) {
    precondition(rows.count == factors.count * factors.rank)
    factors.elements.withUnsafeBuffer { elements in
      for row in 0..<factors.count {
        for column in 0..<factors.rank { rows[row * factors.rank + column] = elements[row * factors.stride + column] }
      }
    }
  }

  /// For each query the rows of this table with the greatest inner products, the greatest first; ties by position.
  ///
  /// - Parameters:
  ///   - queries: The queries, of the same rank.
  ///   - limit: The maximum number of rows per query.
  ///   - excluded: The rows to leave out of the list of a query.
  ///   - allowed: The rows that lists may hold; nil allows all.
  ///   - parallel: The threads. The result does not depend on their number.
  ///   - body: Called with the number of a query and its list, on any thread.
  /// - Complexity: O(queries · rows · rank).
  package func topProducts(
    with queries: FactorTable, limit: Int, excluded: @Sendable (Int) -> [Int32], allowed: ItemSet?,
    using parallel: Parallel, _ body: @Sendable (_ query: Int, _ top: [ScoredItem]) -> Void
  ) {
    precondition(queries.factors.rank == factors.rank)
    let packed = PackedItems(factors, biases: Buffer(repeating: 0, count: factors.count), using: parallel)
    let queriesOfBlock = 64
    parallel.forEach((queries.count + queriesOfBlock - 1) / queriesOfBlock) { block in
      let own = block * queriesOfBlock..<Swift.min(queries.count, (block + 1) * queriesOfBlock)
      let selection = TopSelection(limit: Swift.min(limit, count), excluded: own.map(excluded), allowed: allowed)
      var part = Factors(count: own.count, rank: factors.rank)
      for (position, query) in own.enumerated() { part.copyRow(query, of: queries.factors, to: position) }
      let lists = packed.topItems(part, base: Array(repeating: 0, count: own.count), selection: selection)
      for (query, list) in zip(own, lists) { body(query, list) }
    }
  }
}
