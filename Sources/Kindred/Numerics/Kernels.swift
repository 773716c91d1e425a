import CKindredKernels

// The C kernels, with lengths checked and memory lent for the duration of a call. The files `Kernels…` alone import them.
/// The level of instruction set that the kernels run at: 4 or 3 of x86-64, or 0 for the baseline.
var processorLevel: Int { Int(kindred_processor_level()) }

// MARK: - Least squares, a row at a time

/// The regularized least-squares problem of each row of a sparse matrix against the factors of its columns.
///
/// With x the factors of a cell's column, w its weight and t its target, row r solves
/// (base + Σ w x xᵀ + penalty_r I) p = Σ w t x, where t = value − mean − column bias. Where `biasScale` is set, x has a last coordinate 1,
/// whose solution is the row's bias.
struct RowProblems: Sendable {
  var matrix: SparseMatrix
  var factors: Factors
  var mean: Float = 0
  var columnBiases: Buffer<Float>?
  /// The penalty on each row's factors, one a row.
  var penalties: Buffer<Float>
  /// The penalty on a row's bias, in units of that on its factors; nil for a model without biases.
  var biasScale: Float?
  /// A symmetric matrix of `factors.stride` rows and columns that is part of every row's; only its upper triangle is read.
  var base: Buffer<Float>?
  /// Right-hand side in place of Σ w t x, the same for every row: the factors, then 1 number for the bias where there is one.
  var right: [Float]?
  /// What the stored values mean: the targets of the regression, or the weights of targets that are all 1.
  var values = ValueRole.targets

  enum ValueRole: Sendable { case targets, weights, ignored }

  /// Solves every row. The result does not depend on `parallel`. O(cells · rank² + rows · rank³).
  func solved(using parallel: Parallel) -> (factors: Factors, biases: Buffer<Float>) {
    precondition(penalties.count == matrix.rowCount && factors.count == matrix.columnCount)
    precondition(columnBiases == nil || columnBiases?.count == matrix.columnCount)
    precondition(base == nil || (base?.count == factors.stride * factors.stride && biasScale == nil))
    var solution = Factors(count: matrix.rowCount, rank: factors.rank)
    var biases = Buffer<Float>(repeating: 0, count: matrix.rowCount)
    let blocks = blocksOfRows()
    solution.elements.withSharedWriter { out in
      biases.withSharedWriter { biasOut in
        parallel.forEach(blocks.count) { solve(blocks[$0], into: out, biases: biasOut) }
      }
    }
    return (solution, biases)
  }

  /// t of a cell.
  func target(ofCell cell: Int) -> Float {
    (values == .targets ? matrix.values[cell] : 1) - mean - (columnBiases?[Int(matrix.columns[cell])] ?? 0)
  }

  /// w of a cell.
  func weight(ofCell cell: Int) -> Float { values == .weights ? matrix.values[cell] : 1 }

  /// Σ w (t − prediction)² over all cells for given row factors and biases, summed in a fixed order. O(cells · rank).
  func squaredError(of rowFactors: Factors, biases: Buffer<Float>, using parallel: Parallel) -> Double {
    precondition(rowFactors.count == matrix.rowCount && rowFactors.stride == factors.stride)
    let blocks = blocksOfRows()
    var rowFactors = rowFactors
    var biases = biases
    return rowFactors.elements.withSharedWriter { rows in
      biases.withSharedWriter { biases in
        parallel.map(blocks.count) { block in
          withProblem(solution: rows, biases: biases) { problem in
            kindred_squared_error(problem, Int64(blocks[block].lowerBound), Int64(blocks[block].upperBound))
          }
        }.reduce(0, +)
      }
    }
  }

  private func solve(_ rows: Range<Int>, into out: SharedWriter<Float>, biases: SharedWriter<Float>) {
    withProblem(solution: out, biases: biases) { problem in
      let size = Int(kindred_solve_workspace(Int64(factors.rank), biasScale == nil ? 0 : 1))
      withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { workspace in
        kindred_solve_rows(problem, Int64(rows.lowerBound), Int64(rows.upperBound), workspace.baseAddress)
      }
    }
  }

