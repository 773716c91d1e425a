import Testing

@testable import Kindred

@Suite struct TunerTests {
  private static let ratings = Synthetic.ratings(users: 120, items: 60)

  @Test func theSearchIsTheSameAtAnyNumberOfThreads() async throws {
    var results: [[Tuner.Trial]] = []
    for threads in [1, 2, 5] {
      let tuner = Tuner(trials: 5, seed: 3, threads: threads)
      results.append(
        try await tuner.search(.implicitALS, on: Self.ratings, setting: ["epochs": "3", "rank": "8"]).trials)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func theBestComesFirstAndDefaultsAreTried() async throws {
    let result = try await Tuner(trials: 12, seed: 1).search(
      .als, on: Self.ratings, setting: ["epochs": "6", "rank": "4"])
    #expect(result.metric == "rmse")
    #expect(Set(result.trials.map(\.number)) == Set(0..<12))
    #expect(result.trials.allSatisfy { $0.settings["rank"] == "4" })
    // A fifth of them, rounded up, was judged on all cuts, and stands before the others.
    #expect(result.trials.map(\.cuts) == [3, 3, 3] + Array(repeating: 1, count: 9))
    #expect(result.trials.dropFirst(3).allSatisfy { $0.epochs <= 3 })
    for part in [result.trials.prefix(3), result.trials.dropFirst(3)] {
      let scores = part.compactMap(\.score)
      #expect(scores.count == part.count && scores == scores.sorted())
    }
    #expect(result.trials.first { $0.number == 0 }?.settings == ["epochs": "6", "rank": "4"])
  }

  @Test func withoutTheDefaultsEveryTrialIsAPointOfTheSearch() async throws {
    var tuner = Tuner(trials: 8, seed: 1)
    tuner.triesDefaults = false
    let fixed = ["epochs": "2", "rank": "4"]
    let trials = try await tuner.search(.implicitALS, on: Self.ratings, setting: fixed).trials
    #expect(Set(trials.map(\.number)) == Set(1...8))
    #expect(trials.allSatisfy { $0.settings["regularization"] != nil && $0.settings["unobservedWeight"] != nil })
  }

  @Test func laterRoundsLookCloserAroundTheBest() async throws {
    var tuner = Tuner(trials: 16, seed: 5)
    tuner.triesDefaults = false
    let trials = try await tuner.search(.implicitALS, on: Self.ratings, setting: ["epochs": "2", "rank": "4"]).trials
    for hyperparameter in ImplicitALS.searchSpace {
      let places = { (numbers: ClosedRange<Int>) in
        trials.filter { numbers.contains($0.number) }.map {
          hyperparameter.place(of: $0.settings[hyperparameter.name] ?? "")
        }
      }
      let widths = [places(1...8), places(9...12), places(13...16)].map { ($0.max() ?? 0) - ($0.min() ?? 0) }
      #expect(widths[0] > 0.6 && widths[1] < 0.51 && widths[2] < 0.26, "\(widths)")
    }
  }

  @Test func pointsFillTheRangesEvenly() {
    let points = HaltonSequence(dimensions: 2, seed: 9)
    var cells = [Int](repeating: 0, count: 6)
    for number in 0..<36 {
      let point = points[number]
      // Before the shift, any six consecutive points in the bases 2 and 3 have one in each of 2 × 3 cells.
      let plain = [HaltonSequence.radicalInverse(number, base: 2), HaltonSequence.radicalInverse(number, base: 3)]
      cells[Int(plain[0] * 2) * 3 + Int(plain[1] * 3)] += 1
      #expect(point.allSatisfy { $0 >= 0 && $0 < 1 })
    }
    #expect(cells == Array(repeating: 6, count: 6))
    #expect(HaltonSequence.radicalInverse(6, base: 2) == 0.375)
    #expect(abs(HaltonSequence.radicalInverse(5, base: 3) - 7.0 / 9) < 1e-15)
    #expect(HaltonSequence(dimensions: 2, seed: 9)[3] == points[3])
    #expect(HaltonSequence(dimensions: 2, seed: 8)[3] != points[3])
  }

  @Test func aRegionStaysWithinTheCube() {
    let corners = { (round: Int, best: [[Double]]) in
      let region = SearchRegion(round: round, around: best, dimensions: 2)
      return [region.place([0, 0]), region.place([1, 1])]
    }
    #expect(corners(1, [[0.1, 0.9], [0.1, 1]]) == [[0, 0.5], [0.5, 1]])
    #expect(corners(2, [[0.5, 0.25]]) == [[0.375, 0.125], [0.625, 0.375]])
    #expect(corners(2, []) == [[0, 0], [1, 1]])
  }

  @Test func valuesLieInTheirRangeAndParse() throws {
    for algorithm in Algorithm.allCases {
      for hyperparameter in algorithm.type.searchSpace {
        for place in [0, 0.1, 0.5, 0.77, 1] {
          let text = hyperparameter.value(at: place)
          let value = try #require(Double(text))
          #expect(value >= hyperparameter.range.lowerBound * 0.99 && value <= hyperparameter.range.upperBound * 1.01)
          #expect(hyperparameter.isInteger || abs(hyperparameter.place(of: text) - place) < 0.01)
          _ = try algorithm.trainer(setting: [hyperparameter.name: text])
        }
      }
    }
    let wide = Hyperparameter("x", in: 0.001...0.1)
    #expect(wide.place(of: "7") == 1 && wide.place(of: "0") == 0.5 && wide.place(of: "0.01") == 0.5)
  }

  @Test func whatCannotBeTunedIsSaid() async {
    await #expect(throws: TrainingError.self) { try await Tuner().search(.mean, on: Self.ratings) }
    await #expect(throws: TrainingError.self) { try await Tuner().search(.als, on: Interactions<Int, Int>()) }
    await #expect(throws: TrainingError.self) {
      try await Tuner().search(.als, on: Self.ratings, setting: ["depth": "1"])
    }
  }

  @Test func aBudgetBecomesTrialsByTheSizeOfTheData() {
    #expect(Tuner.trials(forSeconds: 60, interactions: 100_000) > Tuner.trials(forSeconds: 60, interactions: 1_000_000))
    #expect(Tuner.trials(forSeconds: 0.001, interactions: 1_000_000_000) == 1)
  }
}
