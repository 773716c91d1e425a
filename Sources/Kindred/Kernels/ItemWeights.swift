/// The weight of each item for the score of each other item: rows are items of a history, columns items that are
/// scored. A second block of rows holds further weights of the same items.
enum ItemWeights: Sendable, Equatable {
  /// All weights, one padded row per item.
  case dense(Factors)
  /// The weights that are not zero.
  case sparse(SparseMatrix)

  /// The number of items that are scored.
  var itemCount: Int {
    switch self {
    case .dense(let rows): rows.count
    case .sparse(let rows): rows.columnCount
    }
  }

  /// The number of rows: that of the items times that of the blocks.
  var rowCount: Int {
    switch self {
    case .dense(let rows): rows.count
    case .sparse(let rows): rows.rowCount
    }
  }

  /// The weight of the row `item` for the score of `other`. O(1), or O(log row) if the weights are sparse.
  func weight(from item: Int32, to other: Int32) -> Float {
    switch self {
    case .dense(let rows):
      return rows[Int(item), Int(other)]
    case .sparse(let rows):
      return rows.columns[rows.cells(ofRow: Int(item))].sortedIndex(of: other).map { rows.values[$0] } ?? 0
    }
  }
}
