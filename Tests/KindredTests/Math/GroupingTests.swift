import Testing

@testable import Kindred

/// Grouping, transposing and summing at block sizes that tiny data spans many of.
@Suite struct GroupingTests {
  static let threads = [1, 2, 5]

  /// Keys below 13 in no order; group 5 stays empty.
  private static let keys: [Int32] = {
    var stream = RandomStream(seed: 3, .data)
    return (0..<200).map { _ in Int32(stream.below(13)) }.map { $0 == 5 ? 6 : $0 }
  }()

  /// 150 distinct cells of a matrix of 23 × 17, in no order; row 4 and column 9 stay empty.
  private static let cells: (rows: [Int32], columns: [Int32], values: [Float]) = {
    var stream = RandomStream(seed: 4, .data)
    let places = stream.permutation(of: 23 * 17).filter { $0 / 17 != 4 && $0 % 17 != 9 }.prefix(150)
    return (places.map { $0 / 17 }, places.map { $0 % 17 }, places.map { _ in Float(stream.normal()) })
  }()

  @Test(arguments: threads, [1, 7, 64, 1000])
  func aGroupHoldsItsElementsInTheirOrder(threads: Int, elementsOfChunk: Int) {
    let keys = Self.keys
    let (elements, starts) = Grouping.sorted(
      keys.count, into: 13, elementsOfChunk: elementsOfChunk, using: Parallel(threads: threads)
    ) {
      Int(keys[$0])
    } element: {
      Int32($0)
    }
    let expected = (0..<13).map { group in keys.indices.filter { keys[$0] == group } }
    #expect(Array(elements) == expected.flatMap { $0 }.map { Int32($0) })
    #expect(starts == expected.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) })
  }

  @Test func nothingMakesEmptyGroups() {
    let (elements, starts) = Grouping.positions(of: [], into: 3)
    #expect(elements.isEmpty && starts == [0, 0, 0, 0])
  }

  @Test func placesAreThoseOfTheGrouping() {
    var places = GroupPlaces(groups: 13) { count in
      for key in Self.keys { count(Int(key)) }
    }
    let (positions, starts) = Grouping.positions(of: Self.keys, into: 13)
    #expect(Array(places.starts) == starts.map { Int64($0) })
    for (position, key) in Self.keys.enumerated() { #expect(positions[places.place(in: Int(key))] == position) }
  }

  @Test(arguments: [1, 7, 40, nil]) func rowsAreSortedByColumn(cellsOfBatch: Int?) {
    let cells = Self.cells
    let matrix = SparseMatrix(
      rowCount: 23, columnCount: 17, rows: cells.rows, columns: cells.columns, values: cells.values,
      cellsOfBatch: cellsOfBatch)
    #expect(matrix.isValid && matrix.count == 150)
    let order = cells.rows.indices.sorted {
      (cells.rows[$0], cells.columns[$0]) < (cells.rows[$1], cells.columns[$1])
    }
    #expect(Array(matrix.columns) == order.map { cells.columns[$0] })
    #expect(Array(matrix.values) == order.map { cells.values[$0] })
    #expect((0..<23).map { matrix.count(ofRow: $0) } == (0..<23).map { row in cells.rows.count { $0 == row } })
  }

  @Test func transposingExchangesRowsAndColumns() {
    let cells = Self.cells
    let matrix = SparseMatrix(
      rowCount: 23, columnCount: 17, rows: cells.rows, columns: cells.columns, values: cells.values)
    let exchanged = SparseMatrix(
      rowCount: 17, columnCount: 23, rows: cells.columns, columns: cells.rows, values: cells.values)
    #expect(matrix.transposed() == exchanged)
    #expect(matrix.transposed().transposed() == matrix)
  }

  @Test func transposingMovesRowsAndColumnsTogether() {
    let cells = Self.cells
    let matrix = SparseMatrix(
      rowCount: 23, columnCount: 23, rows: cells.rows, columns: cells.columns, values: cells.values)
    var stream = RandomStream(seed: 8, .data)
    let places = stream.permutation(of: 23)
    let moved = SparseMatrix(
      rowCount: 23, columnCount: 23, rows: cells.columns.map { places[Int($0)] },
      columns: cells.rows.map { places[Int($0)] }, values: cells.values)
    #expect(matrix.transposed(movingTo: places) == moved)
  }

  @Test(arguments: threads, [1, 7, 1 << 18])
  func theSummaryIsThatOfTheTextbook(threads: Int, elementsOfBlock: Int) throws {
    var stream = RandomStream(seed: 5, .data)
    let values = (0..<100).map { _ in Float(3 + stream.normal()) }
    let parallel = Parallel(threads: threads)
    let summary = ValueSummary(of: values, elementsOfBlock: elementsOfBlock, using: parallel)
    let mean = values.reduce(0.0) { $0 + Double($1) } / 100
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 100
    #expect(summary.mean == Float(mean) && summary.unit == Float(variance.squareRoot() / 1.05))
    #expect(summary.scale == (try #require(values.min()))...(try #require(values.max())))
    #expect(ValueSummary(of: [], elementsOfBlock: elementsOfBlock, using: parallel) == ValueSummary())
    let same = ValueSummary(of: [0.1, 0.1, 0.1], elementsOfBlock: elementsOfBlock, using: parallel)
    #expect(same == ValueSummary(mean: 0.1, unit: 1, scale: 0.1...0.1))
  }

  @Test(arguments: threads) func oneWildNumberInAnyBlockIsFound(threads: Int) {
    let parallel = Parallel(threads: threads)
    for place in 0..<20 {
      var values = Buffer<Float>(repeating: 1, count: 20)
      #expect(values.isFinite(parallel: parallel, elementsOfBlock: 7))
      values[place] = place % 2 == 0 ? .infinity : .nan
      #expect(!values.isFinite(parallel: parallel, elementsOfBlock: 7))
    }
  }

  @Test(arguments: threads, [1, 7, 32]) func pairsAreCountedInBlocksOfAnySize(threads: Int, itemsOfBlock: Int) {
    let cells = Self.cells
    let data = TrainingData(
      userCount: 23, itemCount: 17, users: cells.rows, items: cells.columns, values: cells.values)
    let common = Cooccurrences(byUser: data.rowsByUser(), byItem: data.rowsByItem(), itemsOfBlock: itemsOfBlock)
    let dense = common.dense(using: Parallel(threads: threads))
    let users = (0..<Int32(17)).map { item in
      Set(zip(cells.rows, cells.columns).filter { $0.1 == item }.map(\.0))
    }
    for item in 0..<17 {
      for other in 0..<17 { #expect(dense[item, other] == Float(users[item].intersection(users[other]).count)) }
    }
  }
}
