import Synchronization

/// A cache of the factors that models folded one history into.
///
/// Copies of a history share its cache. An edited history has none, so the cache never holds factors of an earlier
/// state.
final class FoldInCache: Sendable {
  private struct Entry {
    /// The item factors of the model, which identify it: no other model shares their memory.
    var items: Buffer<Float>
    var factors: Factors
    var bias: Float
  }

  private let entries = Mutex<[Entry]>([])
  private let ofLiked = Mutex<FoldInCache?>(nil)

  /// The cache of the part of the history that counts as liked, which models see as another history.
  var liked: FoldInCache {
    ofLiked.withLock { liked in
      if let liked { return liked }
      let new = FoldInCache()
      liked = new
      return new
    }
  }

  /// The factors and the bias of the user in the model with these items, made by `make` on the first request.
  func user(by items: Factors, _ make: () -> (factors: Factors, bias: Float)) -> (factors: Factors, bias: Float) {
    let known = entries.withLock { $0.first { $0.items.isSameMemory(as: items.elements) } }
    if let known { return (known.factors, known.bias) }
    let (factors, bias) = make()
    entries.withLock { $0.append(Entry(items: items.elements, factors: factors, bias: bias)) }
    return (factors, bias)
  }
}
