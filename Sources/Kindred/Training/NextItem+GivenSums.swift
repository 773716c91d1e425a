/// The sums over pairs of events that another system makes for ``NextItem``.
///
/// A pair of events of one user, `distance` steps apart, adds weights to the sums of its two items. An input's weight
/// by age exists per rate, of which there are one or two.
package struct NextItemWindow: Sendable {
  /// The number of rates.
  package let rates: Int
  /// The number of distances, the distance 0 among them.
  package let width: Int
  /// The number of rows of the tables of products.
  package let steps: Int
  /// The weight of each distance from input to target, per rate; for a target before the input it is multiplied by
  /// `backwardWeight`.
  package let transitions: [[Float]]
  /// For a rate of the later event and one of the earlier event, the products of their weights by the number of steps
  /// that follow the later event, the user's last event aside, and by distance: [steps][width]. Rows beyond the last
  /// count as the last; a later event that is the user's last adds nothing.
  package let products: [[[Float]]]
  package let backwardWeight: Float

  init(_ trainer: NextItem) {
    let inputs = trainer.decays.map(\.weights)
    rates = inputs.count
    let forward = inputs.map(trainer.transitionWeights)
    let steps = inputs.map(\.count).max() ?? 1
    let width = max(steps, forward.map(\.count).max() ?? 1)
    transitions = forward.map { $0 + Array(repeating: 0, count: width - $0.count) }
    products = inputs.map { later in
      inputs.map { earlier in
        let own = max(later.count, earlier.count)
        let table = WindowSums.Kernel.products(of: later, withOlder: earlier, own)
        return (0..<steps).flatMap { step in
          (0..<width).map { $0 < own ? table[min(step, own - 1) * own + $0] : 0 }
        }
      }
    }
    (self.steps, self.width) = (steps, width)
    backwardWeight = trainer.backwardWeight
  }
}

/// Collects the sums of pairs in order of items, and chooses the inputs of each item.
package struct NextItemSums: Sendable {
  private let trainer: NextItem
  private let rates: Int
  private let events: [Float]
  private let own: Buffer<Float>
  private let cross: [Float]
  private let repeats: Float
  private var item = 0
  private var others: [Int32] = []
  private var transitions: [[Float]]
  /// The sums of products by the rate of the item and that of the other: 0 and 0, 1 and 0, 1 and 1.
  private var products: [[Float]]
  private var blocks: [PairSums.Block]
  private var nearest: [(others: [Int32], values: [Float])] = []

  /// - Parameters:
  ///   - trainer: The trainer.
  ///   - events: The number of events of each item, in falling order.
  ///   - own: The sum of products of each item with itself, per rate.
  ///   - cross: With two rates, the sum of products of each event's weights of both rates, per item.
  ///   - hasRepeats: Whether a user has an item more than once.
  package init(_ trainer: NextItem, events: [Float], own: [[Float]], cross: [Float], hasRepeats: Bool) {
    rates = trainer.decays.count
    precondition(own.count == rates && own.allSatisfy { $0.count == events.count })
    precondition(cross.count == (rates == 2 ? events.count : 0))
    self.cross = cross
    (self.trainer, self.events, self.own) = (trainer, events, Buffer(own.flatMap { $0 }))
    repeats = hasRepeats ? trainer.repeatWeight : 0
    transitions = Array(repeating: [], count: rates)
    products = Array(repeating: [], count: rates == 1 ? 1 : 3)
    blocks = Array(repeating: PairSums.Block(), count: rates)
  }

  /// Adds the sums of a pair, which follows all others in order of items and others.
  ///
  /// - Parameters:
  ///   - item: The target.
  ///   - other: The input.
  ///   - transitions: The sum of weights from input to target, per rate.
  ///   - products: The sums of products by the rates of item and other: 0 and 0, 1 and 0, 1 and 1.
  /// - Returns: Whether the pair is in order; if not, it is left out.
  package mutating func add(_ item: Int32, _ other: Int32, transitions: [Float], products: [Float]) -> Bool {
    guard item >= self.item, item < events.count, other >= 0, other < events.count, transitions.count == rates,
      products.count == self.products.count
    else { return false }
    while self.item < item { endItem() }
    if let last = others.last, last >= other { return false }
    others.append(other)
    for (rate, sum) in transitions.enumerated() { self.transitions[rate].append(sum) }
    for (place, sum) in products.enumerated() { self.products[place].append(sum) }
    return true
  }

  private mutating func endItem() {
    let count = events.count
    let limit = LocalSolves.neighborCount(trainer.neighbors, users: events[item])
    var row = (others: [Int32](), values: [Float]())
    for rate in 0..<rates {
      var candidates = NextItem.Candidates(item: item, repeats: repeats, own: own[rate * count + item])
      for (place, other) in others.enumerated() where transitions[rate][place] > 0 {
        candidates.add(Int(other), transitions[rate][place], own: own[rate * count + Int(other)])
      }
      let chosen = candidates.complete()
      let limit = rate == rates - 1 ? limit : min(limit, (trainer.neighbors + 1) / 2)
      for place in TopHeaps.positions(ofGreatest: limit, in: chosen.ranks) {
        row.others.append(Int32(rate * count) + chosen.items[Int(place)])
        row.values.append(chosen.sums[Int(place)])
      }
    }
    nearest.append(row)
    let before = others.firstIndex { $0 >= Int32(item) } ?? others.count
    blocks[0].append(item, others[..<before], products[0][..<before])
    if rates == 2 {
      addCross(at: before)
      blocks[1].append(
        count + item, (others + others[..<before].map { $0 + Int32(count) })[...],
        (products[1] + products[2][..<before])[...])
    }
    others.removeAll(keepingCapacity: true)
    for rate in 0..<rates { transitions[rate].removeAll(keepingCapacity: true) }
    for place in products.indices { products[place].removeAll(keepingCapacity: true) }
    item += 1
  }

  /// Adds the products of an event's own weights to the sum of the item's slow input with its fast one.
  private mutating func addCross(at place: Int) {
    if place == others.count || others[place] != Int32(item) {
      others.insert(Int32(item), at: place)
      for slot in products.indices { products[slot].insert(0, at: place) }
    }
    products[1][place] += cross[item]
  }

  /// Solves for the weights.
  ///
  /// - Throws: ``TrainingError`` if a system of equations has no solution, or the training is cancelled.
  /// - Complexity: O(items · neighbours³).
  package func model(using parallel: Parallel) throws(TrainingError) -> ItemModel {
    var sums = self
    while sums.item < events.count { sums.endItem() }
    return try trainer.model(
      PairSums(sums.blocks), own,
      SparseMatrix(rows: sums.nearest, rowCount: events.count, columnCount: rates * events.count),
      (0..<Int32(events.count)).map { $0 }, using: parallel)
  }
}

extension NextItem {
  /// The weights of the pairs of events that ``NextItemSums`` needs the sums of.
  package var window: NextItemWindow { NextItemWindow(self) }
}
