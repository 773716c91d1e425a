import CKindredKernels

/// Item factors and biases laid out for scoring: panels of 32 items, factor by factor, those with the greatest possible
/// scores first.
///
/// Both uses below add the products of a score in the order of the factors, so one user alone and many at a time get
/// the same bits.
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

  /// The items in descending order of the score that their bias and length allow; ties by position.
  private static func order(of items: Factors, _ biases: Buffer<Float>, using parallel: Parallel) -> Buffer<Int32> {
    let itemsOfBlock = 4096
    let promises = parallel.map((items.count + itemsOfBlock - 1) / itemsOfBlock) { block in
      (block * itemsOfBlock..<min(items.count, (block + 1) * itemsOfBlock)).map { item in
        (promise: biases[item] + items.squaredLength(ofRow: item).squareRoot(), item: Int32(item))
      }
    }
    return Buffer(promises.joined().sorted { ($1.promise, $0.item) < ($0.promise, $1.item) }.map(\.item))
  }

  /// The scores of every item for each row of `users`: `count` scores per user, one user after another.
  func score(_ users: Factors, base: [Float], into scores: inout MutableSpan<Float>) {
    precondition(scores.count == users.count * count)
    scores.withUnsafeMutableBufferPointer { scores in
      if let start = scores.baseAddress { score(users, base: base, into: start, width: count) }
    }
  }

  /// Writes `count` scores per row of `users`, the rows `width` floats apart.
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
    // As unsigned numbers, negative positions are large. The loop over a maximum vectorises.
    precondition(
      selection.excluded.allSatisfy { $0.isEmpty || $0.reduce(0) { max($0, UInt32(bitPattern: $1)) } < count })
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
