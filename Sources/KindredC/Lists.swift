import Kindred
import KindredJSON

@_cdecl("kindred_recommend")
public func kindredRecommend(
  _ recommender: Int64, _ count: Int64, _ users: UnsafePointer<Int32>?, _ historyOffsets: UnsafePointer<Int64>?,
  _ historyItems: UnsafePointer<Int32>?, _ historyValues: UnsafePointer<Float>?, _ limit: Int64,
  _ options: UnsafePointer<CChar>?, _ items: UnsafeMutablePointer<Int32>?, _ scores: UnsafeMutablePointer<Float>?,
  _ ratings: UnsafeMutablePointer<Float>?
) -> Int32 {
  answering(failed: -1) {
    let recommender = try Handles.recommender(recommender)
    let rules = try listRules(options, in: recommender)
    let histories =
      if users != nil {
        try elements(users, Int(count), "users").map { try history(ofUser: $0, in: recommender) }
      } else {
        try histories(Int(count), historyOffsets, historyItems, historyValues, in: recommender)
      }
    let limit = try listLength(limit, count: histories.count)
    let space = histories.count * limit
    let items = try elements(items, space, "the items of lists")
    let scores = try elements(scores, space, "the scores of lists")
    let ratings = ratings == nil ? nil : try elements(ratings, space, "the ratings of lists")
    items.update(repeating: -1)
    scores.update(repeating: .nan)
    ratings?.update(repeating: .nan)
    // A part at a time, so that the lists of all users need little memory besides the caller's.
    let usersOfPart = 16_384
    for start in stride(from: 0, to: histories.count, by: usersOfPart) {
      let part = Array(histories[start..<min(histories.count, start + usersOfPart)])
      for (index, list) in recommender.recommendations(for: part, limit: limit, rules: rules).enumerated() {
        var place = (start + index) * limit
        for entry in list {
          items[place] = recommender.position(of: entry.item) ?? -1
          scores[place] = entry.score
          if let ratings, let rating = entry.rating { ratings[place] = rating.value }
          place += 1
        }
      }
    }
    return 0
  }
}

/// Checks the length of lists and that `count` of them can be stored.
private func listLength(_ limit: Int64, count: Int) throws(Failure) -> Int {
  try require(limit >= 0 && limit <= Int32.max, "the limit is \(limit), and must be from 0 to \(Int32.max)")
  let (_, overflow) = count.multipliedReportingOverflow(by: Int(limit))
  try require(!overflow, "\(count) lists of \(limit) are more than memory holds")
  return Int(limit)
}

private func listRules(
  _ options: UnsafePointer<CChar>?, in recommender: Recommender<String, String>
) throws -> ListRules<String> {
  var options = try Options(options)
  var rules = ListRules<String>()
  rules.excludingObserved = !(try options.flag("include_observed") ?? false)
  rules.diversity = try options.number("diversity", in: 0...1) ?? 0
  rules.explore = try options.number("explore", in: 0...1)
  rules.minimumRatings = try options.integer("minimum_ratings", in: 0...Int(Int32.max)) ?? 0
  rules.genres = Set(try options.texts("genres") ?? [])
  let positions = 0...max(0, recommender.itemCount - 1)
  rules.restrictingToPositions = try options.integers("restrict_to", in: positions)?.map { Int32($0) }
  rules.excludingPositions = try (options.integers("exclude", in: positions) ?? []).map { Int32($0) }
  try options.checkNames()
  return rules
}

/// The history of a user of the training data; an empty one for -1.
private func history(ofUser user: Int32, in recommender: Recommender<String, String>) throws(Failure) -> History {
  if user == -1 { return History() }
  try require(
    user >= 0 && Int(user) < recommender.userCount,
    "the user \(user) is out of range, and there are \(recommender.userCount) users")
  return recommender.history(of: recommender.user(at: user)) ?? History()
}

/// The histories of strangers, given in compressed rows, each in the order of its events.
private func histories(
  _ count: Int, _ starts: UnsafePointer<Int64>?, _ items: UnsafePointer<Int32>?, _ values: UnsafePointer<Float>?,
  in recommender: Recommender<String, String>
) throws(Failure) -> [History] {
  let starts = try offsets(starts, count, "histories")
  let cells = Int(starts[count])
  let items = try elements(items, cells, "the items of histories")
  let values = values == nil ? nil : try elements(values, cells, "the values of histories")
  for cell in 0..<cells {
    try require(
      items[cell] >= 0 && Int(items[cell]) < recommender.itemCount,
      "the item \(items[cell]) is out of range, and there are \(recommender.itemCount) items")
    if let values { try require(values[cell].isFinite, "the value \(cell) of the histories is not finite") }
  }
  var histories: [History] = []
  for row in 0..<count {
    let own = Int(starts[row])..<Int(starts[row + 1])
    histories.append(
      recommender.history(
        of: own.map { cell in
          Interaction(user: "", item: recommender.item(at: items[cell]), value: values?[cell] ?? 1)
        }))
  }
  return histories
}

