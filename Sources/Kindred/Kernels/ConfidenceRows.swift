import CKindredKernels

/// A sparse matrix of confidences in memory that it does not own: the data of least squares over all pairs.
///
/// A value c above 0 stands for a pair with the target 1 and the weight c, one below 0 for the target 0 and the weight
/// −c. Pairs without a value have the target 0 and the weight 1 (Hu, Koren, Volinsky 2008,
/// <https://doi.org/10.1109/ICDM.2008.22>). The columns of a row may be in any order.
package struct ConfidenceRows: Sendable {
  /// The values, which views hold in place.
  private let matrix: SparseMatrix

  package var rowCount: Int { matrix.rowCount }
  package var columnCount: Int { matrix.columnCount }

  /// Views arrays, which must outlive the view and its copies.
  ///
  /// - Parameters:
  ///   - offsets: The start of each row and the end of the last; the first is 0, and none is below the one before it.
  ///   - columns: The column of each value.
  ///   - values: The values.
  ///   - columnCount: The number of columns.
  /// - Returns: Nil if a column is out of range or a value is not finite.
  /// - Complexity: O(values).
  package init?(
    viewing offsets: UnsafeBufferPointer<Int64>, columns: UnsafeBufferPointer<Int32>,
    values: UnsafeBufferPointer<Float>, columnCount: Int, using parallel: Parallel
  ) {
    precondition(columns.count == values.count && offsets.count > 0)
    matrix = SparseMatrix(
      rowCount: offsets.count - 1, columnCount: columnCount, offsets: Buffer(borrowing: offsets),
      columns: Buffer(borrowing: columns), values: Buffer(borrowing: values))
    guard matrix.values.isFinite(parallel: parallel) else { return nil }
    let (all, cellsOfBlock, limit) = (matrix.columns, 1 << 18, UInt32(columnCount))
    let areWithin = parallel.map((all.count + cellsOfBlock - 1) / cellsOfBlock) { block in
      all.withUnsafeBuffer { columns in
        let cells = block * cellsOfBlock..<min(columns.count, (block + 1) * cellsOfBlock)
        return cells.allSatisfy { UInt32(bitPattern: columns[$0]) < limit }
      }
    }
    guard areWithin.allSatisfy({ $0 }) else { return nil }
  }

  private init(_ matrix: SparseMatrix) { self.matrix = matrix }

  /// The transpose, in memory of its own.
  package var transposed: ConfidenceRows { ConfidenceRows(matrix.transposed()) }

  /// Solves for the factors of every row with those of the columns held fixed.
  ///
  /// - Parameters:
  ///   - rows: The factors to start from, which are replaced.
  ///   - columns: The factors of the columns.
  ///   - regularization: The penalty on each row's factors; 0 or more.
  ///   - block: The number of factors that are solved for at once, with the others held fixed; nil solves exactly.
  ///   - parallel: The threads. The result does not depend on their number.
  /// - Complexity: O(values · rank² + rows · rank³), or O(values · rank · block + rows · rank · (rank + block²)).
  package func solve(
    _ rows: inout FactorTable, against columns: FactorTable, regularization: Float, block: Int?,
    using parallel: Parallel
  ) {
    precondition(rows.factors.count == rowCount && columns.factors.count == columnCount)
    precondition(rows.factors.rank == columns.factors.rank)
    let (rank, width, matrix) = (rows.factors.rank, rows.factors.stride, matrix)
    let gram = columns.factors.gram(using: parallel)
    let blocks = matrix.blocksOfRows(extraWork: width / 2 + 1)
    rows.factors.elements.withSharedWriter { out in
      gram.withUnsafeBuffer { gram in
        columns.factors.elements.withUnsafeBuffer { columns in
          let (base, others) = (SharedReader(gram.baseAddress), SharedReader(columns.baseAddress))
          parallel.forEach(blocks.count) { number in
            let own = blocks[number]
            let part = ConfidenceBlock(matrix, rows: own, regularization: regularization)
            part.withProblem { problem in
              problem.factors = others.base
              problem.base = base.base
              problem.solution = out.base + own.lowerBound * width
              problem.rank = Int64(rank)
              problem.width = Int64(width)
              let (count, cells) = (Int64(own.count), Int64(part.columns.count))
              if let block {
                withWorkspace(of: Float.self, kindred_sweep_workspace(Int64(block), cells)) {
                  _ = kindred_sweep_rows(&problem, 0, count, Int64(block), $0)
                }
              } else {
                withWorkspace(of: Float.self, kindred_solve_workspace(Int64(rank), 0, cells)) {
                  _ = kindred_solve_rows(&problem, 0, count, $0)
                }
              }
            }
          }
        }
      }
    }
  }

  /// The objective divided by the sum of the weights of all pairs.
  ///
  /// - Complexity: O((values + rows + columns) · rank).
  package func loss(
    _ rows: FactorTable, _ columns: FactorTable, regularization: Float, using parallel: Parallel
  ) -> Float {
    let (rowGram, columnGram) = (rows.factors.gram(using: parallel), columns.factors.gram(using: parallel))
    var loss = zip(rowGram, columnGram).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let stride = rows.factors.stride
    for diagonal in 0..<stride {
      let squares = Double(rowGram[diagonal * (stride + 1)]) + Double(columnGram[diagonal * (stride + 1)])
      loss += Double(regularization) * squares
    }
    let (matrix, rankWidth, blocks) = (matrix, stride, matrix.blocksOfRows(extraWork: 0))
    let sums = rows.factors.elements.withUnsafeBuffer { rows in
      columns.factors.elements.withUnsafeBuffer { columns in
        let (own, others) = (SharedReader(rows.baseAddress), SharedReader(columns.baseAddress))
        return parallel.map(blocks.count) { number in
          var (errors, weights) = (0.0, 0.0)
          for row in blocks[number] {
            for cell in matrix.cells(ofRow: row) {
              let (left, right) = (row * rankWidth, Int(matrix.columns[cell]) * rankWidth)
              var score: Float = 0
              for factor in 0..<rankWidth { score += own.base[left + factor] * others.base[right + factor] }
              let confidence = matrix.values[cell]
              let error = Double((confidence > 0 ? 1 : 0) - score)
              errors += Double(abs(confidence)) * error * error - Double(score) * Double(score)
              weights += Double(abs(confidence))
            }
          }
          return (number: blocks[number].lowerBound, errors: errors, weights: weights)
        }
      }
    }
    var weights = Double(rowCount) * Double(columnCount) - Double(matrix.count)
    for part in sums.sorted(by: { $0.number < $1.number }) {
      loss += part.errors
      weights += part.weights
    }
    return Float(loss / max(1, weights))
  }
}

