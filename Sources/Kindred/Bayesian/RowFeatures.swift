/// The features of one side's rows: the partners of each row in the data, and its labels. Each feature has the value
/// 1/√n in a row with n features of its group.
struct RowFeatures {
  /// One row per feature: the side's rows that have it, and the values. Nil without features.
  let design: SparseMatrix?
  /// The features of each group.
  let groups: [Range<Int>]

  /// - Parameters:
  ///   - rows: The row of each interaction.
  ///   - partners: The other side of each interaction, and their number; nil if they are not features.
  init(rowCount: Int, rows: [Int32], partners: (rows: [Int32], count: Int)?, labels: [LabelGroup]) {
    var groups: [Range<Int>] = []
    var (features, having, amounts): ([Int32], [Int32], [Float]) = ([], [], [])
    var count = 0
    if let partners {
      var counts = [Int32](repeating: 0, count: rowCount)
      for row in rows { counts[Int(row)] += 1 }
      features = partners.rows
      having = rows
      amounts = rows.map { 1 / Float(counts[Int($0)]).squareRoot() }
      groups.append(0..<partners.count)
      count = partners.count
    }
    for group in labels {
      for row in 0..<min(rowCount, group.rowCount) {
        let own = group.labels(ofRow: row)
        let amount = 1 / Float(max(1, own.count)).squareRoot()
        for label in own {
          features.append(Int32(count) + label)
          having.append(Int32(row))
          amounts.append(amount)
        }
      }
      groups.append(count..<(count + group.count))
      count += group.count
    }
    self.groups = groups
    design =
      count == 0
      ? nil
      : SparseMatrix(rowCount: count, columnCount: rowCount, rows: features, columns: having, values: amounts)
  }
}
