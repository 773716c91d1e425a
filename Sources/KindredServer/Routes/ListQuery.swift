import Kindred

/// The query of a request for a list.
struct ListQuery {
  let limit: Int
  let explains: Bool
  private let excluded: Set<ExactText>
  /// The only items to choose from; nil for all.
  private let restricted: Set<ExactText>?
  private let includesObserved: Bool
  private let diversity: Float
  private let explore: Float?
  private let minimumRatings: Int

  init(_ request: RouteRequest, _ items: ItemIndex) throws(ServerError) {
    limit = try request.limit
    explains = try request.flag("explain")
    restricted = try items.ids(ofCategories: request.texts("category"))
    excluded = items.unavailable.union(request.texts("exclude").map(ExactText.init))
    includesObserved = try request.flag("include_observed")
    diversity = try request.float("diversity", default: 0, in: 0...1)
    explore = try request.text("explore") == nil ? nil : request.float("explore", default: 0, in: 0...1)
    minimumRatings = try request.integer("minimum_ratings", default: 0, in: 0...1_000_000_000)
  }

  /// Whether the list takes much longer than the scores of its items.
  var isCostly: Bool { explains || diversity > 0 || explore != nil }

  /// The rules for a list of a model.
  ///
  /// - Parameter seen: The positions of what the user had or was shown.
  func rules(for recommender: Recommender<String, String>, seen: [Int32]) -> ListRules<String> {
    var rules = ListRules(excluding: excluded, restrictingTo: restricted, of: recommender)
    rules.excludingObserved = !includesObserved
    if !includesObserved { rules.excludingPositions += seen }
    rules.diversity = diversity
    rules.explore = explore
    rules.minimumRatings = minimumRatings
    return rules
  }
}

extension ListRules<String> {
  /// Rules that leave out some items, and allow only some.
  init(
    excluding excluded: Set<ExactText>, restrictingTo restricted: Set<ExactText>?,
    of recommender: Recommender<String, String>
  ) {
    self.init()
    // The model knows which items were hidden when it was trained; the items in memory know it now.
    excludingHidden = false
    excludingPositions = excluded.compactMap { recommender.position(of: $0.text) }
    restrictingToPositions = restricted?.compactMap { recommender.position(of: $0.text) }
  }
}
