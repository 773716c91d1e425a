import Kindred
import KindredStore
import NIOConcurrencyHelpers

/// A model that answers come from, under the name that every answer says. It never changes; a newer one takes its place
/// whole.
final class ServedModel: Sendable {
  /// Its number in the store.
  let name: String
  let recommender: Recommender<String, String>
  private let derived = NIOLockedValueBox<[String: Task<any Sendable, Never>]>([:])

  init(_ version: ModelVersion, _ recommender: Recommender<String, String>) {
    name = "\(version.number)"
    self.recommender = recommender
  }

  /// A value derived from this model: made at the first request and forgotten with the model.
  func once<Value: Sendable>(_ key: String, _ make: @escaping @Sendable () async -> Value) async -> Value {
    let task = derived.withLockedValue { derived in
      if let task = derived[key] { return task }
      let task = Task { await make() as any Sendable }
      derived[key] = task
      return task
    }
    guard let value = await task.value as? Value else { preconditionFailure("'\(key)' names two kinds of things") }
    return value
  }

  /// Forgets what was made under a name, so that it is made anew.
  func forget(_ key: String) { derived.withLockedValue { $0[key] = nil } }
}
