import Synchronization

/// The distinct ids of a data set and their positions, 0 and up in order of first appearance.
///
/// Ids are kept as UTF-8 text in one buffer, with a hash table of positions: looking one up is O(length of the id), and a vocabulary
/// can be read straight from a model file.
package struct Vocabulary: Sendable {
  /// The ids' bytes, one after another.
  private(set) var bytes: [UInt8] = []
  /// Where each id starts in `bytes`, and the end of the last: `count + 1` offsets.
  private(set) var offsets: [Int] = [0]
  /// Positions by hash, open addressing; -1 is free. Its size is a power of two, at most half full.
  private var table: [Int32] = Array(repeating: -1, count: 16)

  package init() {}

  init(_ ids: some Sequence<String>) {
    for id in ids { _ = insert(id) }
  }

  /// Rebuilds a vocabulary from its bytes and offsets; nil where they are not those of distinct UTF-8 ids.
  init?(bytes: [UInt8], offsets: [Int]) {
    guard offsets.first == 0, offsets.last == bytes.count, offsets.count - 1 <= Int(Int32.max),
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }), String(validating: bytes, as: UTF8.self) != nil
    else { return nil }
    self.bytes = bytes
    self.offsets = offsets
    table = Array(repeating: -1, count: Self.tableSize(for: count))
    for position in 0..<count {
      let slot = slot(for: bytes[offsets[position]..<offsets[position + 1]])
      guard table[slot] < 0 else { return nil }
      table[slot] = Int32(position)
    }
  }

  package var count: Int { offsets.count - 1 }

  /// The id at a position.
  package subscript(position: Int) -> String {
    String(decoding: bytes[offsets[position]..<offsets[position + 1]], as: UTF8.self)
  }

  func index(of id: String) -> Int32? {
    var id = id
    return id.withUTF8 { index(ofBytes: $0) }
  }

  func index(ofBytes id: some Collection<UInt8>) -> Int32? {
    let position = table[slot(for: id)]
    return position < 0 ? nil : position
  }

  /// The position of an id, added at the end if it is new.
  package mutating func insert(_ id: String) -> Int32 {
    var id = id
    return id.withUTF8 { insert(bytes: $0) }
  }

  mutating func insert(bytes id: some Collection<UInt8>) -> Int32 {
    var slot = slot(for: id)
    if table[slot] >= 0 { return table[slot] }
    precondition(count < Int(Int32.max), "more than 2147483647 ids")
    bytes.append(contentsOf: id)
    offsets.append(bytes.count)
    let position = Int32(count - 1)
    if count * 2 > table.count {
      grow()
      slot = self.slot(for: id)
    }
    table[slot] = position
    return position
  }

  /// The slot that holds an id, or the free one where it belongs.
  private func slot(for id: some Collection<UInt8>) -> Int {
    var slot = Int(truncatingIfNeeded: Self.hash(id)) & (table.count - 1)
    while table[slot] >= 0 {
      let position = Int(table[slot])
      if bytes[offsets[position]..<offsets[position + 1]].elementsEqual(id) { break }
      slot = (slot + 1) & (table.count - 1)
    }
    return slot
  }

  private mutating func grow() {
    table = Array(repeating: -1, count: Self.tableSize(for: count))
    for position in 0..<(count - 1) {
      table[slot(for: bytes[offsets[position]..<offsets[position + 1]])] = Int32(position)
    }
  }

  private static func tableSize(for count: Int) -> Int {
    var size = 16
    while size < 4 * count { size *= 2 }
    return size
  }

  /// FNV-1a from a key of this process, so that no file can be written whose ids all collide. Positions do not depend on it.
  private static func hash(_ id: some Collection<UInt8>) -> UInt64 {
    var hash = key
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash ^= hash >> 32
    return hash &* 0xD6E8_FEB8_6659_FD93 >> 16
  }

  private static let key = UInt64.random(in: .min ... .max)
}

/// The distinct ids of one block of a file, by position in order of first appearance.
///
/// Ids of up to eight bytes, which most are, are kept as one integer and found without touching their text.
struct IDTable: Sendable {
  /// The ids' bytes as they stand in the file, one after another.
  private var bytes: [UInt8] = []
  /// Where each id starts in `bytes`, and the end of the last.
  private var offsets: [Int] = [0]
  /// How the id type prints an id, where that is not how the file writes it (`007` is the integer `7`).
  private var canonical: [Int32: [UInt8]] = [:]
  /// Ids that the id type does not parse.
  private var invalid: Set<Int32> = []
  private var slotKeys: [UInt64]
  /// Positions; -1 is free. The size is a power of two, at most half full.
  private var slots: [Int32]
  /// The short id that was found last.
  private var lastKey: UInt64 = 0
  private var lastLength = -1
  private var lastPosition: Int32 = -1
  private let seed = IDTable.processSeed
  /// Where the id that was added last is; nil once the table was laid out anew.
  private var lastSlot: Int?

