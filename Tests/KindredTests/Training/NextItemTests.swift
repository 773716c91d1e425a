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

  /// The sums SᵀS and SᵀT over the steps of all users, row by row. The inputs of a second rate come after all others.
  private func sums(_ trainer: NextItem) -> (products: [[Double]], transitions: [[Double]]) {
    let sequences = Self.data.sequences
    let count = sequences.itemCount
    let rates = trainer.decays.map { $0.weights.map { Double($0) } }
    let inputs = rates.count * count
    var products = [[Double]](repeating: Array(repeating: 0, count: inputs), count: inputs)
    var transitions = [[Double]](repeating: Array(repeating: 0, count: count), count: inputs)
    for user in 0..<sequences.count {
      let items = sequences.events(of: user).map { Int(sequences.items[$0]) }
      for step in 0..<(items.count - 1) {
        var (input, target) = ([Double](repeating: 0, count: inputs), [Double](repeating: 0, count: count))
        for (rate, weights) in rates.enumerated() {
          for place in 0...step where step - place < weights.count {
            input[rate * count + items[place]] += weights[step - place]
          }
        }
        for place in (step + 1)..<items.count {
          let weight = Elementary.powerOfTwo(-Double(place - step - 1) / Double(trainer.targetHalfLife))
          if weight >= 0.025 { target[items[place]] += weight }
        }
        for one in 0..<inputs {
          for other in 0..<inputs { products[one][other] += input[one] * input[other] }
          for other in 0..<count { transitions[one][other] += input[one] * target[other] }
        }
      }
    }
    return (products, transitions)
  }

  @Test(
    arguments: [(true, 1, 0.3, 1, 0), (true, 2, 0, 0.7, 0.5), (false, 1, 0, 1, 0), (false, 0.5, 0, 0.7, 0.4)]
      as [(Bool, Float, Float, Float, Float)])
  func everyColumnIsARegressionOnDecayedHistories(
    _ addsRates: Bool, _ halfLife: Float, _ slowShare: Float, _ targetHalfLife: Float, _ backward: Float
  ) throws {
    var trainer = NextItem()
    (trainer.addsRates, trainer.halfLife, trainer.slowShare) = (addsRates, halfLife, slowShare)
    (trainer.targetHalfLife, trainer.backwardWeight) = (targetHalfLife, backward)
    (trainer.regularization, trainer.choosesKind) = (4, false)
    let model = try trainer.trained(on: Self.data, seed: 0, using: Parallel(threads: 2))
    let (products, transitions) = sums(trainer)
    for item in 0..<12 {
      let right = products.indices.map { input in
        transitions[input][item] + Double(backward) * transitions[input / 12 * 12 + item][input % 12]
      }
      let inputs = products.indices.filter { $0 % 12 != item && right[$0] > 0 }
      let matrix = inputs.map { row in inputs.map { products[row][$0] + (row == $0 ? 4 : 0) } }
      let weights = solution(of: matrix, inputs.map { right[$0] })
      for input in products.indices {
        let expected = inputs.firstIndex(of: input).map { Float(weights[$0]) } ?? 0
        let weight = model.weights.weight(from: Int32(input), to: Int32(item))
        #expect(isClose(weight, expected, tolerance: 1e-4), "from \(input) to \(item)")
      }
    }
  }

  @Test func aLargeCatalogueHasOneInputPerItem() {
    #expect(!NextItem().suited(toItems: 20_000).addsRates && NextItem().suited(toItems: 20_001).addsRates)
    #expect(NextItem.forSessions.suited(toItems: 5).addsRates)
  }

  /// Two rows of weights per item: each event counts in both, by its age, and each part of an explanation is the sum.
  @Test func aModelOfTwoRatesScoresBothRowsOfAnItem() throws {
    var trainer = NextItem()
    trainer.choosesKind = false
    let model = try trainer.trained(on: Self.data, seed: 0, using: Parallel(threads: 1))
    let history = History(items: [3, 7, 1], values: [1, 1, 1])
    let scores = model.scores(history)
    let explanation = model.explanations(of: [5], for: history)[0]
    var expected = [Float](repeating: 0, count: 3)
    for (place, item) in history.items.enumerated() {
      for (block, decay) in trainer.decays.enumerated() {
        expected[place] +=
          decay.weights[2 - place] * model.weights.weight(from: item + Int32(12 * block), to: 5)
      }
    }
    #expect(isClose(scores[5], expected.reduce(0, +), tolerance: 1e-5))
    for (part, contribution) in zip(explanation.parts, expected) {
      #expect(isClose(part.contribution, contribution, tolerance: 1e-5))
    }
    #expect(expected.contains { $0 != 0 })
  }
}
