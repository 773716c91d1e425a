/// The weights of a history's events by their age in steps: the latest event has the age 0, the one before it 1.
///
/// weight(a) = (1 − s) · 2^(−a/h) + s · 2^(−a/H), with the half-lives h and H and the share s of the slow part.
public struct HistoryDecay: Sendable, Codable, Equatable {
  /// h, the half-life of the fast part in steps; above 0.
  public var halfLife: Float
  /// H, the half-life of the slow part in steps; above 0.
  public var slowHalfLife: Float
  /// s, the share of the slow part; from 0 to 1.
  public var slowShare: Float

  /// Creates a decay.
  ///
  /// - Parameters:
  ///   - halfLife: The half-life of the fast part in steps; above 0.
  ///   - slowHalfLife: The half-life of the slow part in steps; above 0.
  ///   - slowShare: The share of the slow part; from 0 to 1.
  public init(halfLife: Float, slowHalfLife: Float = 1, slowShare: Float = 0) {
    self.halfLife = halfLife
    self.slowHalfLife = slowHalfLife
    self.slowShare = slowShare
  }

  /// A decay with one half-life in steps; nil if it is 0, so that all items count alike.
  init?(steps: Float) {
    if steps == 0 { return nil }
    self.init(halfLife: steps)
  }

  /// Whether the numbers are within their ranges.
  var isValid: Bool {
    [halfLife, slowHalfLife].allSatisfy { $0 > 0 && $0.isFinite } && (0...1).contains(slowShare)
  }

  /// The weight of an event of an age; unlike ``weights``, without a cut.
  func weight(atAge age: Int) -> Float {
    let fast = Elementary.powerOfTwo(-Double(age) / Double(halfLife))
    let slow = Elementary.powerOfTwo(-Double(age) / Double(slowHalfLife))
    return Float((1 - Double(slowShare)) * fast + Double(slowShare) * slow)
  }

  /// The weights by age, up to the age from which on they are below 0.025 and count as 0; at least one, and at most
  /// 200.
  var weights: [Float] {
    var weights = [weight(atAge: 0)]
    while weights.count < 200 {
      let next = weight(atAge: weights.count)
      if next < 0.025 { break }
      weights.append(next)
    }
    return weights
  }
}

/// Items with the weights of their rows in a sum.
struct WeightedItems: Sendable, Equatable {
  /// The positions of the items.
  var items: [Int32]
  /// The weight of each item; nil is 1 for each.
  var weights: [Float]?

  /// The items of a history as an item-to-item model sums them: in rising order, each with the weight 1; after them the
  /// disliked items with negative weights.
  ///
  /// With a decay the items are in order of events instead, and an item has the sum of the weights of its events.
  init(_ history: History, decay: [Float]?) {
    if let decay {
      var weights: [Float] = []
      items = []
      let sequence = history.sequence.suffix(decay.count)
      for (place, item) in sequence.enumerated() {
        let weight = decay[sequence.count - 1 - place]
        if !history.events.isEmpty, let known = items.firstIndex(of: item) {
          weights[known] += weight
        } else {
          items.append(item)
          weights.append(weight)
        }
      }
      self.weights = weights
    } else {
      items = history.items.inRisingOrder()
      weights = nil
    }
    guard history.dislikeWeight > 0, !history.disliked.isEmpty else { return }
    weights = (weights ?? items.map { _ in 1 }) + history.disliked.map { _ in -history.dislikeWeight }
    items += history.disliked
  }

  /// The weighted sum of a number per item.
  func sum(_ number: (Int32) -> Float) -> Float {
    items.indices.reduce(0) { $0 + (weights?[$1] ?? 1) * number(items[$1]) }
  }

  /// Items with the weight 1 each.
  init(items: [Int32]) {
    self.items = items
    weights = nil
  }

  /// Appends items whose numbers are shifted.
  mutating func append(_ others: WeightedItems, shiftedBy shift: Int32) {
    weights = (weights ?? items.map { _ in 1 }) + (others.weights ?? others.items.map { _ in 1 })
    items += others.items.map { $0 + shift }
  }
}
