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
