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
    let result = try await Tuner(trials: 6, seed: 1).search(
      .als, on: Self.ratings, setting: ["epochs": "6", "rank": "4"])
    #expect(result.metric == "rmse")
    #expect(Set(result.trials.map(\.number)) == Set(0..<6))
    #expect(result.trials.allSatisfy { $0.settings["rank"] == "4" })
    // A third of them ran all epochs, and stand before the others.
    let scores = result.trials.prefix(2).compactMap(\.score)
    #expect(scores.count == 2 && scores[0] <= scores[1])
    #expect(result.trials.first { $0.number == 0 }?.settings == ["epochs": "6", "rank": "4"])
  }

  @Test func valuesLieInTheirRangeAndParse() throws {
    for algorithm in Algorithm.allCases {
      for hyperparameter in algorithm.type.searchSpace {
        var stream = RandomStream(seed: 1, .tuning)
        for _ in 0..<50 {
          let text = hyperparameter.sample(&stream)
          let value = try #require(Double(text))
          #expect(value >= hyperparameter.range.lowerBound * 0.99 && value <= hyperparameter.range.upperBound * 1.01)
          _ = try algorithm.trainer(setting: [hyperparameter.name: text])
        }
      }
    }
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
