import Synchronization

/// The ids of one side of a data set while its rows come in: a vocabulary, and a short way to it for ids that are small whole numbers.
///
/// In a block of rows an id is a number of its own, 0 or more, or else ~p for position p in the block's table.
final class IDIndex: Sendable {
  private struct State {
    var vocabulary: Vocabulary
    /// The position of each number's text in the vocabulary; -1 where it has none yet or is found by its text alone.
    var positions: [Int32] = []

    mutating func insert(number: Int32) -> Int32 {
      let position = vocabulary.insert(String(number))
      if positions.count <= Int(number) {
        // A few large numbers are found by their text: a table of all below them would cost more than it saves.
        guard Int(number) < Swift.max(4096, 64 * vocabulary.count) else { return position }
        let size = Swift.min(NumberedRow.numberLimit, Swift.max(1024, 2 * (Int(number) + 1)))
        positions.append(contentsOf: repeatElement(-1, count: size - positions.count))
      }
      positions[Int(number)] = position
      return position
    }
  }

  private let state: Mutex<State>

  init(_ ids: some Sequence<String>) { state = Mutex(State(vocabulary: Vocabulary(ids))) }

  var count: Int { state.withLock { $0.vocabulary.count } }

  /// The id at a position.
  subscript(position: Int) -> String { state.withLock { $0.vocabulary[position] } }

  var vocabulary: Vocabulary { state.withLock { $0.vocabulary } }

  /// Writes the positions of the ids of blocks, one block after another, those that are new added in the order of the rows.
  func place(_ blocks: [(ids: [Int32], table: IDTable)], into out: SharedWriter<Int32>) {
    state.withLock { state in
      var row = 0
      for (ids, table) in blocks {
        var known = [Int32](repeating: -1, count: table.count)
        for id in ids {
          var position: Int32 = -1
          if id >= 0 {
            if Int(id) < state.positions.count { position = state.positions[Int(id)] }
            if position < 0 { position = state.insert(number: id) }
          } else {
            position = known[Int(~id)]
            if position < 0 {
              position = state.vocabulary.insert(bytes: table.text(at: Int(~id)))
              known[Int(~id)] = position
            }
          }
          out[row] = position
          row += 1
        }
      }
    }
  }
}
