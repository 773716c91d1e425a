@testable import Kindred

/// The models of the contract suite, each trained once for all tests that look at it.
actor TrainedModels {
  static let shared = TrainedModels()

  private struct Key: Hashable {
    var trainer: String
    var threads: Int
    var seed: UInt64
  }

  private var trainings: [Key: Task<Recommender<Int, String>, any Error>] = [:]

  /// The model of one case on the ratings of the contract suite; trained at the first call.
  func model(of trainerCase: TrainerCase, threads: Int, seed: UInt64 = 5) async throws -> Recommender<Int, String> {
    let key = Key(trainer: trainerCase.testDescription, threads: threads, seed: seed)
    let training =
      trainings[key]
      ?? Task {
        try await Recommender.train(
          on: TrainerContract.ratings, ranking: trainerCase.trainer, seed: seed, threads: threads)
      }
    trainings[key] = training
    return try await training.value
  }
}
