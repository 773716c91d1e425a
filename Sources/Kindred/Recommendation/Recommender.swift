/// A trained recommender: what to see next, and what a user would give it.
///
/// It holds a model that ranks and, where the data are ratings, one that predicts them: lists are ordered by the first and show the
/// stars of the second. It is a value and never changes, so that a server swaps in a newer one by assigning it under a lock while
/// answers from the old one are still being made.
public struct Recommender<UserID: Identifier, ItemID: Identifier>: Sendable {
  let userIDs: Vocabulary
  let itemIDs: Vocabulary
  /// Titles and genres of the items.
  public let itemCatalog: Catalog
  /// The model that orders lists.
  public let rankingModel: any Scorer
  let separateRatingModel: (any RatingPredictor)?
  /// What each user did, a row a user.
  let histories: SparseMatrix
  /// How much each cell of `histories` counts for the ranking; empty where all count the same.
  let weights: Buffer<Float>
  /// What feedback means for the ranking.
  public let rule: FeedbackRule
  /// How many users had each item.
  let popularity: [Int32]
  /// The positions of the items that the catalog says are hidden, rising.
  let hiddenItems: [Int32]
  /// How it was trained: algorithms, their hyperparameters, the seed and the data's fingerprint.
  public let provenance: Provenance

  init(
    userIDs: Vocabulary, itemIDs: Vocabulary, itemCatalog: Catalog, ranking: any Scorer,
    rating: (any RatingPredictor)?,
    histories: SparseMatrix, weights: Buffer<Float> = [], rule: FeedbackRule = FeedbackRule(), popularity: [Int32],
    provenance: Provenance
  ) {
    precondition(ranking.itemCount == itemIDs.count && rating?.itemCount ?? itemIDs.count == itemIDs.count)
    precondition(histories.rowCount == userIDs.count && histories.columnCount == itemIDs.count)
    precondition(popularity.count == itemIDs.count && (weights.isEmpty || weights.count == histories.count))
    self.userIDs = userIDs
    self.itemIDs = itemIDs
    self.itemCatalog = itemCatalog
    self.rankingModel = ranking
    separateRatingModel = rating
    self.histories = histories
    self.weights = weights
    self.rule = rule
    self.popularity = popularity
    self.provenance = provenance
    hiddenItems = itemCatalog.entries.filter(\.value.isHidden).compactMap { itemIDs.index(of: $0.key) }.sorted()
  }

  /// The model that predicts ratings; nil where the data are no ratings.
  public var ratingModel: (any RatingPredictor)? { separateRatingModel ?? rankingModel as? any RatingPredictor }

  /// The factors that users and items are compared by; nil where no model has any.
  var taste: FactorModel? {
    if let rankingFactors { return rankingFactors }
    guard let factors = (ratingModel as? RatingModel)?.factors, factors.rank > 0 else { return nil }
    return factors
  }

  /// The factors in what orders lists; nil where it has none.
  var rankingFactors: FactorModel? {
    let parts = (rankingModel as? BlendModel)?.parts.map(\.scorer) ?? [rankingModel]
    return parts.compactMap { $0 as? FactorModel }.first { $0.rank > 0 }
  }

  /// A history as the ranking sees it: all of it where it predicts ratings, else what counts as liked.
  func rankingHistory(_ history: History) -> History {
    if rankingModel is any RatingPredictor { return history }
    // An edit takes the weights away; the rule gives them back.
    return (history.weights.isEmpty ? history.weighted(by: rule) : history).liked
  }

  /// The number of users it was trained on.
  public var userCount: Int { userIDs.count }
  /// The number of items it was trained on.
  public var itemCount: Int { itemIDs.count }

  /// Whether it was trained on this user.
  public func knows(user: UserID) -> Bool { userPosition(of: user) != nil }
  /// Whether it was trained on this item.
  public func knows(item: ItemID) -> Bool { position(of: item) != nil }

  /// What a user of the training data did; nil for a stranger.
  public func history(of user: UserID) -> History? {
    guard let row = userPosition(of: user).map({ Int($0) }) else { return nil }
    var history = histories.history(ofRow: row)
    if !weights.isEmpty { history.weights = Array(weights[histories.cells(ofRow: row)]) }
    return history
  }

  /// A stranger's history as the models see it, in order of the items' positions; items it was not trained on are left out.
  public func history(_ values: [ItemID: Float]) -> History {
    var known: [(item: Int32, value: Float)] = []
    for (item, value) in values {
      if let position = position(of: item) { known.append((position, value)) }
    }
    known.sort { $0.item < $1.item }
    return History(items: known.map(\.item), values: known.map(\.value)).weighted(by: rule)
  }

  /// The position of an item, by which models know it; nil for one that it was not trained on.
  public func position(of item: ItemID) -> Int32? { itemIDs.index(of: item.description) }
  /// The position of a user; nil for one whom it was not trained on.
  public func userPosition(of user: UserID) -> Int32? { userIDs.index(of: user.description) }
  /// The id of the item at a position.
  ///
  /// - Precondition: the position is one of the items'.
  public func item(at position: Int32) -> ItemID { ItemID.parsed(itemIDs[Int(position)]) }
  /// The id of the user at a position.
  ///
  /// - Precondition: the position is one of the users'.
  public func user(at position: Int32) -> UserID { UserID.parsed(userIDs[Int(position)]) }
  /// The ids of everyone it was trained on, in order of their positions.
  public var users: [UserID] { (0..<userCount).map { user(at: Int32($0)) } }
  /// The ids of every item it was trained on, in order of their positions.
  public var items: [ItemID] { (0..<itemCount).map { item(at: Int32($0)) } }
}

extension Recommender: CustomStringConvertible {
  /// What it is, in a line: its algorithms, and how many users and items it was trained on.
  public var description: String {
    let lists = provenance.ranking.map { "lists by \($0.algorithmAndParts)" }
    let ratings = provenance.rating.map { "ratings by \($0.algorithm)" }
    let roles = [lists, ratings].compactMap { $0 }.joined(separator: ", ")
    return "Recommender: " + (roles.isEmpty ? "" : roles + "; ")
      + "\(userCount.grouped) users, \(itemCount.grouped) items"
  }
}
