import Kindred
import KindredStore
import NIOConcurrencyHelpers

/// A model that answers come from, under the name that every answer says. It never changes; a newer one takes its place
/// whole.
final class ServedModel: Sendable {
  /// Its number in the store; a word for one that the store does not have.
  let name: String
  /// Where the store has it; nil for one that the store does not have.
  let location: String?
  /// Whether it is the list of what is popular, in place of a model.
  let isFallback: Bool
  let recommender: Recommender<String, String>
  private let derived = NIOLockedValueBox<[String: Task<any Sendable, any Error>]>([:])

  init(_ version: ModelVersion, _ recommender: Recommender<String, String>) {
    name = "\(version.number)"
    location = version.location
    isFallback = false
    self.recommender = recommender
  }

  /// What is popular in some data.
  init(popularIn data: Interactions<String, String>, rule: FeedbackRule) async throws(TrainingError) {
    name = "popularity"
    location = nil
    isFallback = true
    recommender = try await Recommender.train(on: data, ranking: Popularity(), rule: rule).withoutUsers()
  }

  /// A value derived from this model: made at the first request and forgotten with the model, or if it fails.
  func once<Value: Sendable>(
    _ key: String, _ make: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = derived.withLockedValue { derived in
      if let task = derived[key] { return task }
      let task = Task { try await make() as any Sendable }
      derived[key] = task
      return task
    }
    do {
      guard let value = try await task.value as? Value else {
        preconditionFailure("'\(key)' names two kinds of things")
      }
      return value
    } catch {
      forget(key)
      throw error
    }
  }

  /// Forgets what was made under a name, so that it is made anew.
  func forget(_ key: String) { derived.withLockedValue { $0[key] = nil } }
}
