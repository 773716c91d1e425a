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
  private let placed: NIOLockedValueBox<Placed>
  private let derived = NIOLockedValueBox<[String: Task<any Sendable, any Error>]>([:])

  init(_ version: ModelVersion, _ recommender: Recommender<String, String>) {
    name = "\(version.number)"
    location = version.location
    isFallback = false
    placed = NIOLockedValueBox(Placed(recommender))
  }

  /// What is popular in some data.
  init(popularIn data: Interactions<String, String>, rule: FeedbackRule) async throws(TrainingError) {
    name = "popularity"
    location = nil
    isFallback = true
    placed = NIOLockedValueBox(
      Placed(try await Recommender.train(on: data, ranking: Popularity(), rule: rule).withoutUsers()))
  }

  /// The recommender with the new items, which wait until someone asks for it.
  private struct Placed {
    var recommender: Recommender<String, String>
    var waiting: [(id: String, entry: Catalog.Entry)] = []
    /// How many new items there were.
    var count: UInt64 = 0

    init(_ recommender: Recommender<String, String>) { self.recommender = recommender }
  }

  /// The model with every new item placed.
  var recommender: Recommender<String, String> {
    placed.withLockedValue { placed in
      guard !placed.waiting.isEmpty else { return placed.recommender }
      placed.recommender = placed.recommender.placing(placed.waiting)
      placed.waiting = []
      return placed.recommender
    }
  }

  /// How many new items were placed, or wait to be.
  var placedCount: UInt64 { placed.withLockedValue { $0.count } }

  /// Places new items by their attributes, if the model can; items that it knows are left as they are.
  func place(_ items: [StoredItem]) {
    placed.withLockedValue { placed in
      guard placed.recommender.placesItems else { return }
      for item in items where !placed.recommender.knows(item: item.id) {
        guard let entry = item.entry else { continue }
        placed.waiting.append((item.id, entry))
        placed.count += 1
      }
    }
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
