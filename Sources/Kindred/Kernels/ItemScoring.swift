import CKindredKernels

/// Scores from item-item weights and a product of low rank: Σ_i (w_ij + ⟨a_i, b_j⟩) over the items i of a history.
///
/// The low-rank part comes first; then the weights are added in the order of the items. One history alone and many at a
/// time therefore get the same bits.
struct ItemScoring: Sendable {
  let weights: ItemWeights
  let from: Factors?
  let to: PackedItems?

  init(_ weights: ItemWeights, from: Factors?, to: Factors?) {
    self.weights = weights
    self.from = from
    self.to = to.map { PackedItems($0, biases: Buffer(repeating: 0, count: $0.count)) }
    precondition(
      from?.rank == to?.rank && (from?.count ?? weights.itemCount) == weights.itemCount && to?.count == from?.count)
  }

  /// The number of users scored together; their scores stay in the cache until they are used.
  private static let usersAtOnce = 8

  /// Rows of scores, `itemCount` floats per user.
  func score(_ histories: [WeightedItems], into scores: inout MutableSpan<Float>) {
    let count = weights.itemCount
    precondition(scores.count == histories.count * count)
    scores.withUnsafeMutableBufferPointer { scores in
      forEachUser(of: histories) { user, row in
        for item in 0..<count { scores[user * count + item] = row[item] }
      }
    }
  }

  /// The best items of each history.
  func topItems(_ histories: [WeightedItems], selection: TopSelection) -> [[ScoredItem]] {
    precondition(selection.excluded.count == histories.count)
    return TopHeaps.withHeaps(selection) { heaps, allowed in
      forEachUser(of: histories) { user, row in
        TopHeaps.fill(&heaps[user], from: row, count: weights.itemCount, allowed)
      }
    }
  }

  /// Calls `body` with the scores of each history in turn.
  private func forEachUser(of histories: [WeightedItems], _ body: (Int, UnsafeMutablePointer<Float>) -> Void) {
    let count = weights.itemCount
    let width = Swift.max(PackedItems.itemsOfPanel, (count + 31) / 32 * 32)
    precondition(
      histories.allSatisfy { $0.items.allSatisfy { $0 >= 0 && $0 < weights.rowCount } },
      "a history has an item that does not exist")
    var rows = Buffer<Float>(repeating: 0, count: min(histories.count, Self.usersAtOnce) * width)
    rows.withSharedWriter { rows in
      var first = 0
      while first < histories.count {
        let users = first..<min(histories.count, first + Self.usersAtOnce)
        startScores(of: histories[users], into: rows.base, width: width)
        for user in users {
          let row = rows.base + (user - first) * width
          addWeights(of: histories[user], to: row)
          body(user, row)
        }
        first = users.upperBound
      }
    }
  }

  /// The low-rank part, or zeros.
  private func startScores(of histories: ArraySlice<WeightedItems>, into out: UnsafeMutablePointer<Float>, width: Int) {
    guard let from, let to else { return out.update(repeating: 0, count: histories.count * width) }
    var users = Factors(count: histories.count, rank: from.rank)
    users.elements.withSharedWriter { sums in
      for (position, history) in histories.enumerated() {
        from.addRows(history, to: sums.base + position * from.stride)
      }
    }
    to.score(users, base: [Float](repeating: 0, count: histories.count), into: out, width: width)
  }

  private func addWeights(of history: WeightedItems, to out: UnsafeMutablePointer<Float>) {
    switch weights {
    case .dense(let rows):
      rows.addRows(history, to: out)
    case .sparse(let rows):
      rows.columns.withUnsafeBuffer { columns in
        rows.values.withUnsafeBuffer { values in
          for (place, item) in history.items.enumerated() {
            let weight = history.weights?[place] ?? 1
            for cell in rows.cells(ofRow: Int(item)) { out[Int(columns[cell])] += weight * values[cell] }
          }
        }
      }
    }
  }
}
