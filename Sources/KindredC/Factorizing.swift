import Kindred
import Synchronization

@_cdecl("kindred_als_fit")
public func kindredALSFit(
  _ userCount: Int64, _ itemCount: Int64, _ starts: UnsafePointer<Int64>?, _ items: UnsafePointer<Int32>?,
  _ values: UnsafePointer<Float>?, _ rank: Int64, _ regularization: Float, _ block: Int64, _ iterations: Int64,
  _ threads: Int64, _ userFactors: UnsafeMutablePointer<Float>?, _ itemFactors: UnsafeMutablePointer<Float>?,
  _ losses: UnsafeMutablePointer<Float>?, _ progress: ProgressFunction?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  answering(failed: -1) {
    let parallel = try parallel(threads)
    try check(rank, regularization)
    try require(
      block >= 0 && block <= 4096 && block % 16 == 0, "the block is \(block), and must be a multiple of 16, or 0")
    try require(
      iterations >= 0 && iterations <= 100_000,
      "the number of iterations is \(iterations), and must be from 0 to 100000")
    let rows = try confidences(userCount, itemCount, starts, items, values, parallel)
    let userRows = try elements(userFactors, try size(userCount, rank), "the factors of users")
    let itemRows = try elements(itemFactors, try size(itemCount, rank), "the factors of items")
    let losses = losses == nil ? nil : try elements(losses, Int(iterations), "losses")
    zeroRowsWithoutValues(try offsets(starts, Int(userCount), "rows"), items, userRows, itemRows, rank: Int(rank))
    let start = (
      users: try factors(UnsafeBufferPointer(userRows), rank, "users", parallel),
      items: try factors(UnsafeBufferPointer(itemRows), rank, "items", parallel)
    )
    let measuresLoss = losses != nil
    let fit = try waiting(telling: progress, context) { queue in
      try await parallel.detached { (parallel) throws(TrainingError) in
        try fitted(
          rows, start.users, start.items, regularization, block == 0 || block >= rank ? nil : Int(block),
          Int(iterations), measuresLoss: measuresLoss, queue, parallel)
      }.get()
    }
    fit.users.copy(to: userRows)
    fit.items.copy(to: itemRows)
    for (index, loss) in fit.losses.enumerated() { losses?[index] = loss }
    return 0
  }
}

/// Sets the factors of users and items without values to 0, the solution that blocks only approach.
private func zeroRowsWithoutValues(
  _ starts: UnsafeBufferPointer<Int64>, _ columns: UnsafePointer<Int32>?, _ users: UnsafeMutableBufferPointer<Float>,
  _ items: UnsafeMutableBufferPointer<Float>, rank: Int
) {
  for user in 0..<(starts.count - 1) where starts[user] == starts[user + 1] {
    for factor in user * rank..<(user + 1) * rank { users[factor] = 0 }
  }
  var hasValue = [Bool](repeating: false, count: items.count / rank)
  if let columns {
    for cell in 0..<Int(starts[starts.count - 1]) { hasValue[Int(columns[cell])] = true }
  }
  for item in hasValue.indices where !hasValue[item] {
    for factor in item * rank..<(item + 1) * rank { items[factor] = 0 }
  }
}

private struct Fit: Sendable {
  var users: FactorTable
  var items: FactorTable
  var losses: [Float] = []
}

