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
  ///   - threads: The number of threads; nil takes one per core.
  /// - Returns: The map; nil if no model has factors, or the task is cancelled.
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

  fileprivate init?(_ items: [Int32], popularity: [Float], directions all: Factors, using parallel: Parallel) {
    let count = Swift.min(items.count, Self.laidOut)
    let directions = all.reordered(by: items)
    let first = all.reordered(by: Array(items.prefix(count)))
    // Popular items get more room, since they are drawn larger and with labels.
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

  /// The places, moved and scaled to fill -1 to 1 along the longer side.
  private static func framed(_ places: [SIMD2<Float>]) -> [SIMD2<Float>] {
    guard let start = places.first else { return [] }
    let least = places.reduce(start) { pointwiseMin($0, $1) }
    let most = places.reduce(start) { pointwiseMax($0, $1) }
    let size = (most - least).max() / 2
    return places.map { size > 0 ? ($0 - (least + most) / 2) / size : .zero }
  }
}
