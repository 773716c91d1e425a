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
    let pairs = data.userSizes.reduce(0) { $0 + Int($1) * (Int($1) - 1) / 2 }
    return bytes(pairs: min(pairs, data.itemCount * (data.itemCount - 1) / 2), items: data.itemCount, nearest)
  }

  public func timeEstimate(for data: PreparedData, threads: Int) -> Double? {
    time(on: data, share: 1, threads: threads)
  }

  /// The expected seconds of a training on a share of the users.
  func time(on data: PreparedData, share: Double, threads: Int) -> Double {
    let pairs = share * pairs(of: data)
    guard neighborCount(items: data.itemCount) != nil else {
      let items = Double(data.itemCount)
      return (items * items * items * 40e-12 + pairs * 3e-9) / Double(threads)
    }
    return (pairs * 8e-9 + solvingTime(for: data)) / Double(threads)
  }

  public func stageTimes(for data: PreparedData, threads: Int) -> StageTimes {
    StageTimes(training: time(on: data, share: 1, threads: threads))
  }

  public func sizeEstimate(for data: PreparedData) -> Int {
    guard let most = neighborCount(items: data.itemCount) else { return 4 * data.itemCount * data.itemCount }
    return 8 * data.itemSizes.reduce(0) { $0 + LocalSolves.neighborCount(most, users: $1) }
  }

  /// The number of pairs of items of a user, summed over the users.
  private func pairs(of data: PreparedData) -> Double {
    data.userSizes.reduce(0) { $0 + Double($1) * (Double($1) - 1) / 2 }
  }

  /// The expected seconds on one core to solve for the weights of the nearest items.
  func solvingTime(for data: PreparedData) -> Double {
    guard let most = neighborCount(items: data.itemCount) else { return 0 }
    return LocalSolves.time(data.itemSizes.map { LocalSolves.neighborCount(most, users: $0) })
  }

  private func bytes(pairs: Int, items: Int, _ nearest: Int) -> Int {
    PairSums.bytes(pairs: pairs, items: items)
      + 4 * (MemoryLayout<Int32>.stride + MemoryLayout<Float>.stride) * nearest * items
  }

  /// The number of items that explain each item; nil for all.
  func neighborCount(items: Int) -> Int? {
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
    try dense(data.cooccurrences().dense(using: parallel), sizes: data.itemSizes, sweep, using: parallel)
  }

  /// Solves for all weights at once, from G and the items' numbers of users.
  func dense(
    _ sums: consuming Factors, sizes: [Float], _ sweep: BlockSweep, using parallel: Parallel
  ) throws(TrainingError) -> ItemModel {
    var matrix = sums
    for (item, penalty) in penalties(sizes).enumerated() { matrix[item, item] += penalty }
    let isInverted = sweep.invert(&matrix, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard isInverted, matrix.elements.isFinite(parallel: parallel) else { throw notPositiveDefinite }
    let scales = (0..<matrix.count).map { -1 / matrix[$0, $0] }
    matrix.scaleColumns(by: scales, using: parallel)
    for item in 0..<matrix.count { matrix[item, item] = 0 }
    return ItemModel(.dense(matrix), decay: HistoryDecay(steps: historyHalfLife))
  }

  /// Solves for the weights of each item's nearest items alone.
  func local(_ data: PreparedData, _ nearest: Int, using parallel: Parallel) throws(TrainingError) -> ItemModel {
    try model(from: try nearestItems(in: data, nearest, using: parallel), using: parallel)
  }

  /// The nearest items of each item and the sums of all pairs, which serve any penalty. The numbers of items are those
  /// of their order by popularity.
  struct NearestItems: Sendable {
    let items: [Int32]
    let users: [Float]
    let pairs: PairSums
    let neighbors: SparseMatrix
  }

  /// - Complexity: O(Σ_u n_u²), with n_u the number of items of user u.
  func nearestItems(
    in data: PreparedData, _ nearest: Int, using parallel: Parallel
  ) throws(TrainingError) -> NearestItems {
    let (items, places) = data.itemsByPopularity
    var sorted = data.columns
    sorted.items = sorted.items.map { places[Int($0)] }
    let common = data.deriving(sorted).cooccurrences()
    if memoryEstimate(for: data) ?? 0 > Machine.physicalMemory / 2 {
      let pairs = common.pairCount(using: parallel)
      if parallel.isCancelled { throw TrainingError(.cancelled) }
      try MemoryDemand.check(
        bytes(pairs: pairs, items: data.itemCount, nearest),
        for: "the items' common users, \(pairs.grouped) pairs of items,",
        cure: "keep fewer items, such as those with ten users or more")
    }
    let counts = data.itemCounts
    let users = items.map { Float(counts[Int($0)]) }
    let scales = users.map { 1 / $0.squareRoot() }
    let (neighbors, pairs) = common.nearestSums(
      { LocalSolves.neighborCount(nearest, users: users[$0]) }, using: parallel
    ) { pair in
      pair.sum * scales[pair.item] * scales[pair.other]
    }
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    return NearestItems(items: items, users: users, pairs: pairs, neighbors: neighbors)
  }

  /// - Complexity: O(items · neighbours³).
  func model(from nearest: NearestItems, using parallel: Parallel) throws(TrainingError) -> ItemModel {
    let solves = LocalSolves(
      pairs: nearest.pairs, diagonal: Buffer(zip(nearest.users, penalties(nearest.users)).map { $0 + $1 }))
    let weights = solves.solved(nearest.neighbors, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard let weights, weights.values.isFinite(parallel: parallel) else { throw notPositiveDefinite }
    return ItemModel(
      .sparse(weights.transposed(movingTo: nearest.items)), decay: HistoryDecay(steps: historyHalfLife))
  }
}
