/// A group of users with similar taste.
public struct UserGroup<UserID: Identifier, ItemID: Identifier>: Sendable {
  /// The users of the group, in order of their positions.
  public var users: [UserID]
  /// The items that its users like more than others do, the most distinctive first; at most 5.
  public var items: [ItemID]
  /// The genres that its users like more than others do, the most distinctive first; at most 3.
  public var genres: [String]
  /// The mean direction of its users' factors.
  let center: [Float]
}

extension Recommender {
  /// Groups users by taste, with k-means on the directions of their factors.
  ///
  /// Starting points are chosen by k-means++ (Arthur, Vassilvitskii 2007,
  /// <https://dl.acm.org/doi/10.5555/1283383.1283494>) with a fixed seed, so the same model gives the same groups.
  ///
  /// - Parameter count: The number of groups; the result has fewer if fewer users differ.
  /// - Returns: The groups, the largest first; empty if the model has no factors.
  /// - Complexity: O(users · count · rank) per round, for at most 100 rounds.
  public func groups(count: Int) -> [UserGroup<UserID, ItemID>] {
    guard let taste, taste.users.count == userCount, userCount > 0, count > 0 else { return [] }
    let clusters = Clusters(of: taste.users, count: Swift.min(count, userCount))
    let likes = likedItems()
    return zip(clusters.members, clusters.centers).map { members, center in
      let telling = tellingItems(members, likes)
      return UserGroup(
        users: members.map { user(at: Int32($0)) }, items: telling.prefix(5).map { item(at: $0) },
        genres: Array(tellingGenres(members, likes).prefix(3)), center: center)
    }
  }

  /// The group to which a user with this history belongs.
  ///
  /// - Parameters:
  ///   - history: The history.
  ///   - groups: The groups of this recommender.
  /// - Returns: A position in `groups`; nil if no item of the history counts, or the model has no factors.
  /// - Complexity: O(fold-in + groups · rank).
  public func group(of history: History, among groups: [UserGroup<UserID, ItemID>]) -> Int? {
    guard let direction = direction(of: history) else { return nil }
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return nil }
    let distances = groups.map { group in
      zip(group.center, direction).reduce(Float(0)) { $0 + ($1.0 - $1.1 / length) * ($1.0 - $1.1 / length) }
    }
    return distances.indices.min { (distances[$0], $0) < (distances[$1], $1) }
  }

  /// A label of a group for display, in one line: its genres and the titles of its two most distinctive items.
  ///
  /// The wording may change between versions.
  public func label(of group: UserGroup<UserID, ItemID>) -> String {
    let titles = group.items.prefix(2).map { itemCatalog[$0]?.title ?? $0.description }
    let genres = group.genres.joined(separator: ", ")
    return [genres, titles.joined(separator: ", ")].filter { !$0.isEmpty }.joined(separator: ": ")
  }

  /// The items of each user with a value of at least the user's mean; all items if the values are no ratings.
  private func likedItems() -> [[Int32]] {
    (0..<userCount).map { user in
      let rows = histories.rows
      let cells = rows.cells(ofRow: user)
      let mean = cells.reduce(0) { $0 + rows.values[$1] } / Float(Swift.max(1, cells.count))
      return cells.filter { rows.values[$0] >= mean }.map { rows.columns[$0] }
    }
  }

  /// The items that more members like than expected, by (observed − expected) / √expected, the greatest first.
  private func tellingItems(_ members: [Int], _ likes: [[Int32]]) -> [Int32] {
    var everywhere = [Double](repeating: 0, count: itemCount)
    var here = everywhere
    for items in likes { for item in items { everywhere[Int(item)] += 1 } }
    for member in members { for item in likes[member] { here[Int(item)] += 1 } }
    return Self.telling(here, everywhere).map { Int32($0) }
  }

  private func tellingGenres(_ members: [Int], _ likes: [[Int32]]) -> [String] {
    let names = Set(itemCatalog.entries.flatMap(\.value.genres)).sorted()
    let positions = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let genresOfItem = (0..<itemCount).map { (itemCatalog[itemIDs[$0]]?.genres ?? []).compactMap { positions[$0] } }
    var everywhere = [Double](repeating: 0, count: names.count)
    var here = everywhere
    for items in likes { for item in items { for genre in genresOfItem[Int(item)] { everywhere[genre] += 1 } } }
    for member in members {
      for item in likes[member] { for genre in genresOfItem[Int(item)] { here[genre] += 1 } }
    }
    return Self.telling(here, everywhere).map { names[$0] }
  }

  /// The positions whose count exceeds their share of the total, the most surprising first.
  private static func telling(_ here: [Double], _ everywhere: [Double]) -> [Int] {
    let share = here.reduce(0, +) / Swift.max(1, everywhere.reduce(0, +))
    let surprise = here.indices.map { (here[$0] - everywhere[$0] * share) / (everywhere[$0] * share + 1).squareRoot() }
    return here.indices.filter { surprise[$0] > 0 }.sorted { (surprise[$1], $0) < (surprise[$0], $1) }
  }
}

