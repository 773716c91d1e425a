/// An export of a recommender's factors for other programs.
///
/// The factors are those of the ranking model or, if it has none, those of the rating model. A score is
/// mean + user bias + item bias + ⟨p, q⟩. Formats without biases get two further columns per row if the model has
/// biases, so that the product alone is the score: [p, 1, mean + user bias] and [q, item bias, 1].
public struct FactorExport: Sendable {
  /// Whether the factors are those of the ranking model; otherwise they are those of the rating model.
  public let ordersLists: Bool
  private let model: FactorModel
  private let scale: ClosedRange<Float>?
  private let userIDs: [String]
  private let itemIDs: [String]
  private let meanValue: Float

  /// Creates an export of a recommender; nil if neither of its models has factors of users and items.
  public init?<UserID, ItemID>(_ recommender: Recommender<UserID, ItemID>) {
    let ratingModel = recommender.ratingModel as? RatingModel
    let ranking = recommender.rankingModel as? FactorModel ?? (recommender.rankingModel as? RatingModel)?.factors
    let candidates = [ranking, ratingModel?.factors]
    let usable = candidates.map { $0.flatMap { $0.rank > 0 && $0.users.count == recommender.userCount ? $0 : nil } }
    guard let model = usable[0] ?? usable[1] else { return nil }
    ordersLists = usable[0] != nil
    self.model = model
    scale = ratingModel?.scale
    userIDs = (0..<recommender.userIDs.count).map { recommender.userIDs[$0] }
    // Items that nobody has taken come last and have no factors.
    itemIDs = (0..<model.itemCount).map { recommender.itemIDs[$0] }
    let values = recommender.histories.rows.values
    meanValue = Float(values.reduce(0.0) { $0 + Double($1) } / Double(max(1, values.count)))
  }

  /// The number of items with factors: all but those that nobody has taken.
  public var itemCount: Int { itemIDs.count }

  private var hasBiases: Bool {
    model.mean != 0 || model.userBiases.contains { $0 != 0 } || model.itemBiases.contains { $0 != 0 }
  }

  private func userRow(_ row: Int) -> [Float] {
    hasBiases ? model.users[row] + [1, model.mean + model.userBiases[row]] : model.users[row]
  }

  private func itemRow(_ row: Int) -> [Float] {
    hasBiases ? model.items[row] + [model.itemBiases[row], 1] : model.items[row]
  }

  /// Returns the archive that `implicit.cpu.als.AlternatingLeastSquares.load` reads, and the ids as `user_ids` and
  /// `item_ids`.
  ///
  /// - Returns: The bytes of the archive; nil if it would be larger than 4 GiB.
  public func npz() -> [UInt8]? {
    let users = (0..<userIDs.count).map(userRow)
    let items = (0..<itemIDs.count).map(itemRow)
    let rank = model.rank + (hasBiases ? 2 : 0)
    var archive = NumPyArchive()
    archive.add("user_factors", Array(users.joined()), shape: [users.count, rank])
    archive.add("item_factors", Array(items.joined()), shape: [items.count, rank])
    archive.add("factors", rank)
    archive.add("regularization", Double(model.foldIn.penalty))
    archive.add("alpha", 1.0)
    archive.add("iterations", 0)
    archive.add("num_threads", 0)
    archive.add("use_native", true)
    archive.add("use_cg", true)
    archive.add("cg_steps", 3)
    archive.add("calculate_training_loss", false)
    archive.add("dtype", "float32")
    archive.add("user_ids", userIDs)
    archive.add("item_ids", itemIDs)
    return archive.finished()
  }

  /// Writes the model text that LIBMF's `mf-predict` reads, line by line.
  ///
  /// If all ids of users, or of items, are small whole numbers, they are LIBMF's row numbers. Otherwise rows are in
  /// order of the model's positions.
  ///
  /// - Parameter write: The function that is called with each line, without its line end.
  /// - Throws: Errors of `write`.
  public func libmf(_ write: (String) throws -> Void) rethrows {
    let (users, things) = (Self.rows(of: userIDs), Self.rows(of: itemIDs))
    try write("f 0")
    try write("m \(users.count)")
    try write("n \(things.count)")
    try write("k \(model.rank + (hasBiases ? 2 : 0))")
    try write("b \(meanValue)")
    for (name, rows, row) in [("p", users, userRow), ("q", things, itemRow)] {
      for (number, position) in rows.enumerated() {
        let values = position.map(row)
        let unseen = Array(repeating: Float(0), count: model.rank + (hasBiases ? 2 : 0))
        let text = (values ?? unseen).map(\.description).joined(separator: " ")
        try write("\(name)\(number) \(values == nil ? "F" : "T") \(text) ")
      }
    }
  }

  /// Whether the ids of users, and those of items, are the row numbers in LIBMF's text.
  public var libmfKeepsNumbers: (users: Bool, items: Bool) {
    (Self.numbers(of: userIDs) != nil, Self.numbers(of: itemIDs) != nil)
  }

  /// Writes the factors as CSV with the header `table,id,bias,1,2,…`: a row for the mean, one row per user, then one
  /// row per item.
  ///
  /// - Parameters:
  ///   - quoting: The function that quotes an id for CSV.
  ///   - write: The function that is called with each line, without its line end.
  /// - Throws: Errors of `write`.
  public func csv(quoting: (String) -> String, _ write: (String) throws -> Void) rethrows {
    try write((["table", "id", "bias"] + (0..<model.rank).map { "\($0 + 1)" }).joined(separator: ","))
    let blanks = String(repeating: ",", count: model.rank)
    try write("mean,,\(model.mean)\(blanks)")
    for (row, id) in userIDs.enumerated() {
      let numbers = [model.userBiases[row]] + model.users[row]
      try write("user,\(quoting(id)),\(numbers.map(\.description).joined(separator: ","))")
    }
    for (row, id) in itemIDs.enumerated() {
      let numbers = [model.itemBiases[row]] + model.items[row]
      try write("item,\(quoting(id)),\(numbers.map(\.description).joined(separator: ","))")
    }
  }

  /// Returns the model's position of each of LIBMF's rows; nil for a number that is no id.
  private static func rows(of ids: [String]) -> [Int?] {
    guard let numbers = numbers(of: ids) else { return ids.indices.map { $0 } }
    var rows = [Int?](repeating: nil, count: (numbers.max() ?? -1) + 1)
    for (position, number) in numbers.enumerated() { rows[number] = position }
    return rows
  }

  /// Returns the ids as whole numbers; nil if an id is none, or if the largest is far above the number of ids.
  private static func numbers(of ids: [String]) -> [Int]? {
    let numbers = ids.compactMap { id in Int(id).flatMap { $0 >= 0 && $0.description == id ? $0 : nil } }
    guard numbers.count == ids.count, (numbers.max() ?? 0) <= 10 * ids.count + 1000 else { return nil }
    return numbers
  }
}

extension FoldIn {
  /// The regularization of a user's factors.
  fileprivate var penalty: Float {
    switch law {
    case .ridge(let regularization, _, _): regularization
    case .implicit(let regularization, _, _): regularization
    default: 0
    }
  }
}
