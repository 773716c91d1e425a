extension Recommender {
  /// A user's history as the models see it, whether or not she was trained on: what counts is what she did until now.
  ///
  /// Items that it was not trained on are left out. O(interactions).
  ///
  /// - Parameter interactions: one an item; the user is not looked at.
  public func history(of interactions: some Sequence<Interaction<UserID, ItemID>>) -> History {
    var items: [Int32] = []
    var values: [Float] = []
    var times: [Timestamp] = []
    var days: [Int32] = []
    for interaction in interactions {
      guard let position = position(of: interaction.item) else { continue }
      items.append(position)
      values.append(interaction.value)
      times.append(interaction.time ?? 0)
      days.append(interaction.time.map(Day.number) ?? Day.unknown)
    }
    if days.allSatisfy({ $0 == Day.unknown }) { days = [] }
    return History(items: items, values: values, days: days, trainingRow: nil)
      .weighted(by: rule, times: times, latest: times.max() ?? 0)
  }

  /// How many users had an item in the training data; 0 for an unknown item.
  public func ratingCount(of item: ItemID) -> Int {
    position(of: item).map { Int(popularity[Int($0)]) } ?? 0
  }

  /// The recommender without anything about single users: no ids, no histories, no factors of theirs.
  ///
  /// It scores whoever brings a history, and has no users to compare or to group until it gets them by ``replacingUsers(with:threads:)``.
  public func withoutUsers() -> Recommender {
    Recommender(
      userIDs: Vocabulary(), itemIDs: itemIDs, itemCatalog: itemCatalog, ranking: rankingModel.keepingUsers([]),
      rating: separateRatingModel?.keepingUsers([]),
      histories: SparseMatrix(rowCount: 0, columnCount: itemCount, rows: [], columns: [], values: []), rule: rule,
      popularity: popularity, provenance: provenance)
  }

  /// The recommender with these users in place of its own: their histories, and their factors by folding them in.
  ///
  /// Interactions with items that it was not trained on are left out. O(interactions · rank² + users · rank³).
  ///
  /// - Parameter threads: how many threads; nil takes one a core.
  public func replacingUsers(with interactions: Interactions<UserID, ItemID>, threads: Int? = nil) async -> Recommender
  {
    await Parallel(threads: threads).detached { (parallel) throws(Never) in
      let data = PreparedData(interactions.data.mappingItems(interactions.itemIDs, to: itemIDs))
      let (liked, weights) = data.weighted(by: rule)
      let histories = data.byUser
      let fold = { (model: FactorModel, isRanking: Bool) in
        FactorModel(
          mean: model.mean, foldIn: model.foldIn, items: model.items, itemBiases: model.itemBiases,
          foldingIn: isRanking ? liked.byUser : histories, using: parallel)
      }
      return Recommender(
        userIDs: interactions.userIDs, itemIDs: itemIDs, itemCatalog: itemCatalog,
        ranking: rankingModel.replacingUsers(fold),
        rating: separateRatingModel.flatMap { $0.replacingUsers(fold) as? any RatingPredictor },
        histories: histories, weights: weights, rule: rule, popularity: popularity, provenance: provenance)
    }.get()
  }

  /// The users whose taste is most like that of someone with this history, best first; empty where the model has no factors.
  ///
  /// O(fold-in + users · rank).
  ///
  /// - Parameter excluded: a user to leave out, such as the one whose history it is.
  public func users(similarTo history: History, excluding excluded: UserID? = nil, limit: Int = 10) -> [Neighbor<
    UserID
  >] {
    guard let taste, taste.users.count == userCount else { return [] }
    let own = rankingFactors == nil ? history : rankingHistory(history)
    guard own.count > 0 else { return [] }
    let (factors, _) = taste.userFactors(of: [own][...])
    let scores = taste.users.cosines(to: factors[0])
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
  /// - Parameter fold: gives a factor model its users; it is told whether the model orders lists by what is liked.
  fileprivate func replacingUsers(_ fold: (_ model: FactorModel, _ isRanking: Bool) -> FactorModel) -> any Scorer {
    switch self {
    case let model as FactorModel: fold(model, true)
    case let model as RatingModel: RatingModel(factors: fold(model.factors, false), scale: model.scale)
    case let blend as BlendModel:
      BlendModel(blend.parts.map { BlendModel.Part(weight: $0.weight, scorer: $0.scorer.replacingUsers(fold)) })
    default: keepingUsers([])  // whatever rows it keeps are of others
    }
  }
}
