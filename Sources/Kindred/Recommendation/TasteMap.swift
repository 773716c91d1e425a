/// Items in the plane, so that those that the same users like lie together, and the way there for whoever has a taste.
///
/// Coordinates are from -1 to 1 with the same scale along both axes. Directions and distances between far places mean little; what is near
/// is alike.
public struct TasteMap: Sendable {
  /// The positions of the items on the map, the most popular first.
  public let items: [Int32]
  /// Where each of `items` lies.
  public let places: [SIMD2<Float>]
  let directions: Factors

  /// The items that a taste is placed among.
  private static let nearest = 15

  /// Between the items nearest to a direction, the nearer the heavier; nil where there is no direction.
  ///
  /// An item's weight falls to nothing where it leaves the nearest ones, so a taste that changes a little moves a little.
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
}

extension Recommender {
  /// Lays out the items by the factors that users and items are compared by: nil where the model has none.
  ///
  /// The most popular 2,000 are laid out by t-SNE, which the others join beside their nearest ones. The same model gives the same map, at
  /// any number of threads. The work runs on threads of its own.
  ///
  /// - Parameters:
  ///   - limit: The most items on the map, the most popular ones; items that nobody had are left out.
  ///   - threads: How many threads; nil takes one a core.
  /// - Returns: nil also if the task is cancelled.
  /// - Complexity: O(n² · rounds) for the n items that are laid out, O(n · rank) for each further one.
  public func tasteMap(limit: Int = 5_000, threads: Int? = nil) async -> TasteMap? {
    guard let taste else { return nil }
    let mapped = (0..<Int32(itemCount))
      .filter { popularity[Int($0)] > 0 && taste.items.squaredLength(ofRow: Int($0)) > 0 }
      .sorted { (popularity[Int($1)], $0) < (popularity[Int($0)], $1) }
      .prefix(Swift.max(0, limit))
    return await Parallel(threads: threads).detached { (parallel) throws(Never) in
      TasteMap(
        Array(mapped), popularity: mapped.map { Float(popularity[Int($0)]) }, directions: taste.items.directions(),
        using: parallel)
    }.get()
  }

  /// Where someone with this history stands on a map of this recommender; nil while there is nothing to go by. O(fold-in + items · rank).
  public func place(of history: History, on map: TasteMap) -> SIMD2<Float>? {
    direction(of: history).flatMap(map.place)
  }

  /// Where a user stands on a map of this recommender; nil for someone unknown. O(items · rank).
  public func place(of user: UserID, on map: TasteMap) -> SIMD2<Float>? {
    guard let taste, let row = userIDs.index(of: user.description), Int(row) < taste.users.count else { return nil }
    return map.place(of: taste.users[Int(row)])
  }

  /// Where a group of this recommender's users gathers on its map.
  public func place(of group: UserGroup<UserID, ItemID>, on map: TasteMap) -> SIMD2<Float>? {
    map.place(of: group.center)
  }

  /// The factors of someone with this history; nil where the model has none, and while there is nothing to go by.
  func direction(of history: History) -> [Float]? {
    guard let taste else { return nil }
    let own = rankingFactors == nil ? history : rankingHistory(history)
    guard own.count > 0 else { return nil }
    return taste.userFactors(of: [own][...]).factors[0]
  }
}

extension TasteMap {
  /// The most items that are laid out among each other.
  private static let laidOut = 2_000

  fileprivate init?(_ items: [Int32], popularity: [Float], directions all: Factors, using parallel: Parallel) {
    let count = Swift.min(items.count, Self.laidOut)
    let directions = all.selecting(items)
    let first = all.selecting(items.prefix(count))
    // The well-known ones get more room: they are drawn larger, and their names are read.
    let roots = popularity.prefix(count).map { $0.squareRoot() }
    let mean = Swift.max(1, roots.reduce(0, +)) / Float(Swift.max(1, count))
    guard let places = NeighborEmbedding().layout(of: first, masses: roots.map { $0 / mean }, using: parallel) else {
      return nil
    }
    let framed = Self.framed(places)
    let core = TasteMap(items: Array(items.prefix(count)), places: framed, directions: first)
    let further = parallel.map(items.count - count) { core.place(of: directions[count + $0]) ?? .zero }
    if parallel.isCancelled { return nil }
    self.init(items: items, places: framed + further, directions: directions)
  }

  /// The places moved and scaled to fill -1 to 1 along the longer side.
  private static func framed(_ places: [SIMD2<Float>]) -> [SIMD2<Float>] {
    guard let start = places.first else { return [] }
    let least = places.reduce(start) { pointwiseMin($0, $1) }
    let most = places.reduce(start) { pointwiseMax($0, $1) }
    let size = (most - least).max() / 2
    return places.map { size > 0 ? ($0 - (least + most) / 2) / size : .zero }
  }
}

extension Factors {
  /// Some of the rows, in the order given.
  fileprivate func selecting(_ rows: some Collection<Int32>) -> Factors {
    var result = Factors(count: rows.count, rank: rank)
    for (place, row) in rows.enumerated() { result[place] = self[Int(row)] }
    return result
  }
}
