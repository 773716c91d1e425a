import Testing

@testable import Kindred

/// The draws of a row against the same distribution worked out in full, with a general inverse in double precision.
@Suite struct GibbsRowsTests {
  /// Five rows of a small rank over two other sides, one row without a cell and one with more cells than a kernel's
  /// chunk.
  static func problem(rank: Int, hasThirdSide: Bool, seed: UInt64) -> GibbsRows {
    var stream = RandomStream(seed: seed, .data)
    var (rows, left, right): ([Int32], [Int32], [Int32]) = ([], [], [])
    for (row, count) in [4, 0, 150, 1, 9].enumerated() {
      for _ in 0..<count {
        rows.append(Int32(row))
        left.append(Int32(stream.below(7)))
        right.append(Int32(stream.below(3)))
      }
    }
    func table(_ count: Int) -> Factors {
      Factors(rows: (0..<count).map { _ in (0...rank).map { _ in Float(stream.normal() * 0.5) } })
    }
    func weights(_ count: Int) -> Buffer<Float> { Buffer((0..<count).map { _ in Float(0.4 + stream.uniform()) }) }
    let (leftRows, rightRows, priors) = (table(7), table(3), table(5))
    var precisions = [Float](repeating: 1, count: priors.stride)
    for column in 0...rank { precisions[column] = Float(0.5 + stream.uniform()) }
    return GibbsRows(
      cells: GibbsCells(rowCount: 5, rows: rows, left: left, right: hasThirdSide ? right : nil),
      targets: Buffer(rows.map { _ in Float(stream.normal()) }), left: leftRows,
      right: hasThirdSide ? rightRows : nil, priors: priors, precisions: Buffer(precisions), noisePrecision: 1.7,
      mean: 0.3, rowWeights: weights(5), leftRoots: weights(7), rightRoots: hasThirdSide ? weights(3) : nil)
  }

  /// A cell's weight, without the row's own.
  static func weight(_ problem: GibbsRows, ofCell cell: Int) -> Double {
    let root =
      Double(problem.leftRoots![Int(problem.cells.left[cell])])
      * (problem.rightRoots.map { Double($0[Int(problem.cells.right![cell])]) } ?? 1)
    return root * root
  }

  /// The mean and covariance of a row, factors then bias, by the textbook.
  static func bruteForce(_ problem: GibbsRows, row: Int) -> (mean: [Double], covariance: [[Double]]) {
    let size = problem.priors.rank
    let rank = size - 1
    var precision = (0..<size).map { i in (0..<size).map { $0 == i ? Double(problem.precisions[i]) : 0 } }
    var right = (0..<size).map { Double(problem.precisions[$0]) * Double(problem.priors[row, $0]) }
    for cell in Int(problem.cells.offsets[row])..<Int(problem.cells.offsets[row + 1]) {
      let l = problem.left[Int(problem.cells.left[cell])].map(Double.init)
      let r =
        problem.right.map { $0[Int(problem.cells.right![cell])].map(Double.init) } ?? Array(repeating: 0, count: size)
      let h = (0..<rank).map { l[$0] + r[$0] } + [1]
      var target = Double(problem.targets[Int(problem.cells.places[cell])]) - Double(problem.mean) - l[rank] - r[rank]
      for k in 0..<rank { target -= l[k] * r[k] }
      let noise = Double(problem.noisePrecision) * Double(problem.rowWeights![row]) * weight(problem, ofCell: cell)
      for i in 0..<size {
        right[i] += noise * target * h[i]
        for j in 0..<size { precision[i][j] += noise * h[i] * h[j] }
      }
    }
    let covariance = inverse(precision)
    return (covariance.map { zip($0, right).reduce(0) { $0 + $1.0 * $1.1 } }, covariance)
  }

