/// A map of items in the plane, on which items with similar users are close together, and on which users can be placed.
///
/// Coordinates are from -1 to 1, with the same scale along both axes. Short distances mean similarity; directions and
/// long distances mean little.
public struct TasteMap: Sendable {
  /// The positions of the items on the map, the most popular first.
  public let items: [Int32]
  /// The coordinates of each of `items`.
  public let places: [SIMD2<Float>]
  let directions: Factors
  /// The length in the layout that is 1 on the map.
  let unit: Float

  /// The number of nearest items that determine the place of a taste.
  private static let nearest = 15

  /// The weighted mean of the places of the items nearest to a direction; nil for a direction of length 0.
  ///
  /// An item's weight falls to 0 as it leaves the nearest ones, so a small change of taste is a small move.
  func place(of taste: [Float]) -> SIMD2<Float>? {
    guard taste.contains(where: { $0 != 0 }), !items.isEmpty else { return nil }
    let cosines = directions.cosines(to: taste)
    let selection = TopSelection(limit: Swift.min(items.count, Self.nearest + 1), excluded: [[]])
    let nearest = TopHeaps.topItems(of: cosines, itemCount: items.count, selection: selection)[0]
    let edge = items.count > Self.nearest ? nearest[nearest.count - 1].score : nearest[nearest.count - 1].score - 1
    var (sum, total) = (SIMD2<Float>.zero, Float.zero)
    for item in nearest {
      let weight = Swift.max(0, item.score - edge)
      sum += weight * places[Int(item.item)]
      total += weight
    }
    return total > 0 ? sum / total : places[Int(nearest[0].item)]
  }

  /// The place of a list of recommendations: the geometric median of its first items on the map, by their scores.
  ///
  /// A mean would lie between two kinds of items that the list has, among items that it does not have.
  ///
  /// - Parameter list: The positions of items with their scores, the best first.
  /// - Returns: The place, and those of the first items, the nearest first; nil if none of them is on the map.
  package func place(
    ofList list: [(item: Int32, score: Float)]
  ) -> (place: SIMD2<Float>, items: [Int32])? {
    let indices = Dictionary(uniqueKeysWithValues: zip(items, places.indices))
    let shown = list.compactMap { entry in indices[entry.item].map { (index: $0, score: entry.score) } }
    let first = shown.prefix(Self.nearest)
    guard let best = first.first, let last = first.last else { return nil }
    let edge = shown.count > Self.nearest ? shown[Self.nearest].score : last.score
    // Equal scores weigh the same.
    let least = Swift.max(1e-3 * (best.score - edge), .leastNormalMagnitude)
    let weights = first.map { Swift.max($0.score - edge, least) }
    let own = first.map { places[$0.index] }
    var place = zip(own, weights).reduce(SIMD2<Float>.zero) { $0 + $1.1 * $1.0 } / weights.reduce(0, +)
    // Weiszfeld's iterations.
    for _ in 0..<30 {
      var (sum, total) = (SIMD2<Float>.zero, Float.zero)
      for (other, weight) in zip(own, weights) {
        let way = other - place
        let pull = weight / Swift.max(1e-3, (way * way).sum().squareRoot())
        sum += pull * other
        total += pull
      }
      place = sum / total
    }
    let distances = own.map { (($0 - place) * ($0 - place)).sum() }
    let order = own.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
    return (place, order.map { items[first[first.startIndex + $0].index] })
  }
}

extension Recommender {
  /// Lays out the items in the plane by the factors that users and items are compared by.
  ///
  /// The 2,000 most popular items are laid out by t-SNE, and each further one is placed among its nearest items. The
  /// same model gives the same map at any number of threads. The work runs on threads of its own.
  ///
  /// - Parameters:
  ///   - limit: The maximum number of items on the map. They are the most popular ones; items without users are left
  ///     out.
  ///   - earlier: A map of an earlier recommender; items stay near their places on it.
  ///   - threads: The number of threads; nil takes one per core.
  /// - Returns: The map; nil if no model has factors, or the task is cancelled.
  /// - Complexity: O(n² · rounds) for the n items that are laid out, O(n · rank) for each further one.
  public func tasteMap(
    limit: Int = 5_000, following earlier: (map: TasteMap, recommender: Recommender)? = nil, threads: Int? = nil
  ) async -> TasteMap? {
    guard let taste else { return nil }
    var start: [Int32: SIMD2<Float>] = [:]
    if let earlier {
      for (item, place) in zip(earlier.map.items, earlier.map.places) {
        if let own = position(of: earlier.recommender.item(at: item)) { start[own] = place * earlier.map.unit }
      }
    }
    let mapped = (0..<Int32(itemCount))
      .filter { popularity[Int($0)] > 0 && taste.items.squaredLength(ofRow: Int($0)) > 0 }
      .sorted { (popularity[Int($1)], $0) < (popularity[Int($0)], $1) }
      .prefix(Swift.max(0, limit))
    return await Parallel(threads: threads).detached { [start] (parallel) throws(Never) in
      TasteMap(
        Array(mapped), popularity: mapped.map { Float(popularity[Int($0)]) }, directions: taste.items.directions(),
        start: start, using: parallel)
    }.get()
  }

