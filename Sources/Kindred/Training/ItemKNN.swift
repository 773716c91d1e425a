/// Item-based nearest neighbours: an item's score is the sum of its similarities to the items of a history.
///
/// Each item keeps its nearest neighbours (Sarwar, Karypis, Konstan, Riedl 2001,
/// <https://doi.org/10.1145/371920.372071>). Well tuned, the method equals many later ones (Ferrari Dacrema, Cremonesi,
/// Jannach 2019, <https://doi.org/10.1145/3298689.3347058>). A similarity s of two items with c common users is shrunk
/// to s · c / (c + shrinkage).
public struct ItemKNN: Trainer {
  /// A measure of the similarity of two items.
  ///
  /// U_i are the users of item i, n_u is the number of items of user u, and g_u = ln(items / n_u) is the user's inverse
  /// document frequency (idf).
  public enum Similarity: String, Codable, Sendable, CaseIterable {
    /// |U_i ∩ U_j| / √(|U_i| |U_j|).
    case cosine
    /// |U_i ∩ U_j| / |U_i ∪ U_j|.
    case jaccard
    /// The cosine with users weighted by idf: Σ_both g_u² / √(Σ_i g_u² Σ_j g_u²).
    case tfidf
    /// Σ_both g_u² · l_i l_j with the saturation of Okapi BM25: l_i = (k + 1) / (k (1 − b + b |U_i| / mean) + 1), where
    /// k = 1.2 and b = 0.75.
    case bm25
  }

  /// The measure of similarity.
  public var similarity = Similarity.tfidf
  /// The number of neighbours kept per item; 1 or more.
  public var neighbors = 100
  /// The number of common users at which a similarity is halved; 0 or more.
  public var shrinkage: Float = 0

  public static let predictsRatings = false

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<ItemModel> {
    try require((1...SettingBound.neighbors).contains(neighbors), "there must be between 1 and 1,000,000 neighbours")
    try require(shrinkage >= 0 && shrinkage.isFinite, "the shrinkage must be 0 or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return ClosedFormSession { (parallel) throws(TrainingError) in
      ItemModel(.sparse(nearest(data, using: parallel).transposed()))
    }
  }

  /// The nearest neighbours of each item with their similarities, one row per item.
  ///
  /// - Complexity: O(Σ_u n_u²).
  private func nearest(_ data: PreparedData, using parallel: Parallel) -> SparseMatrix {
    let weights = weights(of: data)
    let common = data.cooccurrences(weights: weights)
    let (similarity, shrinkage, sizes) = (similarity, shrinkage, data.itemSizes)
    let norms = norms(common, sizes)
    return common.nearest({ _ in neighbors }, countsUsers: weights != nil && shrinkage > 0, using: parallel) { pair in
      let likeness =
        similarity == .jaccard
        ? pair.sum / (sizes[pair.item] + sizes[pair.other] - pair.sum) : pair.sum * norms[pair.item] * norms[pair.other]
      guard shrinkage > 0 else { return likeness }
      let count = weights == nil ? pair.sum : pair.count
      return likeness * (count / (count + shrinkage))
    }
  }

  /// The weight g_u² of each user; nil where all users weigh the same.
  private func weights(of data: PreparedData) -> Buffer<Float>? {
    guard similarity == .tfidf || similarity == .bm25 else { return nil }
    return Buffer(
      data.userSizes.map { count in
        let idf = count > 0 ? Float(RandomStream.logarithm(Double(data.itemCount) / Double(count))) : 0
        return idf * idf
      })
  }

  /// The factor of each item by which a pair's sum of weights is multiplied.
  private func norms(_ common: Cooccurrences, _ sizes: [Float]) -> [Float] {
    switch similarity {
    case .jaccard: return []
    case .cosine, .tfidf:
      return (0..<common.itemCount).map { item in
        let users = common.byItem.columns[common.byItem.cells(ofRow: item)]
        let square = users.reduce(Float(0)) { $0 + (common.weights?[Int($1)] ?? 1) }
        return square > 0 ? 1 / square.squareRoot() : 0
      }
    case .bm25:
      let (k, b): (Float, Float) = (1.2, 0.75)
      let mean = sizes.reduce(0, +) / Float(max(1, sizes.count))
      return sizes.map { (k + 1) / (k * (1 - b + b * $0 / mean) + 1) }
    }
  }
}
