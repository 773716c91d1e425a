import Synchronization

/// The distinct ids of a data set and their positions, numbered from 0 in order of first appearance.
///
/// The ids are UTF-8 text in one buffer, with a hash table of positions. A lookup is O(length of the id), and a model
/// file stores the buffer unchanged.
package struct Vocabulary: Sendable {
  /// The ids' bytes, one after another.
  private(set) var bytes: [UInt8] = []
  /// The start of each id in `bytes` and the end of the last: `count + 1` offsets.
  private(set) var offsets: [Int] = [0]
  /// The hash table of positions, with open addressing; -1 is free. Its size is a power of two, at most half full.
  private var table: [Int32] = Array(repeating: -1, count: 16)

  /// Creates an empty vocabulary.
  package init() {}

  init(_ ids: some Sequence<String>) {
    for id in ids { _ = insert(id) }
  }

  /// Rebuilds a vocabulary from its bytes and offsets; nil unless they describe distinct UTF-8 ids.
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

  /// The number of ids.
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

  /// Returns the position of an id, which is added at the end if it is new.
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

  /// Returns the slot that holds an id, or the free slot for it.
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

  /// Hashes with FNV-1a from a random key per process, so that no file can provoke collisions. Positions do not depend
  /// on the key.
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
/// Ids of up to eight bytes, the common case, are compared as one integer, without access to their text.
struct IDTable: Sendable {
  /// The bytes of the ids as the file has them, one after another.
  private var bytes: [UInt8] = []
  /// The start of each id in `bytes` and the end of the last.
  private var offsets: [Int] = [0]
  /// The canonical text of ids that the id type prints differently than the file (`007` is the integer `7`).
  private var canonical: [Int32: [UInt8]] = [:]
  /// Ids that the id type does not parse.
  private var invalid: Set<Int32> = []
  private var slotKeys: [UInt64]
  /// The hash table of positions; -1 is free. Its size is a power of two, at most half full.
  private var slots: [Int32]
  /// The key of the short id that was found last.
  private var lastKey: UInt64 = 0
  private var lastLength = -1
  private var lastPosition: Int32 = -1
  private let seed = IDTable.processSeed
  /// The slot of the id that was added last; nil after the table has grown.
  private var lastSlot: Int?

  init() {
    slotKeys = Array(repeating: 0, count: 256)
    slots = Array(repeating: -1, count: 256)
  }

  var count: Int { offsets.count - 1 }

  /// Returns the canonical text of an id, which enters the vocabulary.
  func text(at position: Int) -> ArraySlice<UInt8> {
    if let text = canonical[Int32(position)] { return text[...] }
    return bytes[offsets[position]..<offsets[position + 1]]
  }

  var hasInvalid: Bool { !invalid.isEmpty }

  func isValid(_ position: Int32) -> Bool { invalid.isEmpty || !invalid.contains(position) }

  /// Returns the position of the id in a range of bytes, and whether this call added it.
  @inline(__always)
  mutating func insert(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> (position: Int32, isNew: Bool) {
    let key = self.key(text, start, end)
    // Many files are sorted by user, so the last id often repeats.
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
    // The key of an id of up to eight bytes is its text.
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

  /// Sets the canonical text of the id that was added last; nil marks an id that does not parse.
  mutating func setCanonical(_ text: String?, at position: Int32) {
    guard let text else {
      invalid.insert(position)
      return
    }
    let utf8 = Array(text.utf8)
    if utf8[...] != self.text(at: Int(position)) { canonical[position] = utf8 }
  }

  /// Removes the id that was added last, because its row is bad.
  mutating func removeLast() {
    let position = Int32(count - 1)
    // No id was placed since, so no other id's probe sequence passes through the slot.
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

  /// A random key per process, so that no file can provoke collisions. Positions do not depend on it.
  private static let processSeed = UInt64.random(in: .min ... .max)
}

/// The vocabulary of users or of items during reading, with a direct table for ids that are small whole numbers.
///
/// A block encodes an id as the whole number that it is, 0 or more, or else as ~p for position p in the block's table.
final class IDIndex: Sendable {
  private struct State {
    var vocabulary: Vocabulary
    /// The position of each number in the vocabulary; -1 if the number is new or too large for this table.
    var positions: [Int32] = []

    mutating func insert(number: Int32) -> Int32 {
      let position = vocabulary.insert(String(number))
      if positions.count <= Int(number) {
        // A table up to a few large numbers would cost more than it saves; the vocabulary looks them up by their text.
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

  /// Writes the position of each row's id, block after block; new ids are added in the order of the rows.
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