  init() {
    slotKeys = Array(repeating: 0, count: 256)
    slots = Array(repeating: -1, count: 256)
  }

  var count: Int { offsets.count - 1 }

  /// The text that goes into the vocabulary.
  func text(at position: Int) -> ArraySlice<UInt8> {
    if let text = canonical[Int32(position)] { return text[...] }
    return bytes[offsets[position]..<offsets[position + 1]]
  }

  var hasInvalid: Bool { !invalid.isEmpty }

  func isValid(_ position: Int32) -> Bool { invalid.isEmpty || !invalid.contains(position) }

  /// The position of the id in a range of bytes, and whether it was added just now.
  @inline(__always)
  mutating func insert(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> (position: Int32, isNew: Bool) {
    let key = self.key(text, start, end)
    // Files are often in order of their users.
    if key == lastKey, end - start == lastLength { return (lastPosition, false) }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: mixed(key)) & mask
    while slots[slot] >= 0 {
      if slotKeys[slot] == key, matches(slots[slot], text, start, end) {
        if end - start <= 8 { (lastKey, lastLength, lastPosition) = (key, end - start, slots[slot]) }
        return (slots[slot], false)
      }
      slot = (slot + 1) & mask
    }
    return (add(text, start, end, key: key, slot: slot), true)
  }

  @inline(__always)
  private func matches(_ position: Int32, _ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    let from = offsets[Int(position)]
    guard offsets[Int(position) + 1] - from == end - start else { return false }
    // Up to eight bytes the key is the text.
    guard end - start > 8 else { return true }
    for index in 0..<(end - start) where bytes[from + index] != text[start + index] { return false }
    return true
  }

  private mutating func add(_ text: Span<UInt8>, _ start: Int, _ end: Int, key: UInt64, slot: Int) -> Int32 {
    let position = Int32(count)
    for index in start..<end { bytes.append(text[index]) }
    offsets.append(bytes.count)
    slots[slot] = position
    slotKeys[slot] = key
    lastSlot = slot
    if count * 2 > slots.count { grow() }
    return position
  }

  private mutating func grow() {
    let (oldSlots, oldKeys) = (slots, slotKeys)
    lastSlot = nil
    slots = Array(repeating: -1, count: oldSlots.count * 4)
    slotKeys = Array(repeating: 0, count: slots.count)
    for old in oldSlots.indices where oldSlots[old] >= 0 {
      var slot = Int(truncatingIfNeeded: mixed(oldKeys[old])) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = oldSlots[old]
      slotKeys[slot] = oldKeys[old]
    }
  }

  /// Notes how the id type prints an id that was added just now; nil if it does not parse.
  mutating func setCanonical(_ text: String?, at position: Int32) {
    guard let text else {
      invalid.insert(position)
      return
    }
    let utf8 = Array(text.utf8)
    if utf8[...] != self.text(at: Int(position)) { canonical[position] = utf8 }
  }

  /// Forgets the id that was added last, because its row turned out to be bad.
  mutating func removeLast() {
    let position = Int32(count - 1)
    // No other id was placed since, so no other id's search passes through the slot.
    if let slot = lastSlot ?? slots.firstIndex(of: position) { slots[slot] = -1 }
    lastSlot = nil
    if lastPosition == position { lastLength = -1 }
    canonical[position] = nil
    invalid.remove(position)
    offsets.removeLast()
    bytes.removeLast(bytes.count - offsets[offsets.count - 1])
  }

  @inline(__always)
  private func key(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
    var key: UInt64 = 0
    if end - start <= 8 {
      for position in start..<end { key = key << 8 | UInt64(text[position]) }
    } else {
      key = seed
      for position in start..<end { key = (key ^ UInt64(text[position])) &* 0x100_0000_01B3 }
    }
    return key
  }

  @inline(__always)
  private func mixed(_ key: UInt64) -> UInt64 {
    let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }

  /// A key of this process, so that no file can be written whose ids all collide. Positions do not depend on it.
  private static let processSeed = UInt64.random(in: .min ... .max)
}

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