/// k-means on the directions of factor rows.
struct Clusters {
  /// The rows of each cluster, the largest cluster first.
  let members: [[Int]]
  /// The mean of each cluster's directions.
  let centers: [[Float]]

  init(of factors: Factors, count: Int) {
    let rows = factors.directions()
    var centers = Self.startingCenters(rows, count: count)
    var nearest = [Int32](repeating: -1, count: rows.count)
    for _ in 0..<100 {
      let assigned = Self.nearestCenters(rows, centers)
      if assigned == nearest { break }
      nearest = assigned
      centers = Self.means(rows, nearest, count: centers.count)
    }
    var members = [[Int]](repeating: [], count: centers.count)
    for (row, center) in nearest.enumerated() { members[Int(center)].append(row) }
    let order = members.indices.filter { !members[$0].isEmpty }
      .sorted { (members[$1].count, members[$0][0]) < (members[$0].count, members[$1][0]) }
    self.members = order.map { members[$0] }
    self.centers = order.map { centers[$0] }
  }

  private static func startingCenters(_ rows: Factors, count: Int) -> Factors {
    var stream = RandomStream(seed: 0, .groups)
    var chosen = [stream.below(rows.count)]
    var distances = [Double](repeating: .infinity, count: rows.count)
    while chosen.count < count {
      let cosines = rows.cosines(to: rows[chosen[chosen.count - 1]])
      for row in 0..<rows.count { distances[row] = min(distances[row], Double(max(0, 2 - 2 * cosines[row]))) }
      for row in chosen { distances[row] = 0 }
      let total = distances.reduce(0, +)
      guard total > 1e-6 else { break }
      var target = stream.uniform() * total
      var next = distances.lastIndex { $0 > 0 } ?? 0
      for row in 0..<rows.count where distances[row] > 0 {
        target -= distances[row]
        if target < 0 {
          next = row
          break
        }
      }
      chosen.append(next)
    }
    var centers = Factors(count: chosen.count, rank: rows.rank)
    for (center, row) in chosen.enumerated() { centers[center] = rows[row] }
    return centers
  }

  /// The nearest center of each row. ‖x − c‖² is least where ⟨x, c⟩ − ‖c‖²/2 is greatest, so the centers are scored
  /// like items.
  private static func nearestCenters(_ rows: Factors, _ centers: Factors) -> [Int32] {
    let biases = Buffer((0..<centers.count).map { -centers.squaredLength(ofRow: $0) / 2 })
    let selection = TopSelection(limit: 1, excluded: Array(repeating: [], count: rows.count))
    return PackedItems(centers, biases: biases).topItems(
      rows, base: Array(repeating: 0, count: rows.count), selection: selection
    )
    .map { $0[0].item }
  }

  private static func means(_ rows: Factors, _ nearest: [Int32], count: Int) -> Factors {
    var sums = [[Float]](repeating: Array(repeating: 0, count: rows.rank), count: count)
    var counts = [Float](repeating: 0, count: count)
    for row in 0..<rows.count {
      let center = Int(nearest[row])
      counts[center] += 1
      for column in 0..<rows.rank { sums[center][column] += rows.elements[row * rows.stride + column] }
    }
    var centers = Factors(count: count, rank: rows.rank)
    for center in 0..<count { centers[center] = sums[center].map { $0 / max(1, counts[center]) } }
    return centers
  }
}
