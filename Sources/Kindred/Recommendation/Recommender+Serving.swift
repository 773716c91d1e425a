extension Recommender {
  /// The history of a user in the form that models take, from their current interactions; the user may be unknown.
  ///
  /// Items that the recommender was not trained on are left out. Interactions are ordered by time, those without one
  /// first; equal times keep the given order.
  ///
  /// - Parameter interactions: The user's interactions; their users are ignored. The latest of an item gives its value.
  /// - Complexity: O(interactions · log interactions).
  public func history(of interactions: some Sequence<Interaction<UserID, ItemID>>) -> History {
    var own = TrainingData(userCount: 1, itemCount: itemCount)
    own.keepsRepeats = true
    for interaction in interactions {
      guard let position = position(of: interaction.item) else { continue }
      own.users.append(0)
      own.items.append(position)
      own.values.append(interaction.value)
      own.times.append(interaction.time ?? History.unknownTime)
    }
    if own.times.allSatisfy({ $0 == History.unknownTime }) { own.times = [] }
    return history(ofOnlyUser: own)
  }

  /// The history of a user in the form that models take, made in the same way as those of the training data.
  ///
  /// - Parameter columns: The user's feedback, with one user; items that the recommender does not know are left out.
  package func history(of columns: consuming InteractionColumns) -> History where UserID == String, ItemID == String {
    let own = Interactions(columns, kindValues: rule.kinds)
    guard own.userCount > 0 else { return History() }
    return history(ofOnlyUser: own.data.mappingItems(own.itemIDs, to: itemIDs))
  }

  private func history(ofOnlyUser events: TrainingData) -> History {
    var history = PreparedData(events).histories[0]
    history.trainingRow = nil
    return history.weighted(by: rule, latest: latestTime)
  }

  /// The number of users who had an item in the training data; 0 for an unknown item.
  public func ratingCount(of item: ItemID) -> Int {
    position(of: item).map { Int(popularity[Int($0)]) } ?? 0
  }

  /// The recommender without data of single users: no ids, no histories, no factors.
  ///
  /// It scores given histories. It has no users to compare or to group until ``replacingUsers(with:threads:)`` adds
  /// some.
  public func withoutUsers() -> Recommender {
    Recommender(
      userIDs: Vocabulary(), itemIDs: itemIDs, itemCatalog: itemCatalog, ranking: rankingModel.keepingUsers([]),
      rating: separateRatingModel?.keepingUsers([]),
      histories: HistoryTable(
        rows: SparseMatrix(rowCount: 0, columnCount: itemCount, rows: [], columns: [], values: [])),
      latestTime: latestTime, rule: rule,
      popularity: popularity, fame: fame, audiences: audiences, provenance: provenance)
  }

  /// The recommender with other users: their histories, and their factors by fold-in.
  ///
  /// Interactions with items that it was not trained on are left out.
  ///
  /// - Parameters:
  ///   - interactions: The interactions of the users.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Complexity: O(interactions · rank² + users · rank³).
  public func replacingUsers(with interactions: Interactions<UserID, ItemID>, threads: Int? = nil) async -> Recommender
  {
    await Parallel(threads: threads).detached { (parallel) throws(Never) in
      let data = PreparedData(interactions.data.mappingItems(interactions.itemIDs, to: itemIDs))
      let (liked, weights) = data.weighted(by: rule)
      // Factors know nothing of items that were placed by their attributes.
      let known = (rankingModel as? BlendModel)?.knownItemCount ?? itemCount
      let folded = known == itemCount ? data : data.deriving(data.events.keeping(itemsBelow: known))
      let (likedRows, rows) = (known == itemCount ? liked : folded.weighted(by: rule).liked, folded.byUser)
      let fold = { (model: FactorModel, isRanking: Bool) in
        FactorModel(
          mean: model.mean, foldIn: model.foldIn, items: model.items, itemBiases: model.itemBiases,
          foldingIn: isRanking ? likedRows.byUser : rows, using: parallel)
      }
      return Recommender(
        userIDs: interactions.userIDs, itemIDs: itemIDs, itemCatalog: itemCatalog,
        ranking: rankingModel.replacingUsers(fold),
        rating: separateRatingModel.flatMap { $0.replacingUsers(fold) as? any RatingPredictor },
        histories: data.table(weights: weights), latestTime: latestTime, rule: rule, popularity: popularity,
        fame: fame, audiences: audiences, provenance: provenance)
    }.get()
  }

  /// The users with the taste most similar to that of a user with this history, the most similar first.
  ///
  /// - Parameters:
  ///   - history: The history.
  ///   - excluded: A user to leave out, such as the one with this history.
  ///   - limit: The maximum number of users.
  /// - Returns: The users; empty if no item of the history counts, or the model has no factors.
  /// - Complexity: O(fold-in + users · rank).
  public func users(similarTo history: History, excluding excluded: UserID? = nil, limit: Int = 10) -> [Neighbor<
    UserID
  >] {
    guard let tastes, let own = tasteRow(of: history) else { return [] }
    let scores = tastes.cosines(to: own)
    let left = excluded.flatMap { userPosition(of: $0) }.map { [$0] } ?? []
    let selection = TopSelection(limit: Swift.max(0, Swift.min(limit, userCount)), excluded: [left])
    return TopHeaps.topItems(of: scores, itemCount: userCount, selection: selection)[0].map {
      Neighbor(id: self.user(at: $0.item), score: $0.score)
    }
  }
}

extension Scorer {
  /// The model with other users.
  ///
  /// - Parameter fold: Returns a factor model with its new users; its second argument is whether the model ranks, and
  ///   learns from what is liked.
  fileprivate func replacingUsers(_ fold: (_ model: FactorModel, _ isRanking: Bool) -> FactorModel) -> any Scorer {
    switch self {
    case let model as FactorModel: fold(model, true)
    case let model as RatingModel: RatingModel(factors: fold(model.factors, false), scale: model.scale)
    case let blend as BlendModel:
      blend.replacingParts { $0.replacingUsers(fold) }
    default: keepingUsers([])  // its rows are those of the former users
    }
  }
}
