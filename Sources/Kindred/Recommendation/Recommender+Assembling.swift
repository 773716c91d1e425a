extension Recommender where UserID == String, ItemID == String {
  /// Creates a recommender without users from a model that another system trained;
  /// ``replacingUsers(with:threads:)`` adds users.
  ///
  /// - Parameters:
  ///   - items: The ids of the items, by position; distinct.
  ///   - itemCatalog: The metadata of the items.
  ///   - model: The model that ranks.
  ///   - rule: The meaning of feedback for the ranking.
  ///   - popularity: The number of users of each item.
  ///   - fame: The score of each item in the lists of strangers.
  ///   - latestTime: The latest time of the training data; nil if no time is known.
  ///   - provenance: The description of the training.
  package init(
    items: [String], itemCatalog: Catalog, model: any Scorer, rule: FeedbackRule, popularity: [Int32], fame: [Float],
    latestTime: Timestamp?, provenance: Provenance
  ) {
    self.init(
      userIDs: Vocabulary(), itemIDs: Vocabulary(items), itemCatalog: itemCatalog, ranking: model, rating: nil,
      histories: HistoryTable(
        rows: SparseMatrix(rowCount: 0, columnCount: items.count, rows: [], columns: [], values: [])),
      latestTime: latestTime, rule: rule, popularity: popularity, fame: fame, audiences: nil, provenance: provenance)
  }
}

extension Trainer {
  /// Checks the hyperparameters without data.
  ///
  /// - Throws: ``TrainingError`` if one is out of range.
  package func checkSettings() throws(TrainingError) {
    let data = TrainingData(userCount: 1, itemCount: 1, users: [0], items: [0], values: [1])
    _ = try makeSession(for: PreparedData(data), seed: 0, using: Parallel(threads: 1))
  }
}
