/// A trained recommender, which makes lists of items and predicts ratings.
///
/// It holds a model that ranks and, if the data are ratings, one that predicts them: the first orders the lists, and
/// the second predicts the ratings shown in them. A recommender is an immutable value: a server replaces it by
/// assigning a newer one under a lock, while requests still use the old one.
public struct Recommender<UserID: Identifier, ItemID: Identifier>: Sendable {
  let userIDs: Vocabulary
  let itemIDs: Vocabulary
  /// Titles and genres of the items.
  public let itemCatalog: Catalog
  /// The model that ranks.
  public let rankingModel: any Scorer
  let separateRatingModel: (any RatingPredictor)?
  /// The histories of the users.
  let histories: HistoryTable
  /// The latest time of the training data, from which ages count; ``History/unknownTime`` if no time is known.
  let latestTime: Timestamp
  /// The meaning of feedback for the ranking.
  public let rule: FeedbackRule
  /// The sums of liked items less disliked ones that users are compared by, computed on first use.
  let signedTastes = SharedValue<Factors>()
  /// The number of users of each item.
  let popularity: [Int32]
  /// The score of each item in the lists of strangers: that of ``Popularity`` under the rule.
  let fame: [Float]
  /// What users with an attribute take; nil if no attributes of users are known.
  let audiences: Audiences?
  /// The positions of the items that are hidden in the catalog, in rising order.
  let hiddenItems: [Int32]
  /// A description of the training: algorithms, their hyperparameters, the seed and the data's fingerprint.
  public let provenance: Provenance

  /// Creates a recommender.
  ///
  /// - Parameter hiddenItems: The hidden items in rising order, if they are known; nil looks for them in the catalog.
  init(
    userIDs: Vocabulary, itemIDs: Vocabulary, itemCatalog: Catalog, ranking: any Scorer,
    rating: (any RatingPredictor)?,
    histories: HistoryTable, latestTime: Timestamp? = nil, rule: FeedbackRule = FeedbackRule(), popularity: [Int32],
    fame: [Float]? = nil, audiences: Audiences?, hiddenItems: [Int32]? = nil, provenance: Provenance
  ) {
    precondition(ranking.itemCount == itemIDs.count && rating?.itemCount ?? 0 <= itemIDs.count)
    precondition(histories.count == userIDs.count && histories.rows.columnCount <= itemIDs.count)
    let fame = fame ?? popularity.map { Float($0) }
    precondition(popularity.count == itemIDs.count && fame.count == itemIDs.count)
    self.userIDs = userIDs
    self.itemIDs = itemIDs
    self.itemCatalog = itemCatalog
    self.rankingModel = ranking
    separateRatingModel = rating
    self.histories = histories
    self.latestTime = latestTime ?? histories.times.max() ?? History.unknownTime
    self.rule = rule
    self.popularity = popularity
    self.fame = fame
    self.audiences = audiences
    self.provenance = provenance
    self.hiddenItems =
      hiddenItems
      ?? itemCatalog.entries.filter(\.value.isHidden).compactMap { itemIDs.index(of: $0.key) }.sorted()
  }

  /// The model that predicts ratings; nil if the data are no ratings.
  public var ratingModel: (any RatingPredictor)? { separateRatingModel ?? rankingModel as? any RatingPredictor }

  /// The factor model that users and items are compared by; nil if no model has factors.
  var taste: FactorModel? {
    if let rankingFactors { return rankingFactors }
    guard let factors = (ratingModel as? RatingModel)?.factors, factors.rank > 0 else { return nil }
    return factors
  }

  /// The factor model within the ranking model; nil if there is none.
  var rankingFactors: FactorModel? {
    let parts = (rankingModel as? BlendModel)?.parts.map(\.scorer) ?? [rankingModel]
    return parts.compactMap { $0 as? FactorModel }.first { $0.rank > 0 }
  }

  /// The history that the ranking model takes: all of it if the model predicts ratings, else what counts as liked.
  func rankingHistory(_ history: History) -> History {
    if rankingModel is any RatingPredictor { return history }
    // An edited history has no weights; the rule computes them again.
    return (history.weights.isEmpty ? history.weighted(by: rule, latest: latestTime) : history).liked
  }

  /// Whether it was trained with attributes of users, so that ``History/attributes`` order the list of a user without a
  /// history.
  public var knowsAttributesOfUsers: Bool { audiences != nil }

  /// The number of users that it was trained on.
  public var userCount: Int { userIDs.count }
  /// The number of items that it was trained on.
  public var itemCount: Int { itemIDs.count }

  /// Whether it was trained on this user.
  public func knows(user: UserID) -> Bool { userPosition(of: user) != nil }
  /// Whether it was trained on this item.
  public func knows(item: ItemID) -> Bool { position(of: item) != nil }

  /// The history of a user of the training data; nil for a stranger.
  public func history(of user: UserID) -> History? {
    userPosition(of: user).map { histories[Int($0)] }
  }

  /// The history of a stranger in the form that models take, in order of the items' positions.
  ///
  /// Items that the recommender was not trained on are left out.
  ///
  /// - Parameter values: The values of the items.
  public func history(_ values: [ItemID: Float]) -> History {
    var known: [(item: Int32, value: Float)] = []
    for (item, value) in values {
      if let position = position(of: item) { known.append((position, value)) }
    }
    known.sort { $0.item < $1.item }
    return History(items: known.map(\.item), values: known.map(\.value)).weighted(by: rule, latest: latestTime)
  }

  /// The position of an item, by which models identify it; nil for an item that the recommender was not trained on.
  public func position(of item: ItemID) -> Int32? { itemIDs.index(of: item.description) }
  /// The position of a user; nil for a user that the recommender was not trained on.
  public func userPosition(of user: UserID) -> Int32? { userIDs.index(of: user.description) }
  /// The id of the item at a position.
  ///
  /// - Precondition: The position is one of the items'.
  public func item(at position: Int32) -> ItemID { ItemID.parsed(itemIDs[Int(position)]) }
  /// The id of the user at a position.
  ///
  /// - Precondition: The position is one of the users'.
  public func user(at position: Int32) -> UserID { UserID.parsed(userIDs[Int(position)]) }
  /// The ids of all users that it was trained on, in order of their positions.
  public var users: [UserID] { (0..<userCount).map { user(at: Int32($0)) } }
  /// The ids of all items that it was trained on, in order of their positions.
  public var items: [ItemID] { (0..<itemCount).map { item(at: Int32($0)) } }
}

extension Recommender: CustomStringConvertible {
  /// A summary in one line: the algorithms, and the numbers of users and items.
  public var description: String {
    let lists = provenance.ranking.map { "lists by \($0.algorithmAndParts)" }
    let ratings = provenance.rating.map { "ratings by \($0.algorithm)" }
    let roles = [lists, ratings].compactMap { $0 }.joined(separator: ", ")
    return "Recommender: " + (roles.isEmpty ? "" : roles + "; ")
      + "\(userCount.grouped) users, \(itemCount.grouped) items"
  }
}