  /// Gauss and Jordan.
  static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let n = matrix.count
    var a = matrix.enumerated().map { row, values in values + (0..<n).map { $0 == row ? 1.0 : 0 } }
    for pivot in 0..<n {
      a[pivot] = a[pivot].map { [scale = a[pivot][pivot]] in $0 / scale }
      for row in 0..<n where row != pivot {
        let factor = a[row][pivot]
        for column in 0..<(2 * n) { a[row][column] -= factor * a[pivot][column] }
      }
    }
    return a.map { Array($0.suffix(n)) }
  }

  @Test(arguments: [(3, true), (3, false), (16, true), (21, false)])
  func meansAndVariancesAreThoseOfTheTextbook(rank: Int, hasThirdSide: Bool) {
    let problem = Self.problem(rank: rank, hasThirdSide: hasThirdSide, seed: 4)
    let means = problem.rowMeans(using: Parallel(threads: 2))
    for row in 0..<5 {
      let expected = Self.bruteForce(problem, row: row)
      for column in 0...rank { #expect(isClose(means[row, column], Float(expected.mean[column]), tolerance: 2e-4)) }
    }
    // One row alone, seen from some directions.
    var alone = problem
    let cells = Int(problem.cells.offsets[2])..<Int(problem.cells.offsets[3])
    alone.cells = GibbsCells(
      rowCount: 1, rows: cells.map { _ in 0 }, left: cells.map { problem.cells.left[$0] },
      right: problem.cells.right.map { right in cells.map { right[$0] } })
    alone.targets = Buffer(cells.map { problem.targets[Int(problem.cells.places[$0])] })
    alone.priors = Factors(rows: [problem.priors[2]])
    alone.rowWeights = [problem.rowWeights![2]]
    let moments = alone.moments(variancesFor: problem.left)
    let covariance = Self.bruteForce(problem, row: 2).covariance
    for z in 0..<problem.left.count {
      let direction = (0..<rank).map { Double(problem.left[z, $0]) } + [1]
      var expected = 0.0
      for i in 0...rank { for j in 0...rank { expected += direction[i] * covariance[i][j] * direction[j] } }
      #expect(isClose(moments.variances[z], Float(expected), tolerance: 2e-4))
    }
  }

  @Test func drawsHaveTheMeanAndCovarianceOfTheTextbook() {
    let problem = Self.problem(rank: 2, hasThirdSide: true, seed: 9)
    let count = 4000
    var sums = [Double](repeating: 0, count: 3)
    var products = [[Double]](repeating: sums, count: 3)
    var draws = Factors(count: 5, rank: 3)
    var none: RowMeans?
    var keyed = problem
    for key in 0..<count {
      keyed.key = UInt64(key) &* 0x9E37_79B9_7F4A_7C15
      keyed.draw(into: &draws, means: &none, using: Parallel(threads: 1))
      for i in 0..<3 {
        sums[i] += Double(draws[0, i])
        for j in 0..<3 { products[i][j] += Double(draws[0, i]) * Double(draws[0, j]) }
      }
    }
    let expected = Self.bruteForce(problem, row: 0)
    let n = Double(count)
    for i in 0..<3 {
      let error = (sums[i] / n - expected.mean[i]) / (expected.covariance[i][i] / n).squareRoot()
      #expect(abs(error) < 4, "mean \(i) is \(error) standard errors off")
      for j in 0..<3 {
        let covariance = products[i][j] / n - sums[i] * sums[j] / n / n
        let scale = (expected.covariance[i][i] * expected.covariance[j][j] * 2 / n).squareRoot()
        #expect(abs(covariance - expected.covariance[i][j]) < 4 * scale)
      }
    }
  }

  @Test func errorsAreTargetsWithoutFits() {
    var problem = Self.problem(rank: 3, hasThirdSide: true, seed: 2)
    let rows = problem.priors
    let (errors, fits, roots) = problem.errorsAndFits(using: Parallel(threads: 2))
    var (sum, squares, weights) = (0.0, 0.0, 0.0)
    for row in 0..<5 {
      for cell in Int(problem.cells.offsets[row])..<Int(problem.cells.offsets[row + 1]) {
        let (l, r) = (problem.left[Int(problem.cells.left[cell])], problem.right![Int(problem.cells.right![cell])])
        var fit = problem.mean + l[3] + r[3] + rows[row, 3]
        for k in 0..<3 { fit += l[k] * r[k] + rows[row, k] * (l[k] + r[k]) }
        let place = Int(problem.cells.places[cell])
        #expect(isClose(fits[place], fit))
        let weight = Double(problem.rowWeights![row]) * Self.weight(problem, ofCell: cell)
        #expect(isClose(roots[place], Float(weight.squareRoot())))
        let error = Double(problem.targets[place] - fit)
        sum += weight * error
        squares += weight * error * error
        weights += weight
      }
    }
    #expect(isClose(Float(errors.sum), Float(sum), tolerance: 1e-3))
    #expect(isClose(Float(errors.squares), Float(squares), tolerance: 1e-3))
    #expect(isClose(Float(errors.weight), Float(weights), tolerance: 1e-3))
    problem.mean += 1
    #expect(isClose(Float(problem.errors(using: Parallel(threads: 1)).sum), Float(sum - weights), tolerance: 1e-3))
  }

  @Test(arguments: [(3, true), (3, false), (16, true), (21, false)])
  func drawsKnowTheErrorsThatTheyLeave(rank: Int, hasThirdSide: Bool) throws {
    var problem = Self.problem(rank: rank, hasThirdSide: hasThirdSide, seed: 6)
    problem.key = 5
    var draws = Factors(count: 5, rank: rank + 1)
    var none: RowMeans?
    let next: [Float] = [1.5, 0.5, 0.7, 2, 0.1]
    let left = try #require(
      problem.draw(into: &draws, means: &none, using: Parallel(threads: 2)) { row, _ in next[row] })
    problem.priors = draws
    problem.rowWeights = Buffer(next)
    let found = problem.errors(using: Parallel(threads: 1))
    #expect(isClose(Float(left.sum), Float(found.sum), tolerance: 1e-3))
    #expect(isClose(Float(left.squares), Float(found.squares), tolerance: 1e-3))
    #expect(isClose(Float(left.weight), Float(found.weight), tolerance: 1e-3))
  }

  @Test func drawsThatFitWellLeaveTheirErrorsToBeFound() {
    var problem = Self.problem(rank: 3, hasThirdSide: false, seed: 6)
    let rows = problem.priors
    problem.targets = problem.fits(of: rows)
    problem.noisePrecision = 1e8
    var draws = Factors(count: 5, rank: 4)
    var none: RowMeans?
    #expect(problem.draw(into: &draws, means: &none, using: Parallel(threads: 2)) == nil)
  }

  /// The textbook's EM step: the weight's mean given the errors under the row's mean and covariance, then the row's
  /// mean with that weight.
  @Test(arguments: [(3, true), (3, false), (16, true), (21, false)])
  func weightsAreFoundByExpectationMaximization(rank: Int, hasThirdSide: Bool) {
    var problem = Self.problem(rank: rank, hasThirdSide: hasThirdSide, seed: 8)
    problem.key = 7
    var draws = Factors(count: 5, rank: rank + 1)
    let alike = problem
    var found = RowMeans(count: 5, rank: rank + 1, freedom: 6)
    for row in 0..<5 { found.spread[row] = Float(row) / 10 }
    var ofDraw: RowMeans? = found
    problem.draw(into: &draws, means: &ofDraw, using: Parallel(threads: 2))
    var plain = draws
    var none: RowMeans?
    problem.draw(into: &plain, means: &none, using: Parallel(threads: 2))
    #expect(plain == draws)
    problem.rowWeights = nil
    problem.find(&found, using: Parallel(threads: 1))
    #expect(found.rows == ofDraw!.rows && found.weights == ofDraw!.weights)
    for row in 0..<5 {
      var one = alike
      one.rowWeights = Buffer(repeating: 1, count: 5)
      let (mean, covariance) = Self.bruteForce(one, row: row)
      var squares = Double(row) / 10
      let cells = Int(problem.cells.offsets[row])..<Int(problem.cells.offsets[row + 1])
      for cell in cells {
        let l = problem.left[Int(problem.cells.left[cell])].map(Double.init)
        let r = problem.right.map { $0[Int(problem.cells.right![cell])].map(Double.init) } ?? l.map { _ in 0 }
        let h = (0..<rank).map { l[$0] + r[$0] } + [1]
        var error = Double(problem.targets[Int(problem.cells.places[cell])]) - Double(problem.mean) - l[rank] - r[rank]
        for k in 0..<rank { error -= l[k] * r[k] }
        for k in 0...rank { error -= mean[k] * h[k] }
        var variance = 0.0
        for i in 0...rank { for j in 0...rank { variance += h[i] * covariance[i][j] * h[j] } }
        squares += Self.weight(problem, ofCell: cell) * (error * error + variance)
      }
      let weight = (6 + Double(cells.count)) / (6 + Double(problem.noisePrecision) * squares)
      #expect(isClose(found.weights[row], Float(weight), tolerance: 1e-3))
      one.rowWeights![row] = found.weights[row]
      let expected = Self.bruteForce(one, row: row).mean
      for column in 0...rank { #expect(isClose(found.rows[row, column], Float(expected[column]), tolerance: 2e-4)) }
    }
  }

  /// A feature's own conditional distribution, from the regression of the rows on it alone.
  @Test func featuresAreDrawnFromTheirRegression() {
    let (rank, rowCount) = (4, 6)
    let design = SparseMatrix(
      rowCount: 2, columnCount: rowCount, rows: [0, 0, 0, 1, 1], columns: [0, 2, 3, 1, 2], values: [1, 0.5, 2, 1, 0.7])
    let having: [[(row: Int, amount: Float)]] = [[(0, 1), (2, 0.5), (3, 2)], [(1, 1), (2, 0.7)]]
    var sums = [[Double]](repeating: [Double](repeating: 0, count: rank + 1), count: 2)
    var squares = sums
    let count = 2000
    for sweep in 0..<count {
      var side = GibbsSide(
        number: 0, cells: GibbsCells(rowCount: rowCount, rows: [], left: [], right: nil), design: design,
        groups: [0..<2],
        rank: rank, seed: 3)
      side.withPriorDraws(sweep: sweep, seed: 8) { $0(0) }
      for column in 0...rank {
        let (rowPrecision, rowMean) = side.prior(of: 0, column)
        let (precision, mean) = side.prior(of: 1, column)
        for feature in 0..<2 {
          // Feature 0 is drawn first, given that feature 1 is 0.
          var (xy, xx): (Float, Float) = (0, 0)
          for (row, amount) in having[feature] {
            let other = feature == 1 && row == 2 ? 0.5 * side.values[0, column] : 0
            xy += amount * (side.rows[row, column] - rowMean - other)
            xx += amount * amount
          }
          let total = precision + rowPrecision * xx
          let z = Double(
            (side.values[feature, column] - (precision * mean + rowPrecision * xy) / total) * total.squareRoot())
          sums[feature][column] += z
          squares[feature][column] += z * z
        }
        // A row's prior mean is what its features say.
        let expected = rowMean + 0.5 * side.values[0, column] + 0.7 * side.values[1, column]
        #expect(isClose(side.priors[2, column], expected))
      }
    }
    let n = Double(count)
    for (sums, squares) in zip(sums, squares) {
      #expect(sums.allSatisfy { abs($0) < 4 * n.squareRoot() })
      #expect(squares.allSatisfy { abs($0 / n - 1) < 4 * (2 / n).squareRoot() })
    }
  }
}

extension GibbsSide {
  /// The precision and mean that the rows (0) or a group of features (1 and up) have in a column.
  func prior(of group: Int, _ column: Int) -> (precision: Float, mean: Float) {
    (hyperparameters[group * 2 * rows.stride + column], hyperparameters[(group * 2 + 1) * rows.stride + column])
  }
}
