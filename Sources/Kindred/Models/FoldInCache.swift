import Synchronization

/// The factors that models folded one history into, for whoever asks about the same history again.
///
/// Histories that are copies of each other share it; an edited one has none, so what is in it is never of an earlier history.
final class FoldInCache: Sendable {
  private struct Entry {
    /// The factors of the model's items, which no other model shares.
    var items: Buffer<Float>
    var factors: Factors
    var bias: Float
  }

  private let entries = Mutex<[Entry]>([])
  private let ofLiked = Mutex<FoldInCache?>(nil)

  /// What is kept of what counts as liked in the history: to a model that is another history.
  var liked: FoldInCache {
    ofLiked.withLock { liked in
      if let liked { return liked }
      let new = FoldInCache()
      liked = new
      return new
    }
  }

  /// The factors and the bias by the model with these items; made where they are not known yet.
  func user(by items: Factors, _ make: () -> (factors: Factors, bias: Float)) -> (factors: Factors, bias: Float) {
    let known = entries.withLock { $0.first { $0.items.isSameMemory(as: items.elements) } }
    if let known { return (known.factors, known.bias) }
    let (factors, bias) = make()
    entries.withLock { $0.append(Entry(items: items.elements, factors: factors, bias: bias)) }
    return (factors, bias)
  }
}
