/// The classic of item neighbours: an item scores by its similarity to the items of a history.
///
/// Each item keeps its nearest others (Sarwar, Karypis, Konstan, Riedl 2001, <https://doi.org/10.1145/371920.372071>; well tuned it holds its
/// own against much that came later: Ferrari Dacrema, Cremonesi, Jannach 2019, <https://doi.org/10.1145/3298689.3347058>). A similarity is
/// shrunk where few users stand behind it: s · c / (c + shrinkage), for c users who have both.
public struct ItemKNN: Trainer {
  /// How alike two items are. With U_i the users of item i, n_u the items of user u, and g_u = ln(items / n_u) their idf:
  public enum Similarity: String, Codable, Sendable, CaseIterable {
    /// |U_i ∩ U_j| / √(|U_i| |U_j|).
    case cosine
    /// |U_i ∩ U_j| / |U_i ∪ U_j|.
    case jaccard
    /// The cosine with each user weighted by idf: Σ_both g_u² / √(Σ_i g_u² Σ_j g_u²).
    case tfidf
    /// Σ_both g_u² · l_i l_j with the saturation of Okapi BM25: l_i = (k + 1) / (k (1 − b + b |U_i| / mean) + 1), k = 1.2, b = 0.75.
    case bm25
  }

  /// How alike two items are.
  public var similarity = Similarity.tfidf
  /// The nearest items that are kept for each; 1 or more.
  public var neighbors = 100
  /// The common users that halve a similarity; 0 or more.
  public var shrinkage: Float = 0

  public static let predictsRatings = false

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<ItemModel> {
    try require(neighbors >= 1, "there must be at least one neighbour")
    try require(shrinkage >= 0 && shrinkage.isFinite, "the shrinkage must be 0 or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    return ClosedFormSession { (parallel) throws(TrainingError) in
      ItemModel(.sparse(nearest(data, using: parallel).transposed()))
    }
  }

  /// A row an item: its nearest others with their similarities. O(Σ_u n_u²).
  private func nearest(_ data: PreparedData, using parallel: Parallel) -> SparseMatrix {
    let weights = weights(of: data)
    let common = data.cooccurrences(weights: weights)
    let (similarity, shrinkage, sizes) = (similarity, shrinkage, data.itemSizes)
    let norms = norms(common, sizes)
    return common.nearest(neighbors, countsUsers: weights != nil && shrinkage > 0, using: parallel) { pair in
      let likeness =
        similarity == .jaccard
        ? pair.sum / (sizes[pair.item] + sizes[pair.other] - pair.sum) : pair.sum * norms[pair.item] * norms[pair.other]
      guard shrinkage > 0 else { return likeness }
      let count = weights == nil ? pair.sum : pair.count
      return likeness * (count / (count + shrinkage))
    }
  }

  /// g_u² of each user; nil where everybody counts alike.
  private func weights(of data: PreparedData) -> Buffer<Float>? {
    guard similarity == .tfidf || similarity == .bm25 else { return nil }
    return Buffer(
      data.userSizes.map { count in
        let idf = count > 0 ? Float(RandomStream.logarithm(Double(data.itemCount) / Double(count))) : 0
        return idf * idf
      })
  }

  /// What a sum of weights is multiplied by for either of its items.
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
