import Testing

@testable import Kindred

/// Models from sums that another system made are those that are trained here.
@Suite struct GivenSumsTests {
  /// Eighty users, each with five to twelve of fifteen items in an order of their own; early items are popular. Every
  /// fourth user has two items again.
  private static func data(repeating: Bool) -> PreparedData {
    var stream = RandomStream(seed: 5, .data)
    var rows: [Interaction<Int, Int>] = []
    for user in 0..<80 {
      var items = stream.permutation(of: 15).map { Int($0) }.filter { $0 < 10 + user % 6 }.prefix(5 + user % 8)
      if repeating, user % 4 == 0 { items += items.prefix(2) }
      for (step, item) in items.enumerated() {
        rows.append(Interaction(user: user, item: item, time: Timestamp(user * 1000 + step)))
      }
    }
    return PreparedData(Interactions(rows, keepingRepeats: repeating).data)
  }

  private func expectEqual(_ given: ItemModel, _ trained: ItemModel, places: [Int32], rates: Int = 1) {
    let count = places.count
    for rate in 0..<rates {
      for from in 0..<count {
        for to in 0..<count {
          let one = trained.weights.weight(from: Int32(rate * count + from), to: Int32(to))
          let other = given.weights.weight(from: Int32(rate * count) + places[from], to: places[to])
          #expect(abs(one - other) < 1e-4, "\(rate) \(from) \(to): \(one) \(other)")
        }
      }
    }
  }

  @Test(arguments: [0, 6]) func easeSolvesFromCommonUsers(neighbors: Int) throws {
    let data = Self.data(repeating: false)
    var trainer = EASE(regularization: 3)
    (trainer.neighbors, trainer.dropout) = (neighbors, 0.2)
    let (items, places) = data.itemsByPopularity
    let users = items.map { item in Set((0..<data.userCount).filter { has(data, $0, item) }) }
    var pairs = OrderedCells(rowCount: items.count, columnCount: items.count)
    var nearest = pairs
    for one in items.indices {
      for other in 0..<one {
        let common = users[one].intersection(users[other]).count
        if common > 0 {
          let isAdded = pairs.append(row: Int32(one), column: Int32(other), Float(common))
          #expect(isAdded)
        }
      }
      let others = items.indices.filter { $0 != one && !users[one].isDisjoint(with: users[$0]) }
      let ranked = others.sorted { left, right in
        let (a, b) = (cosine(users[one], users[left]), cosine(users[one], users[right]))
        return a == b ? left < right : a > b
      }
      for other in ranked.prefix(max(neighbors, 1)).sorted() {
        let common = Float(users[one].intersection(users[other]).count)
        let isAdded = nearest.append(row: Int32(one), column: Int32(other), common)
        #expect(isAdded)
      }
    }
    let given = try trainer.model(
      users: users.map { Float($0.count) }, pairs: pairs, neighbors: neighbors == 0 ? nil : nearest,
      using: Parallel(threads: 2))
    expectEqual(
      given, try trainer.trained(on: data, seed: 0, using: Parallel(threads: 2)), places: places)
  }

  private func has(_ data: PreparedData, _ user: Int, _ item: Int32) -> Bool {
    data.byUser.columns[data.byUser.cells(ofRow: user)].contains(item)
  }

  private func cosine(_ one: Set<Int>, _ other: Set<Int>) -> Float {
    Float(one.intersection(other).count) / (Float(one.count) * Float(other.count)).squareRoot()
  }

  @Test(arguments: [(true, false), (false, false), (false, true)])
  func nextItemSolvesFromSumsOfPairsOfEvents(_ addsRates: Bool, _ repeating: Bool) throws {
    let data = Self.data(repeating: repeating)
    var trainer = NextItem()
    (trainer.addsRates, trainer.choosesKind, trainer.regularization) = (addsRates, false, 4)
    (trainer.neighbors, trainer.backwardWeight) = (8, 0.3)
    let (items, places) = data.itemsByPopularity
    let window = trainer.window
    let sequences = data.sequences.renumbered(by: places)
    let count = items.count
    let rates = window.rates
    let pairs = (0..<rates).flatMap { later in (0...later).map { (later, $0) } }
    var events = [Float](repeating: 0, count: count)
    var own = [[Float]](repeating: events, count: rates)
    var cross = rates == 2 ? events : []
    var transitions = [[Float]](repeating: Array(repeating: 0, count: count * count), count: rates)
    var products = [[Float]](repeating: Array(repeating: 0, count: count * count), count: pairs.count)
    for user in 0..<sequences.count {
      let sequence = sequences.events(of: user).map { Int(sequences.items[$0]) }
      for (place, later) in sequence.enumerated() {
        events[later] += 1
        let steps = sequence.count - 2 - place
        let row = min(steps, window.steps - 1) * window.width
        if steps >= 0 {
          for rate in 0..<rates { own[rate][later] += window.products[rate][rate][row] }
          if rates == 2 { cross[later] += window.products[1][0][row] }
        }
        for distance in 1..<max(2, min(window.width, place + 1)) where distance <= place {
          let earlier = sequence[place - distance]
          let (ahead, back) = (later * count + earlier, earlier * count + later)
          for rate in 0..<rates {
            transitions[rate][ahead] += window.transitions[rate][distance]
            transitions[rate][back] += window.transitions[rate][distance] * window.backwardWeight
          }
          guard steps >= 0 else { continue }
          for (slot, (one, other)) in pairs.enumerated() {
            products[slot][ahead] += window.products[one][other][row + distance]
            products[slot][back] += window.products[other][one][row + distance]
          }
        }
      }
    }
    for rate in 0..<rates {
      let slot = pairs.firstIndex { $0 == (rate, rate) } ?? 0
      for item in 0..<count { own[rate][item] += products[slot][item * count + item] }
    }
    var sums = NextItemSums(trainer, events: events, own: own, cross: cross, hasRepeats: repeating)
    for item in 0..<count {
      for other in 0..<count {
        let cell = item * count + other
        guard transitions[rates - 1][cell] > 0 else { continue }
        let isAdded = sums.add(
          Int32(item), Int32(other), transitions: transitions.map { $0[cell] }, products: products.map { $0[cell] })
        #expect(isAdded)
      }
    }
    expectEqual(
      try sums.model(using: Parallel(threads: 2)),
      try trainer.trained(on: data, seed: 0, using: Parallel(threads: 2)), places: places, rates: rates)
  }

  @Test func cellsOutOfOrderOrRangeAreRefused() {
    var cells = OrderedCells(rowCount: 3, columnCount: 2)
    let added = [
      cells.append(row: 1, column: 0, 1), cells.append(row: 1, column: 0, 1), cells.append(row: 1, column: 1, 2),
      cells.append(row: 0, column: 0, 1), cells.append(row: 3, column: 0, 1), cells.append(row: 2, column: 2, 1),
      cells.append(row: 2, column: -1, 1), cells.append(row: 2, column: 1, .nan), cells.append(row: 2, column: 0, 5),
    ]
    #expect(added == [true, false, true, false, false, false, false, false, true])
    #expect(
      cells.matrix == SparseMatrix(rows: [([], []), ([0, 1], [1, 2]), ([0], [5])], rowCount: 3, columnCount: 2))
  }
}
