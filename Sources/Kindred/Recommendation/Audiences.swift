/// What users with an attribute take more or less often than others: it orders the lists of users without a history.
///
/// The lift of an item for a label is ln((n_li + s · p_i) / ((n_l + s) · p_i)): n_li of the n_l users with the label
/// took the item, as did the share p_i of all users. s shrinks the lifts of small groups. An item's score for a user is
/// the logarithm of its popularity, plus the sum of the lifts for the user's labels divided by the square root of their
/// number, since labels overlap.
struct Audiences: Sendable {
  /// The labels, such as `gender: F`.
  let labels: Vocabulary
  /// The lift of each of the most popular items for each label, of shape [labels][items].
  let lifts: SparseMatrix

  init(labels: Vocabulary, lifts: SparseMatrix) {
    precondition(labels.count == lifts.rowCount)
    (self.labels, self.lifts) = (labels, lifts)
  }

  /// The users s that a group is shrunk by.
  private static var shrinkage: Float { 30 }
  /// The least number of users of a label.
  private static var leastUsers: Int { 20 }
  /// The maximum number of labels, those of the most users first.
  private static var mostLabels: Int { 256 }
  /// The number of items that have lifts.
  private static var mostItems: Int { 2_000 }

  /// Counts who takes what; nil if no label has users enough.
  ///
  /// - Parameters:
  ///   - data: The interactions that count.
  ///   - labelsOfUsers: The labels of each user.
  /// - Complexity: O(interactions · labels per user + labels · items).
  init?(_ data: PreparedData, labelsOfUsers: [[String]], using parallel: Parallel) {
    var known = Vocabulary()
    var groups: [[Int32]] = []
    for (user, own) in labelsOfUsers.enumerated() {
      for label in Set(own) {
        let position = Int(known.insert(label))
        if position == groups.count { groups.append([]) }
        groups[position].append(Int32(user))
      }
    }
    let users = groups
    let total = labelsOfUsers.count
    let chosen = users.indices.filter { users[$0].count >= Self.leastUsers && users[$0].count < total }.sorted {
      users[$0].count != users[$1].count
        ? users[$0].count > users[$1].count : known[$0].utf8.lexicographicallyPrecedes(known[$1].utf8)
    }.prefix(Self.mostLabels)
    guard !chosen.isEmpty else { return nil }
    let counts = data.itemCounts
    let items = TopHeaps.positions(
      ofGreatest: min(Self.mostItems, counts.count), in: counts.map { Float($0) }
    ).filter { counts[Int($0)] > 0 }.sorted()
    let rows = data.byUser
    let lifts = parallel.map(chosen.count) { label in
      let own = users[chosen[label]]
      var taken = [Float](repeating: 0, count: counts.count)
      for user in own { for cell in rows.cells(ofRow: Int(user)) { taken[Int(rows.columns[cell])] += 1 } }
      return items.map { item in
        let expected = Float(counts[Int(item)]) / Float(total)
        let ratio =
          (taken[Int(item)] + Self.shrinkage * expected) / ((Float(own.count) + Self.shrinkage) * expected)
        return Float(RandomStream.logarithm(Double(ratio)))
      }
    }
    labels = Vocabulary(chosen.map { known[$0] })
    self.lifts = SparseMatrix(
      rowCount: chosen.count, columnCount: counts.count,
      offsets: Buffer((0...chosen.count).map { Int64($0 * items.count) }),
      columns: Buffer(chosen.flatMap { _ in items }), values: Buffer(lifts.flatMap { $0 }))
  }

  /// Adds to each item's logarithm of popularity the lifts for a user's labels; nil if none of the labels is known.
  func scores(_ fame: [Float], for labels: [String]) -> [Float]? {
    let known = Set(labels.compactMap { self.labels.index(of: $0) }).sorted()
    guard !known.isEmpty else { return nil }
    var scores = fame.map { Float(RandomStream.logarithm(1 + Double($0))) }
    let weight = 1 / Float(known.count).squareRoot()
    for label in known { lifts.add(row: Int(label), times: weight, to: &scores) }
    return scores
  }
}

extension Audiences {
  /// Reads them from a model file; nil if it has none.
  init?(from file: ModelFile, items: Int) throws(ModelFileError) {
    guard file.tensors["audiences.labels.bytes"] != nil else { return nil }
    let labels = try file.vocabulary("audiences.labels")
    self.init(labels: labels, lifts: try file.matrix("audiences.lifts", rows: labels.count, columns: items))
  }

  func write(to file: inout ModelFile) {
    file.set("audiences.labels", to: labels)
    file.set("audiences.lifts", to: lifts)
  }
}