/// The weights and the targets of a block of rows.
///
/// The equations of a row are (XᵀX + Σ (|c| − 1) x xᵀ + penalty I) p = Σ c⁺ x. Their weight is w = |c| − 1, and their
/// target c⁺ / w. Near c = 1 the weight is replaced by 2⁻²⁰, which changes the matrix by less than rounding does.
private struct ConfidenceBlock {
  let offsets: [Int64]
  let columns: Buffer<Int32>.SubSequence
  let weights: [Float]
  let targets: [Float]
  let penalties: [Float]

  init(_ matrix: SparseMatrix, rows: Range<Int>, regularization: Float) {
    let cells = Int(matrix.offsets[rows.lowerBound])..<Int(matrix.offsets[rows.upperBound])
    offsets = (rows.lowerBound...rows.upperBound).map { matrix.offsets[$0] - Int64(cells.lowerBound) }
    columns = matrix.columns[cells]
    penalties = Array(repeating: regularization, count: rows.count)
    let least: Float = 0x1p-20
    (weights, targets) = matrix.values.withUnsafeBuffer { values in
      var weights = [Float](repeating: 0, count: cells.count)
      var targets = weights
      for index in 0..<cells.count {
        let confidence = values[cells.lowerBound + index]
        let excess = abs(confidence) - 1
        let weight = abs(excess) < least ? least : excess
        weights[index] = weight
        targets[index] = max(0, confidence) / weight
      }
      return (weights, targets)
    }
  }

  func withProblem(_ body: (inout kindred_rows) -> Void) {
    columns.withContiguousStorageIfAvailable { columns in
      weights.withUnsafeBufferPointer { weights in
        targets.withUnsafeBufferPointer { targets in
          offsets.withUnsafeBufferPointer { offsets in
            penalties.withUnsafeBufferPointer { penalties in
              var problem = kindred_rows()
              problem.offsets = offsets.baseAddress
              problem.columns = columns.baseAddress
              problem.values = targets.baseAddress
              problem.weights = weights.baseAddress
              problem.penalties = penalties.baseAddress
              body(&problem)
            }
          }
        }
      }
    }
  }
}

extension Buffer {
  /// Views the elements of an array of the caller, which must outlive the buffer and its copies.
  fileprivate init(borrowing elements: UnsafeBufferPointer<Element>) {
    guard let base = elements.baseAddress, elements.count > 0 else {
      self.init([])
      return
    }
    self.init(
      viewing: ByteRun(
        base: UnsafeRawPointer(base), count: elements.count * MemoryLayout<Element>.stride, owner: Borrowed()))
  }
}

/// The owner of memory that the caller keeps alive.
private final class Borrowed: Sendable {}

extension SparseMatrix {
  /// Ranges of rows with about equal work, which depend on the data alone; those with the most work come first.
  ///
  /// - Parameter extraWork: The work of a row besides its cells, in cells.
  func blocksOfRows(extraWork: Int) -> [Range<Int>] {
    var blocks: [(rows: Range<Int>, work: Int)] = []
    var (start, work) = (0, 0)
    for row in 0..<rowCount {
      work += count(ofRow: row) + extraWork
      if work >= Self.workOfBlock || row + 1 == rowCount {
        blocks.append((start..<(row + 1), work))
        (start, work) = (row + 1, 0)
      }
    }
    return blocks.sorted { ($1.work, $0.rows.lowerBound) < ($0.work, $1.rows.lowerBound) }.map(\.rows)
  }

  /// The cells per block, or other work of the same length.
  private static var workOfBlock: Int { 2048 }
}