  private func withProblem<Result>(
    solution: SharedWriter<Float>, biases: SharedWriter<Float>, _ body: (UnsafePointer<kindred_rows>) -> Result
  ) -> Result {
    matrix.offsets.withUnsafeBuffer { offsets in
      matrix.columns.withUnsafeBuffer { columns in
        matrix.values.withUnsafeBuffer { cells in
          factors.elements.withUnsafeBuffer { factorRows in
            penalties.withUnsafeBuffer { penalties in
              lend(columnBiases) { columnBiases in
                lend(base) { base in
                  let padded = right.map { Buffer($0 + Array(repeating: 0, count: factors.stride + 16 - $0.count)) }
                  return lend(padded) { right in
                    var problem = kindred_rows(
                      offsets: offsets.baseAddress, columns: columns.baseAddress,
                      values: values == .targets ? cells.baseAddress : nil,
                      weights: values == .weights ? cells.baseAddress : nil,
                      factors: factorRows.baseAddress, column_biases: columnBiases, base: base,
                      penalties: penalties.baseAddress, right: right, solution: solution.base,
                      row_biases: biasScale == nil ? nil : biases.base,
                      rank: Int64(factors.rank), width: Int64(factors.stride), mean: mean, bias_scale: biasScale ?? 0)
                    return body(&problem)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Runs of rows of about equal work: cut by the data alone, so that any number of threads computes the same.
  private func blocksOfRows() -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var start = 0
    var work = 0
    for row in 0..<matrix.rowCount {
      work += matrix.count(ofRow: row) + factors.stride / 2 + 1
      if work >= Self.workOfBlock || row + 1 == matrix.rowCount {
        blocks.append(start..<(row + 1))
        start = row + 1
        work = 0
      }
    }
    return blocks
  }

  /// Cells, or as much work as so many, in a block.
  private static let workOfBlock = 2048
}

private func lend<Element, Result>(_ buffer: Buffer<Element>?, _ body: (UnsafePointer<Element>?) -> Result) -> Result {
  guard let buffer else { return body(nil) }
  return buffer.withUnsafeBuffer { body($0.baseAddress) }
}

extension Factors {
  /// The upper triangle of XᵀX for these rows X, `stride` rows and columns, summed in blocks of a fixed size and in their order.
  func gram(using parallel: Parallel) -> Buffer<Float> {
    let size = stride * stride
    // At most 32 blocks, so that their partial sums stay small at large ranks.
    let rowsOfBlock = Swift.max(64, (count + 31) / 32)
    let partial = parallel.map((count + rowsOfBlock - 1) / rowsOfBlock) { block in
      var sum = Buffer<Float>(repeating: 0, count: size)
      sum.withSharedWriter { out in
        elements.withUnsafeBuffer { rows in
          kindred_gram(
            rows.baseAddress, Int64(block * rowsOfBlock), Int64(Swift.min(count, (block + 1) * rowsOfBlock)),
            Int64(stride),
            out.base)
        }
      }
      return sum
    }
    var total = Buffer<Float>(repeating: 0, count: size)
    total.withSharedWriter { total in
      for part in partial {
        part.withUnsafeBuffer { part in
          for index in 0..<size { total.base[index] += part[index] }
        }
      }
    }
    return total
  }
}

// MARK: - Stochastic gradient descent

/// One rating as the kernel reads it: 12 bytes.
typealias PackedRating = kindred_rating

/// The parameters that stochastic gradient descent moves.
struct GradientState: Sendable {
  var users: Factors
  var items: Factors
  var userBiases: Buffer<Float>
  var itemBiases: Buffer<Float>
}

/// The numbers of one pass of stochastic gradient descent.
struct GradientStep: Sendable {
  var mean: Float
  var rate: Float
  /// The regularization of a row's bias, in units of that of its factors.
  var biasScale: Float
  /// The regularization of each person's factors.
  var userPenalties: Buffer<Float>
  /// The regularization of each item's factors.
  var itemPenalties: Buffer<Float>
}

extension GradientState {
  /// Lends the state to `body` as a function that takes the steps of a block of ratings and returns its squared errors summed.
  ///
  /// Blocks that share no person and no item may run at the same time.
  mutating func withSteps<Result>(
    _ step: GradientStep, plain: Bool, over ratings: Buffer<PackedRating>,
    _ body: (@Sendable (Range<Int>) -> Double) throws -> Result
  ) rethrows -> Result {
    precondition(users.stride == items.stride)
    precondition(step.userPenalties.count == users.count && step.itemPenalties.count == items.count)
    let width = Int64(users.stride)
    return try users.elements.withSharedWriter { users in
      try items.elements.withSharedWriter { items in
        try userBiases.withSharedWriter { userBiases in
          try itemBiases.withSharedWriter { itemBiases in
            try body { range in
              precondition(range.lowerBound >= 0 && range.upperBound <= ratings.count)
              return step.userPenalties.withUnsafeBuffer { userPenalties in
                step.itemPenalties.withUnsafeBuffer { itemPenalties in
                  ratings.withUnsafeBuffer { ratings in
                    var parameters = kindred_sgd(
                      users: users.base, items: items.base, user_biases: userBiases.base, item_biases: itemBiases.base,
                      user_penalties: userPenalties.baseAddress, item_penalties: itemPenalties.baseAddress,
                      width: width,
                      mean: step.mean, rate: step.rate, bias_scale: step.biasScale)
                    let first = ratings.baseAddress.map { $0 + range.lowerBound }
                    return plain
                      ? kindred_sgd_plain(&parameters, first, Int64(range.count))
                      : kindred_sgd_block(&parameters, first, Int64(range.count))
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

// MARK: - Scoring

/// Item factors and biases laid out for scoring: panels of 32 items, factor by factor.
///
/// A score adds its products in the order of the factors in either use below, so one person alone and many at a time get the same bits.
struct PackedItems: Sendable {
  let count: Int
  let rank: Int
  private let factors: Buffer<Float>
  private let biases: Buffer<Float>

  static let itemsOfPanel = 32

  init(_ items: Factors, biases itemBiases: Buffer<Float>) {
    precondition(itemBiases.count == items.count)
    count = items.count
    rank = items.rank
    let panels = (items.count + Self.itemsOfPanel - 1) / Self.itemsOfPanel
    var factors = Buffer<Float>(repeating: 0, count: panels * Self.itemsOfPanel * items.rank)
    var biases = Buffer<Float>(repeating: 0, count: panels * Self.itemsOfPanel)
    factors.withSharedWriter { out in
      biases.withSharedWriter { biasOut in
        items.elements.withUnsafeBuffer { rows in
          itemBiases.withUnsafeBuffer { itemBiases in
            kindred_pack_items(
              rows.baseAddress, itemBiases.baseAddress, Int64(items.count), Int64(items.rank), Int64(items.stride),
              out.base,
              biasOut.base)
          }
        }
      }
    }
    self.factors = factors
    self.biases = biases
  }

  /// The scores of every item for each row of `users`, a row of `count` scores a person one after another.
  func score(_ users: Factors, base: [Float], into scores: inout MutableSpan<Float>) {
    precondition(base.count == users.count && scores.count == users.count * count && users.rank == rank)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, users.count * paddedCount)) { tile in
      if let start = tile.baseAddress { score(users, base: base, into: start, width: paddedCount) }
      scores.withUnsafeMutableBufferPointer { scores in
        for user in 0..<users.count {
          for item in 0..<count { scores[user * count + item] = tile[user * paddedCount + item] }
        }
      }
    }
  }

  /// The items rounded up to whole panels.
  var paddedCount: Int { (count + Self.itemsOfPanel - 1) / Self.itemsOfPanel * Self.itemsOfPanel }

  /// Writes a row of `paddedCount` scores, those past `count` without meaning, every `width` floats for each row of `users`.
  func score(_ users: Factors, base: [Float], into out: UnsafeMutablePointer<Float>, width: Int) {
    precondition(base.count == users.count && width >= paddedCount && users.rank == rank)
    factors.withUnsafeBuffer { factors in
      biases.withUnsafeBuffer { biases in
        users.elements.withUnsafeBuffer { rows in
          kindred_score(
            factors.baseAddress, biases.baseAddress, Int64(rank), 0, Int64(paddedCount / Self.itemsOfPanel),
            rows.baseAddress, base,
            Int64(users.count), Int64(users.stride), out, Int64(width))
        }
      }
    }
  }

  /// The best items of each row of `users`.
  func topItems(_ users: Factors, base: [Float], selection: TopSelection) -> [[ScoredItem]] {
    precondition(base.count == users.count && selection.excluded.count == users.count && users.rank == rank)
    return TopHeaps.withHeaps(selection) { heaps, allowed in
      factors.withUnsafeBuffer { factors in
        biases.withUnsafeBuffer { biases in
          users.elements.withUnsafeBuffer { rows in
            kindred_top_items(
              factors.baseAddress, biases.baseAddress, Int64(rank), Int64(count), rows.baseAddress, base,
              Int64(users.count),
              Int64(users.stride), allowed, heaps.baseAddress)
          }
        }
      }
    }
  }
}

/// Which items a list may hold, and how many.
public struct TopSelection: Sendable {
  /// The most items in a list.
  public var limit: Int
  /// For each person, the items left out, by position in rising order.
  public var excluded: [[Int32]]
  /// The items that may appear, one flag an item; nil allows all.
  public var allowed: ItemSet?

  /// Creates a selection for as many people as `excluded` has elements.
  public init(limit: Int, excluded: [[Int32]], allowed: ItemSet? = nil) {
    precondition(limit >= 0)
    self.limit = limit
    self.excluded = excluded
    self.allowed = allowed
  }
}

/// A set of item positions, a bit an item.
public struct ItemSet: Sendable, Equatable {
  fileprivate var words: [UInt64]

  /// Creates an empty set over `itemCount` items.
  public init(itemCount: Int) { words = Array(repeating: 0, count: (itemCount + 63) / 64) }

  /// Whether an item is in the set.
  public subscript(item: Int32) -> Bool {
    get { words[Int(item) / 64] >> UInt64(item % 64) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(item % 64)
      if newValue { words[Int(item) / 64] |= bit } else { words[Int(item) / 64] &= ~bit }
    }
  }
}

/// An item with its score.
public struct ScoredItem: Sendable, Equatable {
  /// The item's position.
  public var item: Int32
  /// The score; higher is better.
  public var score: Float
}

enum TopHeaps {
  /// The best items of rows of scores that are already there, ties by item order. O(scores + changes · log limit).
  static func topItems(of scores: [Float], itemCount: Int, selection: TopSelection) -> [[ScoredItem]] {
    precondition(scores.count == itemCount * selection.excluded.count)
    return withHeaps(selection) { heaps, allowed in
      scores.withUnsafeBufferPointer { scores in
        for person in heaps.indices {
          guard let row = scores.baseAddress.map({ $0 + person * itemCount }) else { return }
          kindred_top_offer(&heaps[person], row, Int64(itemCount), 0, allowed)
        }
      }
    }
  }

  static func withHeaps(
    _ selection: TopSelection, _ fill: (UnsafeMutableBufferPointer<kindred_top>, UnsafePointer<UInt64>?) -> Void
  ) -> [[ScoredItem]] {
    let people = selection.excluded.count
    let limit = selection.limit
    var scores = [Float](repeating: 0, count: people * limit)
    var items = [Int32](repeating: 0, count: people * limit)
    let excluded = selection.excluded.flatMap { $0 }
    return scores.withUnsafeMutableBufferPointer { scores in
      items.withUnsafeMutableBufferPointer { items in
        excluded.withUnsafeBufferPointer { excluded in
          var heaps: [kindred_top] = []
          var start = 0
          for person in 0..<people {
            let count = selection.excluded[person].count
            heaps.append(
              kindred_top(
                scores: scores.baseAddress.map { $0 + person * limit },
                items: items.baseAddress.map { $0 + person * limit },
                capacity: Int32(limit), count: 0, excluded: excluded.baseAddress.map { $0 + start },
                excluded_count: Int32(count)))
            start += count
          }
          heaps.withUnsafeMutableBufferPointer { heaps in
            if let words = selection.allowed?.words {
              words.withUnsafeBufferPointer { fill(heaps, $0.baseAddress) }
            } else {
              fill(heaps, nil)
            }
            for person in heaps.indices { kindred_top_finish(&heaps[person]) }
          }
          return heaps.indices.map { person in
            (0..<Int(heaps[person].count)).map {
              ScoredItem(item: items[person * limit + $0], score: scores[person * limit + $0])
            }
          }
        }
      }
    }
  }
}
