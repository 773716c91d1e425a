/// A low-pass filter on the graph of users and items: linear neighbours plus an ideal low-pass, in closed form.
///
/// With R the choices as zeros and ones, D_u and D_i the diagonal matrices of the users' and the items' numbers of
/// choices, and R̃ = D_u^−½ R D_i^−½, the scores of a history r are r R̃ᵀR̃ + a · r D_i^−½ V Vᵀ D_i^½, where V are the
/// right singular vectors of the greatest singular values of R̃ (GF-CF; Shen, Wu, Zhang, Shan, Zhang, Letaief, Li 2021,
/// <https://doi.org/10.1145/3459637.3482264>).
public struct GraphFilter: Trainer {
  /// The number of singular vectors; from 1 to 4,096. If R̃ has fewer, all of them are kept.
  public var rank = 256
  /// a, the weight of the low-pass relative to the neighbours; 0 or more.
  public var spectralWeight: Float = 0.3
  /// The number of linear neighbours per item; 0 keeps all in catalogues of up to 20,000 items, and 1,000 in larger
  /// ones.
  public var neighbors = 0

  public static let predictsRatings = false

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer of a rank with otherwise default hyperparameters.
  ///
  /// - Parameter rank: The number of singular vectors; from 1 to 4,096.
  public init(rank: Int) { self.rank = rank }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<ItemModel> {
    try require(rank >= 1 && rank <= 4096, "the rank must be between 1 and 4096")
    try require(spectralWeight >= 0 && spectralWeight.isFinite, "the spectral weight must be 0 or more")
    try require((0...SettingBound.neighbors).contains(neighbors), "there must be between 0 and 1,000,000 neighbours")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    try MemoryDemand.check(
      memoryEstimate(for: data) ?? 0, for: "the filter's weights between \(data.itemCount.grouped) items",
      cure: "keep fewer neighbours or take a smaller rank")
    return ClosedFormSession { (parallel) throws(TrainingError) in
      let weights = neighborWeights(data, using: parallel)
      if spectralWeight == 0 { return ItemModel(weights) }
      return ItemModel(weights, spectral: try spectralPart(data, SpectralBasis(), seed: seed, using: parallel))
    }
  }

  public func memoryEstimate(for data: PreparedData) -> Int? {
    let float = MemoryLayout<Float>.stride
    let weights =
      neighborCount(items: data.itemCount).map { 4 * $0 * data.itemCount } ?? data.itemCount * data.itemCount
    // A rank that is out of range is refused later, by the training.
    let rank = min(max(rank, 1), 4096)
    let vectors = spectralWeight == 0 ? 0 : (2 * SpectralBasis().size(rank: rank) + 3 * rank) * data.itemCount
    return float * (weights + vectors)
  }

  /// The number of linear neighbours per item; nil for all.
  private func neighborCount(items: Int) -> Int? {
    let count = neighbors > 0 ? neighbors : items <= MemoryDemand.mostItemsOfDense ? items : 1000
    return count >= items ? nil : count
  }

  /// The weights R̃ᵀR̃ of the linear neighbours.
  ///
  /// - Complexity: O(Σ_u n_u²).
  private func neighborWeights(_ data: PreparedData, using parallel: Parallel) -> ItemWeights {
    let scales = data.itemSizes.inverseRoots
    let common = data.cooccurrences(weights: Buffer(data.userSizes.map { $0 > 0 ? 1 / $0 : 0 }))
    guard let count = neighborCount(items: data.itemCount) else {
      var weights = common.dense(using: parallel)
      weights.scaleColumns(by: scales, using: parallel)
      weights.scaleRows(by: scales, using: parallel)
      return .dense(weights)
    }
    let nearest = common.nearest({ _ in count }, includingItself: true, using: parallel) { pair in
      pair.sum * scales[pair.other] * scales[pair.item]
    }
    return .sparse(nearest.transposed())
  }

  /// The factors a D_i^−½ V and D_i^½ V, one row per item.
  ///
  /// - Complexity: O(rank · cells + rank² · items) per iteration, for a few iterations.
  func spectralPart(
    _ data: PreparedData, _ basis: SpectralBasis, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> (from: Factors, to: Factors) {
    let (users, items) = (data.userSizes.inverseRoots, data.itemSizes.inverseRoots)
    let byUser = data.byUser.scaled(rows: users, columns: items)
    let byItem = data.byItem.scaled(rows: items, columns: users)
    let found = basis.eigenvectors(min(rank, data.itemCount), size: data.itemCount, seed: seed, using: parallel) {
      byItem.product(with: byUser.product(with: $0, using: parallel), using: parallel)
    }
    guard let vectors = found else { throw TrainingError(.cancelled) }
    var (from, to) = (vectors, vectors)
    from.scaleRows(by: items.map { $0 * spectralWeight }, using: parallel)
    to.scaleRows(by: data.itemSizes.map { $0.squareRoot() }, using: parallel)
    return (from, to)
  }
}

extension [Float] {
  /// 1 / √x of each element x, and 0 of 0.
  fileprivate var inverseRoots: [Float] { map { $0 > 0 ? 1 / $0.squareRoot() : 0 } }
}
