/// What each item adds to the score of each other one: a row for the item of a history, a column for the item that is scored.
enum ItemWeights: Sendable, Equatable {
  /// All of them, a padded row an item.
  case dense(Factors)
  /// Those that are not zero.
  case sparse(SparseMatrix)

  var itemCount: Int {
    switch self {
    case .dense(let rows): rows.count
    case .sparse(let rows): rows.rowCount
    }
  }

  /// What `item` adds to the score of `other`. O(1), O(log row) where weights are sparse.
  func weight(from item: Int32, to other: Int32) -> Float {
    switch self {
    case .dense(let rows):
      return rows[Int(item), Int(other)]
    case .sparse(let rows):
      return rows.columns[rows.cells(ofRow: Int(item))].sortedIndex(of: other).map { rows.values[$0] } ?? 0
    }
  }
}
