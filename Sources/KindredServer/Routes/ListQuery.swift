import Kindred

/// The query of a request for a list.
struct ListQuery {
  let limit: Int
  let explains: Bool
  let rules: ListRules<String>

  init(_ request: RouteRequest, _ items: ItemIndex) throws(ServerError) {
    limit = try request.limit
    explains = try request.flag("explain")
    var rules = ListRules<String>()
    // The model knows which items were hidden when it was trained; the items in memory know it now.
    rules.excludingHidden = false
    let categories = request.texts("category")
    if !categories.isEmpty { rules.restrictingTo = items.ids(ofGenres: categories) }
    rules.excluding = items.unavailable.union(request.texts("exclude"))
    rules.diversity = try request.float("diversity", default: 0, in: 0...1)
    rules.minimumRatings = try request.integer("minimum_ratings", default: 0, in: 0...1_000_000_000)
    self.rules = rules
  }
}
