import CKindredKernels

/// Item factors and biases laid out for scoring: panels of 32 items, factor by factor, those that may score high first.
///
/// A score adds its products in the order of the factors in either use below, so one person alone and many at a time get the same bits.
struct PackedItems: Sendable {
  let count: Int
  let rank: Int
  private let factors: Buffer<Float>
  private let biases: Buffer<Float>
  private let bounds: Buffer<Float>
  private let order: Buffer<Int32>
  private let places: Buffer<Int32>

  static let itemsOfPanel = 32

  init(_ items: Factors, biases itemBiases: Buffer<Float>, using parallel: Parallel = Parallel(threads: 1)) {
    precondition(itemBiases.count == items.count)
    count = items.count
    rank = items.rank
    let panels = (items.count + Self.itemsOfPanel - 1) / Self.itemsOfPanel
    let order = Self.order(of: items, itemBiases, using: parallel)
    var places = Buffer<Int32>(repeating: 0, count: items.count)
    var factors = Buffer<Float>(repeating: 0, count: panels * Self.itemsOfPanel * items.rank)
    var biases = Buffer<Float>(repeating: 0, count: panels * Self.itemsOfPanel)
    var bounds = Buffer<Float>(repeating: 0, count: panels * 2)
    places.withSharedWriter { places in
      for (place, item) in order.enumerated() { places[Int(item)] = Int32(place) }
    }
    factors.withSharedWriter { factors in
      biases.withSharedWriter { biases in
        bounds.withSharedWriter { bounds in
          let panelsOfBlock = 64
          parallel.forEach((panels + panelsOfBlock - 1) / panelsOfBlock) { block in
            items.elements.withUnsafeBuffer { rows in
              itemBiases.withUnsafeBuffer { itemBiases in
                order.withUnsafeBuffer { order in
                  kindred_pack_items(
                    rows.baseAddress, itemBiases.baseAddress, order.baseAddress, Int64(items.count), Int64(items.rank),
                    Int64(items.stride), Int64(block * panelsOfBlock), Int64(min(panels, (block + 1) * panelsOfBlock)),
                    factors.base, biases.base, bounds.base)
                }
              }
            }
          }
        }
      }
    }
    self.factors = factors
    self.biases = biases
    self.bounds = bounds
    self.order = order
    self.places = places
  }

  /// The items, those first whose bias and length promise the most; ties by position.
  private static func order(of items: Factors, _ biases: Buffer<Float>, using parallel: Parallel) -> Buffer<Int32> {
    let itemsOfBlock = 4096
    let promises = parallel.map((items.count + itemsOfBlock - 1) / itemsOfBlock) { block in
      (block * itemsOfBlock..<min(items.count, (block + 1) * itemsOfBlock)).map { item in
        (promise: biases[item] + items.squaredLength(ofRow: item).squareRoot(), item: Int32(item))
      }
    }
    return Buffer(promises.joined().sorted { ($1.promise, $0.item) < ($0.promise, $1.item) }.map(\.item))
  }

  /// The scores of every item for each row of `users`, a row of `count` scores a person one after another.
  func score(_ users: Factors, base: [Float], into scores: inout MutableSpan<Float>) {
    precondition(scores.count == users.count * count)
    scores.withUnsafeMutableBufferPointer { scores in
      if let start = scores.baseAddress { score(users, base: base, into: start, width: count) }
    }
  }

  /// Writes a row of `count` scores every `width` floats for each row of `users`.
  func score(_ users: Factors, base: [Float], into out: UnsafeMutablePointer<Float>, width: Int) {
    precondition(base.count == users.count && width >= count && users.rank == rank)
    withLayout { items in
      users.elements.withUnsafeBuffer { rows in
        kindred_score(items, rows.baseAddress, base, Int64(users.count), Int64(users.stride), out, Int64(width))
      }
    }
  }

  /// The best items of each row of `users`.
  func topItems(_ users: Factors, base: [Float], selection: TopSelection) -> [[ScoredItem]] {
    precondition(base.count == users.count && selection.excluded.count == users.count && users.rank == rank)
    precondition(selection.excluded.allSatisfy { ($0.first ?? 0) >= 0 && Int($0.last ?? -1) < count })
    let words = kindred_top_workspace(Int64(count), Int64(users.count))
    return TopHeaps.withHeaps(selection) { heaps, allowed in
      withLayout { items in
        users.elements.withUnsafeBuffer { rows in
          withWorkspace(of: UInt32.self, words) { workspace in
            kindred_top_items(
              items, rows.baseAddress, base, Int64(users.count), Int64(users.stride), allowed, heaps.baseAddress,
              workspace)
          }
        }
      }
    }
  }