/// Alternates between the users and the items.
private func fitted(
  _ rows: ConfidenceRows, _ users: FactorTable, _ items: FactorTable, _ regularization: Float, _ block: Int?,
  _ iterations: Int, measuresLoss: Bool, _ queue: ProgressQueue, _ parallel: Parallel
) throws(TrainingError) -> Fit {
  var fit = Fit(users: users, items: items)
  let columns = rows.transposed
  for iteration in 0..<iterations {
    rows.solve(&fit.users, against: fit.items, regularization: regularization, block: block, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    columns.solve(&fit.items, against: fit.users, regularization: regularization, block: block, using: parallel)
    if parallel.isCancelled { throw TrainingError(.cancelled) }
    guard fit.users.isFinite, fit.items.isFinite else {
      throw TrainingError(.diverged(epoch: iteration + 1, cure: "try a larger regularization, or smaller confidences"))
    }
    if measuresLoss {
      fit.losses.append(rows.loss(fit.users, fit.items, regularization: regularization, using: parallel))
    }
    queue.add(
      ProgressQueue.Step(
        algorithm: "implicit-als", isValidating: false, epoch: iteration + 1, epochs: iterations,
        loss: fit.losses.last ?? .nan))
  }
  return fit
}

@_cdecl("kindred_als_solve")
public func kindredALSSolve(
  _ rowCount: Int64, _ columnCount: Int64, _ starts: UnsafePointer<Int64>?, _ columns: UnsafePointer<Int32>?,
  _ values: UnsafePointer<Float>?, _ rank: Int64, _ regularization: Float, _ threads: Int64,
  _ columnFactors: UnsafePointer<Float>?, _ rows: UnsafeMutablePointer<Float>?
) -> Int32 {
  answering(failed: -1) {
    let parallel = try parallel(threads)
    try check(rank, regularization)
    let matrix = try confidences(rowCount, columnCount, starts, columns, values, parallel)
    let others = try factors(
      try elements(columnFactors, try size(columnCount, rank), "the factors of columns"), rank, "columns", parallel)
    let out = try elements(rows, try size(rowCount, rank), "the factors of rows")
    out.update(repeating: 0)
    var solved = try factors(UnsafeBufferPointer(out), rank, "rows", parallel)
    matrix.solve(&solved, against: others, regularization: regularization, block: nil, using: parallel)
    guard solved.isFinite else {
      throw Failure(.badData, "the factors are not finite; try a larger regularization, or smaller confidences")
    }
    solved.copy(to: out)
    return 0
  }
}

@_cdecl("kindred_top_products")
public func kindredTopProducts(
  _ count: Int64, _ columnCount: Int64, _ rank: Int64, _ queries: UnsafePointer<Float>?,
  _ columnFactors: UnsafePointer<Float>?, _ limit: Int64, _ excludedOffsets: UnsafePointer<Int64>?,
  _ excludedColumns: UnsafePointer<Int32>?, _ allowed: UnsafePointer<UInt8>?, _ threads: Int64,
  _ columns: UnsafeMutablePointer<Int32>?, _ scores: UnsafeMutablePointer<Float>?
) -> Int32 {
  answering(failed: -1) {
    let parallel = try parallel(threads)
    try check(rank, 0)
    let queries = try factors(
      try elements(queries, try size(count, rank), "queries"), rank, "queries",
      parallel)
    let table = try factors(
      try elements(columnFactors, try size(columnCount, rank), "the factors of columns"), rank, "columns", parallel)
    try require(limit >= 0 && limit <= Int32.max, "the limit is \(limit), and must be from 0 to \(Int32.max)")
    let space = try size(count, limit)
    let out = Lists(
      columns: try elements(columns, space, "the columns of lists"),
      scores: try elements(scores, space, "the scores of lists"))
    let excluded = try excludedOffsets.map {
      ExcludedColumns(
        try offsets($0, Int(count), "excluded columns"),
        try elements(excludedColumns, Int($0[Int(count)]), "excluded columns"))
    }
    try require(
      excluded?.areBelow(columnCount) ?? true,
      "an excluded column is out of range, and there are \(columnCount) columns")
    var set: ItemSet?
    if allowed != nil {
      let allowed = try elements(allowed, Int(columnCount), "allowed columns")
      var chosen = ItemSet(itemCount: Int(columnCount))
      for column in 0..<Int(columnCount) where allowed[column] != 0 { chosen[Int32(column)] = true }
      set = chosen
    }
    out.columns.update(repeating: -1)
    out.scores.update(repeating: .nan)
    let limit = Int(limit)
    table.topProducts(
      with: queries, limit: limit, excluded: { excluded?[$0] ?? [] }, allowed: set, using: parallel
    ) { query, top in
      for (place, entry) in top.enumerated() {
        out.columns[query * limit + place] = entry.item
        out.scores[query * limit + place] = entry.score
      }
    }
    return 0
  }
}

/// The columns that the caller leaves out of each list.
private struct ExcludedColumns: @unchecked Sendable {
  private let starts: UnsafeBufferPointer<Int64>
  private let columns: UnsafeBufferPointer<Int32>

  init(_ starts: UnsafeBufferPointer<Int64>, _ columns: UnsafeBufferPointer<Int32>) {
    (self.starts, self.columns) = (starts, columns)
  }

  subscript(query: Int) -> [Int32] { Array(columns[Int(starts[query])..<Int(starts[query + 1])]) }

  /// Whether all columns are below a number. As unsigned numbers, negative columns are large.
  func areBelow(_ count: Int64) -> Bool {
    columns.isEmpty || columns.reduce(0) { max($0, UInt32(bitPattern: $1)) } < count
  }
}

/// The caller's space for lists, of which threads write disjoint parts.
private struct Lists: @unchecked Sendable {
  let columns: UnsafeMutableBufferPointer<Int32>
  let scores: UnsafeMutableBufferPointer<Float>
}

private func parallel(_ threads: Int64) throws(Failure) -> Parallel {
  try require(threads >= 0 && threads <= 1024, "the number of threads is \(threads), and must be from 0 to 1024")
  return Parallel(threads: threads == 0 ? nil : Int(threads))
}

private func check(_ rank: Int64, _ regularization: Float) throws(Failure) {
  try require(rank >= 1 && rank <= 4096, "the number of factors is \(rank), and must be from 1 to 4096")
  try require(
    regularization >= 0 && regularization.isFinite, "the regularization is \(regularization), and must be 0 or more")
}

/// The number of elements of a table.
private func size(_ rows: Int64, _ columns: Int64) throws(Failure) -> Int {
  try require(rows >= 0 && rows <= Int32.max, "the number of rows is \(rows), and must be from 0 to \(Int32.max)")
  return Int(rows * columns)
}

private func confidences(
  _ rowCount: Int64, _ columnCount: Int64, _ starts: UnsafePointer<Int64>?, _ columns: UnsafePointer<Int32>?,
  _ values: UnsafePointer<Float>?, _ parallel: Parallel
) throws(Failure) -> ConfidenceRows {
  _ = try (size(rowCount, 1), size(columnCount, 1))
  let starts = try offsets(starts, Int(rowCount), "rows")
  let count = Int(starts[Int(rowCount)])
  let matrix = ConfidenceRows(
    viewing: starts, columns: try elements(columns, count, "columns"), values: try elements(values, count, "values"),
    columnCount: Int(columnCount), using: parallel)
  guard let matrix else {
    throw Failure(
      .badArgument, "the matrix holds a value that is not finite, or a column below 0 or not below \(columnCount)")
  }
  return matrix
}

private func factors(
  _ rows: UnsafeBufferPointer<Float>, _ rank: Int64, _ name: String, _ parallel: Parallel
) throws(Failure) -> FactorTable {
  guard let table = FactorTable(copying: rows, rank: Int(rank), using: parallel) else {
    throw Failure(.badArgument, "the factors of \(name) hold a number that is not finite")
  }
  return table
}
