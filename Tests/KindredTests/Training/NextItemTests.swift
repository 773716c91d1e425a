import Testing

@testable import Kindred

@Suite struct NextItemTests {
  /// Sixty users, each with eight of twelve items in an order of their own.
  private static let data: PreparedData = {
    var stream = RandomStream(seed: 3, .data)
    var rows: [Interaction<Int, Int>] = []
    for user in 0..<60 {
      for (step, item) in stream.permutation(of: 12).prefix(8).enumerated() {
        rows.append(Interaction(user: user, item: Int(item), time: Timestamp(user * 1000 + step)))
      }
    }
    return PreparedData(Interactions(rows).data)
  }()

  /// The sums SᵀS and SᵀT over the steps of all users, row by row.
  private func sums(_ trainer: NextItem) -> (products: [[Double]], transitions: [[Double]]) {
    let sequences = Self.data.sequences
    let count = sequences.itemCount
    let inputs = trainer.decay.weights.map { Double($0) }
    var products = [[Double]](repeating: Array(repeating: 0, count: count), count: count)
    var transitions = products
    for user in 0..<sequences.count {
      let items = sequences.events(of: user).map { Int(sequences.items[$0]) }
      for step in 0..<(items.count - 1) {
        var (input, target) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        for place in 0...step where step - place < inputs.count { input[items[place]] += inputs[step - place] }
        for place in (step + 1)..<items.count {
          let weight = Elementary.powerOfTwo(-Double(place - step - 1) / Double(trainer.targetHalfLife))
          if weight >= 0.025 { target[items[place]] += weight }
        }
        for one in 0..<count {
          for other in 0..<count {
            products[one][other] += input[one] * input[other]
            transitions[one][other] += input[one] * target[other]
          }
        }
      }
    }
    return (products, transitions)
  }

  @Test(arguments: [(1, 0.3, 1, 0), (2, 0, 0.7, 0.5)] as [(Float, Float, Float, Float)])
  func everyColumnIsARegressionOnDecayedHistories(
    _ halfLife: Float, _ slowShare: Float, _ targetHalfLife: Float, _ backward: Float
  ) throws {
    var trainer = NextItem()
    (trainer.halfLife, trainer.slowShare) = (halfLife, slowShare)
    (trainer.targetHalfLife, trainer.backwardWeight) = (targetHalfLife, backward)
    (trainer.regularization, trainer.choosesKind) = (4, false)
    let model = try trainer.trained(on: Self.data, seed: 0, using: Parallel(threads: 2))
    let (products, transitions) = sums(trainer)
    for item in 0..<12 {
      let right = (0..<12).map { transitions[$0][item] + Double(backward) * transitions[item][$0] }
      let others = (0..<12).filter { $0 != item && right[$0] > 0 }
      let matrix = others.map { row in others.map { products[row][$0] + (row == $0 ? 4 : 0) } }
      let weights = solution(of: matrix, others.map { right[$0] })
      for other in 0..<12 {
        let expected = others.firstIndex(of: other).map { Float(weights[$0]) } ?? 0
        let weight = model.weights.weight(from: Int32(other), to: Int32(item))
        #expect(isClose(weight, expected, tolerance: 1e-4), "from \(other) to \(item)")
      }
    }
  }
}