  /// The place of a user with this history on a map of this recommender.
  ///
  /// - Parameters:
  ///   - history: The history.
  ///   - map: A map of this recommender.
  /// - Returns: The coordinates; nil if no item of the history counts, or no model has factors.
  /// - Complexity: O(fold-in + items · rank).
  public func place(of history: History, on map: TasteMap) -> SIMD2<Float>? {
    direction(of: history).flatMap(map.place)
  }

  /// The place of a user on a map of this recommender.
  ///
  /// - Parameters:
  ///   - user: The user.
  ///   - map: A map of this recommender.
  /// - Returns: The coordinates; nil for an unknown user, and if no model has factors.
  /// - Complexity: O(items · rank).
  public func place(of user: UserID, on map: TasteMap) -> SIMD2<Float>? {
    guard let taste, let row = userIDs.index(of: user.description), Int(row) < taste.users.count else { return nil }
    return map.place(of: taste.users[Int(row)])
  }

  /// The place of a group of users on a map of this recommender.
  ///
  /// - Parameters:
  ///   - group: A group of this recommender.
  ///   - map: A map of this recommender.
  /// - Returns: The coordinates; nil if the map is empty.
  /// - Complexity: O(items · rank).
  public func place(of group: UserGroup<UserID, ItemID>, on map: TasteMap) -> SIMD2<Float>? {
    map.place(of: group.center)
  }

  /// The factors of a user with this history; nil if no item of the history counts, or no model has factors.
  func direction(of history: History) -> [Float]? {
    guard let taste else { return nil }
    let own = rankingFactors == nil ? history : rankingHistory(history)
    guard own.count > 0 else { return nil }
    return taste.userFactors(of: [own][...]).factors[0]
  }
}

extension TasteMap {
  /// The maximum number of items that t-SNE lays out.
  private static let laidOut = 2_000

  fileprivate init?(
    _ items: [Int32], popularity: [Float], directions all: Factors, start: [Int32: SIMD2<Float>],
    using parallel: Parallel
  ) {
    let count = Swift.min(items.count, Self.laidOut)
    let directions = all.reordered(by: items)
    let first = all.reordered(by: Array(items.prefix(count)))
    // Popular items get more room, since they are drawn larger and with labels.
    let roots = popularity.prefix(count).map { $0.squareRoot() }
    let mean = Swift.max(1, roots.reduce(0, +)) / Float(Swift.max(1, count))
    let places = NeighborEmbedding().layout(
      of: first, masses: roots.map { $0 / mean }, start: start.isEmpty ? [] : items.prefix(count).map { start[$0] },
      using: parallel)
    guard let places else { return nil }
    let (framed, unit) = Self.framed(places)
    let core = TasteMap(items: Array(items.prefix(count)), places: framed, directions: first, unit: unit)
    let further = parallel.map(items.count - count) { core.place(of: directions[count + $0]) ?? .zero }
    if parallel.isCancelled { return nil }
    self.init(items: items, places: framed + further, directions: directions, unit: unit)
  }

  /// The places, moved and scaled to fill -1 to 1 along the longer side, and the length that became 1.
  private static func framed(_ places: [SIMD2<Float>]) -> (places: [SIMD2<Float>], unit: Float) {
    guard let start = places.first else { return ([], 0) }
    let least = places.reduce(start) { pointwiseMin($0, $1) }
    let most = places.reduce(start) { pointwiseMax($0, $1) }
    let size = (most - least).max() / 2
    return (places.map { size > 0 ? ($0 - (least + most) / 2) / size : .zero }, size)
  }
}
