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
    // Files are often in order of their people.
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