@_cdecl("kindred_explain")
public func kindredExplain(
  _ recommender: Int64, _ user: Int32, _ historyCount: Int64, _ historyItems: UnsafePointer<Int32>?,
  _ historyValues: UnsafePointer<Float>?, _ itemCount: Int64, _ items: UnsafePointer<Int32>?, _ limit: Int64,
  _ reasons: UnsafeMutablePointer<Int32>?, _ shares: UnsafeMutablePointer<Float>?
) -> Int32 {
  answering(failed: -1) {
    let recommender = try Handles.recommender(recommender)
    let history =
      if user >= 0 {
        try history(ofUser: user, in: recommender)
      } else {
        try withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2) { starts in
          starts.initialize(repeating: 0)
          starts[1] = historyCount
          return try histories(1, starts.baseAddress, historyItems, historyValues, in: recommender)[0]
        }
      }
    let positions = try elements(items, Int(itemCount), "items")
    for item in positions {
      try require(
        item >= 0 && Int(item) < recommender.itemCount,
        "the item \(item) is out of range, and there are \(recommender.itemCount) items")
    }
    let limit = try listLength(limit, count: positions.count)
    let reasons = try elements(reasons, positions.count * limit, "reasons")
    let shares = try elements(shares, positions.count * limit, "shares")
    reasons.update(repeating: -1)
    shares.update(repeating: .nan)
    let all = recommender.reasons(for: positions.map { recommender.item(at: $0) }, history: history, limit: limit)
    for (index, own) in all.enumerated() {
      for (place, reason) in own.enumerated() {
        reasons[index * limit + place] = recommender.position(of: reason.item) ?? -1
        shares[index * limit + place] = reason.share
      }
    }
    return 0
  }
}

@_cdecl("kindred_similar")
public func kindredSimilar(
  _ recommender: Int64, _ side: Int32, _ count: Int64, _ positions: UnsafePointer<Int32>?, _ limit: Int64,
  _ neighbors: UnsafeMutablePointer<Int32>?, _ scores: UnsafeMutablePointer<Float>?
) -> Int32 {
  answering(failed: -1) {
    let recommender = try Handles.recommender(recommender)
    try require(side == 0 || side == 1, "the side is \(side), and must be 0 for users or 1 for items")
    let positions = try elements(positions, Int(count), "positions")
    let all = side == 0 ? recommender.userCount : recommender.itemCount
    for position in positions {
      try require(
        position >= 0 && Int(position) < all,
        "the \(side == 0 ? "user" : "item") \(position) is out of range, and there are \(all)")
    }
    let limit = try listLength(limit, count: positions.count)
    let neighbors = try elements(neighbors, positions.count * limit, "neighbors")
    let scores = try elements(scores, positions.count * limit, "scores")
    neighbors.update(repeating: -1)
    scores.update(repeating: .nan)
    for (index, position) in positions.enumerated() {
      let start = index * limit
      if side == 0 {
        let similar = recommender.users(similarTo: recommender.user(at: position), limit: limit)
        for (place, neighbor) in similar.enumerated() {
          neighbors[start + place] = recommender.userPosition(of: neighbor.id) ?? -1
          scores[start + place] = neighbor.score
        }
      } else {
        let similar = recommender.items(similarTo: recommender.item(at: position), limit: limit)
        for (place, neighbor) in similar.enumerated() {
          neighbors[start + place] = recommender.position(of: neighbor.id) ?? -1
          scores[start + place] = neighbor.score
        }
      }
    }
    return 0
  }
}

@_cdecl("kindred_groups")
public func kindredGroups(
  _ recommender: Int64, _ count: Int64, _ groupOfUser: UnsafeMutablePointer<Int32>?
) -> UnsafeMutablePointer<CChar>? {
  answering(failed: nil) {
    let recommender = try Handles.recommender(recommender)
    try require(count >= 1 && count <= 10_000, "the number of groups is \(count), and must be from 1 to 10000")
    let places = try elements(groupOfUser, recommender.userCount, "the groups of users")
    places.update(repeating: -1)
    let groups = recommender.groups(count: Int(count))
    for (number, group) in groups.enumerated() {
      for user in group.users {
        if let position = recommender.userPosition(of: user) { places[Int(position)] = Int32(number) }
      }
    }
    let described = groups.map { group in
      JSON.object([
        ("label", .string(recommender.label(of: group))), ("users", .integer(group.users.count)),
        ("items", .array(group.items.map { .string($0) })), ("genres", .array(group.genres.map { .string($0) })),
      ])
    }
    return allocated(JSON.array(described).text())
  }
}

@_cdecl("kindred_predict")
public func kindredPredict(
  _ recommender: Int64, _ count: Int64, _ users: UnsafePointer<Int32>?, _ items: UnsafePointer<Int32>?,
  _ ratings: UnsafeMutablePointer<Float>?, _ deviations: UnsafeMutablePointer<Float>?
) -> Int32 {
  answering(failed: -1) {
    let recommender = try Handles.recommender(recommender)
    let users = try elements(users, Int(count), "users")
    let items = try elements(items, Int(count), "items")
    let ratings = try elements(ratings, Int(count), "ratings")
    let deviations = deviations == nil ? nil : try elements(deviations, Int(count), "deviations")
    guard let model = recommender.ratingModel else {
      throw Failure(.badArgument, "the recommender predicts no ratings; train one on ratings, such as with sgd")
    }
    for item in items {
      try require(
        item >= 0 && Int(item) < recommender.itemCount,
        "the item \(item) is out of range, and there are \(recommender.itemCount) items")
    }
    // Pairs of one user that follow each other share their history.
    var start = 0
    while start < users.count {
      var end = start + 1
      while end < users.count, users[end] == users[start] { end += 1 }
      let own = try history(ofUser: users[start], in: recommender)
      let predictions = model.predictions(of: Array(items[start..<end]), for: own, at: nil)
      for (index, prediction) in predictions.enumerated() {
        ratings[start + index] = prediction.value
        deviations?[start + index] = prediction.deviation ?? .nan
      }
      start = end
    }
    return 0
  }
}