  private func withLayout(_ body: (UnsafePointer<kindred_items>) -> Void) {
    factors.withUnsafeBuffer { factors in
      biases.withUnsafeBuffer { biases in
        bounds.withUnsafeBuffer { bounds in
          order.withUnsafeBuffer { order in
            places.withUnsafeBuffer { places in
              var items = kindred_items(
                factors: factors.baseAddress, biases: biases.baseAddress, bounds: bounds.baseAddress,
                order: order.baseAddress, places: places.baseAddress, count: Int64(count), rank: Int64(rank))
              body(&items)
            }
          }
        }
      }
    }
  }
}

/// Which items a list may hold, and how many.
public struct TopSelection: Sendable {
  /// The most items in a list.
  public var limit: Int
  /// For each person, the items left out, by position in rising order.
  public var excluded: [[Int32]]
  /// The items that may appear, one flag an item; nil allows all.
  public var allowed: ItemSet?

  /// Creates a selection for as many people as `excluded` has elements.
  public init(limit: Int, excluded: [[Int32]], allowed: ItemSet? = nil) {
    precondition(limit >= 0)
    self.limit = limit
    self.excluded = excluded
    self.allowed = allowed
  }
}

/// A set of item positions, a bit an item.
public struct ItemSet: Sendable, Equatable {
  fileprivate var words: [UInt64]

  /// Creates an empty set over `itemCount` items.
  public init(itemCount: Int) { words = Array(repeating: 0, count: (itemCount + 63) / 64) }

  /// Whether an item is in the set.
  public subscript(item: Int32) -> Bool {
    get { words[Int(item) / 64] >> UInt64(item % 64) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(item % 64)
      if newValue { words[Int(item) / 64] |= bit } else { words[Int(item) / 64] &= ~bit }
    }
  }
}

/// An item with its score.
public struct ScoredItem: Sendable, Equatable {
  /// The item's position.
  public var item: Int32
  /// The score; higher is better.
  public var score: Float
}

enum TopHeaps {
  /// The best items of rows of scores that are already there, ties by item order. O(scores + changes · log limit).
  static func topItems(of scores: [Float], itemCount: Int, selection: TopSelection) -> [[ScoredItem]] {
    precondition(scores.count == itemCount * selection.excluded.count)
    return withHeaps(selection) { heaps, allowed in
      scores.withUnsafeBufferPointer { scores in
        for person in heaps.indices {
          guard let row = scores.baseAddress.map({ $0 + person * itemCount }) else { return }
          kindred_top_offer(&heaps[person], row, Int64(itemCount), 0, allowed)
        }
      }
    }
  }

  static func withHeaps(
    _ selection: TopSelection, _ fill: (UnsafeMutableBufferPointer<kindred_top>, UnsafePointer<UInt64>?) -> Void
  ) -> [[ScoredItem]] {
    let people = selection.excluded.count
    let limit = selection.limit
    var scores = [Float](repeating: 0, count: people * limit)
    var items = [Int32](repeating: 0, count: people * limit)
    let excluded = selection.excluded.flatMap { $0 }
    return scores.withUnsafeMutableBufferPointer { scores in
      items.withUnsafeMutableBufferPointer { items in
        excluded.withUnsafeBufferPointer { excluded in
          var heaps: [kindred_top] = []
          var start = 0
          for person in 0..<people {
            let count = selection.excluded[person].count
            heaps.append(
              kindred_top(
                scores: scores.baseAddress.map { $0 + person * limit },
                items: items.baseAddress.map { $0 + person * limit },
                capacity: Int32(limit), count: 0, excluded: excluded.baseAddress.map { $0 + start },
                excluded_count: Int32(count)))
            start += count
          }
          heaps.withUnsafeMutableBufferPointer { heaps in
            if let words = selection.allowed?.words {
              words.withUnsafeBufferPointer { fill(heaps, $0.baseAddress) }
            } else {
              fill(heaps, nil)
            }
            for person in heaps.indices { kindred_top_finish(&heaps[person]) }
          }
          return heaps.indices.map { person in
            (0..<Int(heaps[person].count)).map {
              ScoredItem(item: items[person * limit + $0], score: scores[person * limit + $0])
            }
          }
        }
      }
    }
  }
}
