/// A linear item-to-item model in closed form: "embarrassingly shallow autoencoders" for ranking.
///
/// With X the users' choices as zeros and ones and G = XᵀX, the weights B minimise ‖X − XB‖² + λ‖B‖² with a zero
/// diagonal: P = (G + λI)⁻¹, B_ij = −P_ij / P_jj (Steck 2019, <https://doi.org/10.1145/3308558.3313710>). `dropout` p
/// adds p/(1 − p) · G_jj to λ in row j, which is equivalent to training on copies with a share p of the choices left
/// out (EDLAE; Steck 2020,
/// <https://proceedings.neurips.cc/paper/2020/hash/e33d974aae13e4d877477d51d8bafdc4-Abstract.html>).
///
/// In a large catalogue each item is solved for separately, by the same regression on its nearest items alone.
public struct EASE: Trainer {
  /// λ, the penalty on the size of the weights; above 0.
  public var regularization: Float = 250
  /// p, the share of choices that training leaves out; in [0, 1).
  public var dropout: Float = 0
  /// The number of items whose weights explain each item, nearest by cosine; 0 takes all in catalogues of up to 20,000
  /// items, and 300 in larger ones.
  public var neighbors = 0
  /// The half-life, in steps, of the weight of a history's items when lists are made; 0 weighs all items alike.
  public var historyHalfLife: Float = 0

  public static let predictsRatings = false

  /// Creates a trainer with the default hyperparameters.
  public init() {}

  /// Creates a trainer of a regularization with otherwise default hyperparameters.
  ///
  /// - Parameter regularization: λ, the penalty on the size of the weights; above 0.
  public init(regularization: Float) { self.regularization = regularization }

  public func makeSession(
    for data: PreparedData, seed: UInt64, using parallel: Parallel
  ) throws(TrainingError) -> some TrainingSession<ItemModel> {
    try require(regularization > 0 && regularization.isFinite, "the regularization must be above 0")
    try require(dropout >= 0 && dropout < 1, "the dropout must be 0 or more and below 1")
    try require((0...SettingBound.neighbors).contains(neighbors), "there must be between 0 and 1,000,000 neighbours")
    try require(historyHalfLife >= 0 && historyHalfLife.isFinite, "the half-life of a history must be 0 or more")
    guard data.count > 0 else { throw TrainingError(.unsuitableData("there is no interaction to learn from")) }
    guard let nearest = neighborCount(items: data.itemCount) else {
      try MemoryDemand.check(
        Self.memoryEstimate(items: data.itemCount), for: "the weights between \(data.itemCount.grouped) items",
        cure: "keep the weights of the nearest items alone, such as 300 neighbours")
      return ClosedFormSession { (parallel) throws(TrainingError) in try dense(data, BlockSweep(), using: parallel) }
    }
    return ClosedFormSession { (parallel) throws(TrainingError) in try local(data, nearest, using: parallel) }
  }

  /// The bytes of memory for all weights between items during training.
  ///
  /// - Parameter items: The number of items.
  public static func memoryEstimate(items: Int) -> Int {
    items * Factors.stride(for: items) * MemoryLayout<Float>.stride + BlockSweep().workspace(size: items)
  }

  public func memoryEstimate(for data: PreparedData) -> Int? {
    guard let nearest = neighborCount(items: data.itemCount) else { return Self.memoryEstimate(items: data.itemCount) }
    let cell = MemoryLayout<Int32>.stride + MemoryLayout<Float>.stride
    let pairs = data.userSizes.reduce(0) { $0 + Int($1) * (Int($1) - 1) / 2 }
    return cell * (min(pairs, data.itemCount * (data.itemCount - 1) / 2) + 4 * nearest * data.itemCount)
  }

  /// The number of items that explain each item; nil for all.
  private func neighborCount(items: Int) -> Int? {
    let count = neighbors > 0 ? neighbors : items <= MemoryDemand.mostItemsOfDense ? items : 300
    return count >= items - 1 ? nil : count
  }

  /// The penalties that are added to the diagonal of G, per item, from the items' numbers of users.
  private func penalties(_ counts: [Float]) -> [Float] {
    counts.map { dropout / (1 - dropout) * $0 + regularization }
  }

  private var notPositiveDefinite: TrainingError {
    TrainingError(.diverged(epoch: 1, cure: "try a larger regularization than \(regularization)"))
  }

  /// Solves for all weights at once.
  ///
  /// - Complexity: O(items³ + Σ_u n_u²) and items² floats of memory.
  func dense(_ data: PreparedData, _ sweep: BlockSweep, using parallel: Parallel) throws(TrainingError) -> ItemModel {
    var matrix = data.cooccurrences().dense(using: parallel)
    for (item, penalty) in penalties(data.itemSizes).enumerated() { matrix[item, item] += penalty }
    let isInverted = sweep.invert(&matrix, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard isInverted, matrix.elements.isFinite(parallel: parallel) else { throw notPositiveDefinite }
    let scales = (0..<matrix.count).map { -1 / matrix[$0, $0] }
    matrix.scaleColumns(by: scales, using: parallel)
    for item in 0..<matrix.count { matrix[item, item] = 0 }
    return ItemModel(.dense(matrix), decay: HistoryDecay(steps: historyHalfLife))
  }

  /// Solves for the weights of each item's nearest items alone. Items are sorted by popularity meanwhile, so that the
  /// popular ones are close together in memory.
  func local(_ data: PreparedData, _ nearest: Int, using parallel: Parallel) throws(TrainingError) -> ItemModel {
    let counts = data.itemSizes
    let items = (0..<data.itemCount).sorted { (counts[$1], $0) < (counts[$0], $1) }
    var places = [Int32](repeating: 0, count: data.itemCount)
    for (place, item) in items.enumerated() { places[item] = Int32(place) }
    var sorted = data.columns
    sorted.items = sorted.items.map { places[Int($0)] }
    let common = data.deriving(sorted).cooccurrences()
    let sizes = items.map { counts[$0] }
    let offsets = common.lowerTriangleOffsets(using: parallel)
    let bytes = 8 * (Int(offsets[data.itemCount]) + 4 * nearest * data.itemCount)
    try MemoryDemand.check(
      bytes, for: "the items' common users, \(Int(offsets[data.itemCount]).grouped) pairs of items,",
      cure: "keep fewer items, such as those with ten users or more")
    let neighbors = common.nearest(nearest, keepsSums: true, using: parallel) { pair in
      pair.sum / (sizes[pair.item] * sizes[pair.other]).squareRoot()
    }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    let solves = LocalSolves(
      lowerTriangle: common.lowerTriangle(offsets: offsets, using: parallel),
      diagonal: Buffer(zip(sizes, penalties(sizes)).map { $0 + $1 }))
    let weights = solves.solved(neighbors, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard let weights, weights.values.isFinite(parallel: parallel) else { throw notPositiveDefinite }
    return ItemModel(
      .sparse(weights.transposed(movingTo: items.map { Int32($0) })), decay: HistoryDecay(steps: historyHalfLife))
  }
}
