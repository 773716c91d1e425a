import CKindredKernels

enum TopHeaps {
  /// The best items of given rows of scores, ties by item order. O(scores + changes · log limit).
  static func topItems(of scores: [Float], itemCount: Int, selection: TopSelection) -> [[ScoredItem]] {
    precondition(scores.count == itemCount * selection.excluded.count)
    return withHeaps(selection) { heaps, allowed in
      scores.withUnsafeBufferPointer { scores in
        for user in heaps.indices {
          guard let row = scores.baseAddress.map({ $0 + user * itemCount }) else { return }
          fill(&heaps[user], from: row, count: itemCount, allowed)
        }
      }
    }
  }

  /// Fills a heap with the best of a row of scores.
  static func fill(
    _ heap: inout kindred_top, from row: UnsafePointer<Float>, count: Int, _ allowed: UnsafePointer<UInt64>? = nil
  ) {
    withWorkspace(of: UInt32.self, kindred_top_workspace(Int64(count), 1)) {
      kindred_top_offer(&heap, row, Int64(count), allowed, $0)
    }
  }

  static func withHeaps(
    _ selection: TopSelection, _ fill: (UnsafeMutableBufferPointer<kindred_top>, UnsafePointer<UInt64>?) -> Void
  ) -> [[ScoredItem]] {
    let users = selection.excluded.count
    let limit = selection.limit
    var scores = [Float](repeating: 0, count: users * limit)
    var items = [Int32](repeating: 0, count: users * limit)
    let excluded = selection.excluded.flatMap { $0 }
    return scores.withUnsafeMutableBufferPointer { scores in
      items.withUnsafeMutableBufferPointer { items in
        excluded.withUnsafeBufferPointer { excluded in
          var heaps: [kindred_top] = []
          var start = 0
          for user in 0..<users {
            let count = selection.excluded[user].count
            heaps.append(
              kindred_top(
                scores: scores.baseAddress.map { $0 + user * limit },
                items: items.baseAddress.map { $0 + user * limit },
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
            for user in heaps.indices { kindred_top_finish(&heaps[user]) }
          }
          return heaps.indices.map { user in
            (0..<Int(heaps[user].count)).map {
              ScoredItem(item: items[user * limit + $0], score: scores[user * limit + $0])
            }
          }
        }
      }
    }
  }
}

extension TopHeaps {
  /// The positions of the `limit` greatest scores, ascending; ties by position. O(scores + changes · log limit).
  static func positions(ofGreatest limit: Int, in scores: [Float]) -> [Int32] {
    scores.withUnsafeBufferPointer { positions(ofGreatest: limit, in: $0) }
  }

  /// The positions of the `limit` greatest scores, ascending; ties by position. O(scores + changes · log limit).
  static func positions(ofGreatest limit: Int, in scores: UnsafeBufferPointer<Float>) -> [Int32] {
    guard scores.count > limit, let row = scores.baseAddress else { return Array(0..<Int32(scores.count)) }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: limit) { heapScores in
      var items = [Int32](repeating: 0, count: limit)
      items.withUnsafeMutableBufferPointer { items in
        var heap = kindred_top(
          scores: heapScores.baseAddress, items: items.baseAddress, capacity: Int32(limit), count: 0, excluded: nil,
          excluded_count: 0)
        fill(&heap, from: row, count: scores.count)
      }
      return items.sorted()
    }
  }
}
